"""`harn doctor`: what a project needs from its surroundings, check by check (chapter 05 section 11)."""

from __future__ import annotations

import sys

from harnpy.cli.arguments import Arguments, Command, Flag
from harnpy.cli.terminal import Paint, wants_colour

COMMAND = Command(
    "doctor",
    "Check what programs need from this machine: tools, manifest, providers",
    flags=(
        Flag("--no-network", "ask no provider whether it can be reached"),
        Flag("--json", "print the checks as JSON"),
    ),
    details="The status of a check is OK, WARN, FAIL or SKIP. The command fails if one of them is FAIL.",
)


def execute(arguments: Arguments) -> int:
    """Run all checks, print each as soon as it is known; 1 if one fails."""
    import json
    from dataclasses import asdict

    from harnpy.cli.doctor_checks import FAIL, all_checks

    found = []
    as_json = arguments.has("--json")
    paint = Paint(wants_colour(sys.stdout))
    if not as_json:
        print("Harn doctor\n", flush=True)
    for check in all_checks(network=not arguments.has("--no-network")):
        found.append(check)
        if not as_json:
            print(check.line(paint), flush=True)
    failed = any(check.status == FAIL for check in found)
    if as_json:
        document = {"ok": not failed, "checks": [asdict(check) for check in found]}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    return 1 if failed else 0
