"""`harn contracts`: what programs and hosts can rely on, as JSON: builtins, host operations, what a bundle needs."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from harnpy.cli.arguments import Arguments, Command, Flag, Positional, UsageError

_PRETTY = Flag("--pretty", "whether the JSON is indented (default true)", "BOOL", choices=("true", "false"))
_CAPABILITIES = Flag("--host-capabilities", "JSON or TOML file with further host operations", "FILE", takes="file")

COMMAND = Command(
    "contracts",
    "Print what programs and their hosts rely on, as JSON",
    subcommands=(
        Command("contracts builtins", "All builtins and what they return", flags=(_PRETTY,)),
        Command(
            "contracts host-capabilities",
            "All host operations that programs here may name",
            flags=(_CAPABILITIES, _PRETTY),
        ),
        Command(
            "contracts bundle",
            "What has to be shipped with programs: modules, templates, host operations",
            flags=(
                Flag("--verify", "check the programs first, and print nothing if that fails"),
                _CAPABILITIES,
                Flag("--bundle-root", "second directory in which templates are looked up", "DIR", takes="directory"),
                _PRETTY,
            ),
            positionals=(
                Positional("TARGET", "files, and directories to search for .harn files", many=True, takes="harn"),
            ),
        ),
    ),
)

_VERSION = 1


def execute(arguments: Arguments) -> int:
    """Print the contract that the subcommand names; 1 if there is nothing to bundle, or it cannot be verified."""
    name = arguments.command.name.rpartition(" ")[2]
    if name == "builtins":
        contract: dict[str, Any] | None = {"builtins": _builtins(), "version": _VERSION}
    elif name == "host-capabilities":
        contract = {"capabilities": _host_capabilities(arguments), "version": _VERSION}
    else:
        contract = _bundle(arguments)
    if contract is None:
        return 1
    pretty = arguments.value("--pretty") != "false"
    layout: dict[str, Any] = {"indent": 2} if pretty else {"separators": (",", ":")}
    print(json.dumps(contract, ensure_ascii=False, **layout))
    return 0


def _builtins() -> list[dict[str, Any]]:
    """One entry a builtin, sorted by name. What programs cannot call by name is known to the runtime only."""
    from harnpy.cli.catalog import BUILTIN_MODULES
    from harnpy.cli.reference import builtin_entry

    return [
        {
            "alignment_status": "runtime_only" if name.startswith("__") else "matched",
            "name": name,
            "parser_known": not name.startswith("__"),
            "return_types": return_types(builtin_entry(name).signature),
            "runtime_registered": True,
        }
        for name in sorted(BUILTIN_MODULES)
    ]


def return_types(signature: str) -> list[str]:
    """The members of the result type of a signature; empty where it may be anything."""
    # Texts and arrows are covered, so that every bracket that is seen is one.
    seen = re.sub(r'"[^"]*"|->', lambda found: "_" * len(found[0]), signature)
    cuts, depth = [], 0
    for index, character in enumerate(seen):
        depth += (character in "(<[{") - (character in ")>]}")
        if depth == 0 and character in ")|":
            cuts.append(index + 1)
    # The first bracket that closes at the top is that of the parameters.
    members = [signature[start:end] for start, end in zip(cuts, [*(cut - 1 for cut in cuts[1:]), len(signature)])]
    types = [member.strip().removeprefix("-> ") for member in members]
    return [] if types in ([""], ["any"]) else types


def _host_capabilities(arguments: Arguments) -> dict[str, list[str]]:
    from harnpy.cli.manifest import Manifests, merged, overridden
    from harnpy.cli.preflight_hosts import BUILT_IN

    manifest = overridden(Manifests().of(Path.cwd()), arguments)
    known = merged(BUILT_IN, manifest.host_capabilities)
    return {capability: sorted(known[capability]) for capability in sorted(known)}


def _bundle(arguments: Arguments) -> dict[str, Any] | None:
    from harnpy.cli.bundle import bundle_manifest
    from harnpy.cli.check import Report, check_files, load_all, new_sources
    from harnpy.cli.manifest import Manifests, overridden
    from harnpy.cli.targets import collect

    if not arguments.positionals:
        raise UsageError("the following required arguments were not provided: TARGET")
    paths = collect(arguments.positionals)
    if not paths:
        print("No .harn files found", file=sys.stderr)
        return None
    sources, report = new_sources(), Report(arguments, sys.stderr)
    files = load_all(paths, sources, report, lambda _: ())
    if files is None:
        return None
    if arguments.has("--verify"):
        check_files(files, sources, arguments, report)
        if report.failed:
            return None
    first = arguments.positionals[0]
    manifest = overridden(Manifests().of(first if os.path.isdir(first) else os.path.dirname(first)), arguments)
    return bundle_manifest(arguments.positionals, files, sources, manifest.bundle_root)
