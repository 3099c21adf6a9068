"""`harn explain NAME`: what a builtin, method, keyword, global, std function or diagnostic code is."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from difflib import get_close_matches

from harnpy.cli.arguments import Arguments, Command, Flag, Positional, UsageError
from harnpy.cli.reference import Entry, lookup, names
from harnpy.cli.reference_diagnostics import listed_codes
from harnpy.cli.terminal import Paint, wants_colour

COMMAND = Command(
    "explain",
    "Explain a builtin, method, keyword, std function or diagnostic",
    flags=(
        Flag("--list", "list the codes of all diagnostics"),
        Flag("--json", "print what is known as JSON"),
    ),
    positionals=(
        Positional(
            "NAME", "such as split, list.map, .map, match, std/math, std/math.clamp, unused-import", takes="name"
        ),
    ),
)

_SUGGESTIONS = 5


def execute(arguments: Arguments) -> int:
    """Explain the name in all its meanings; 1 if it has none."""
    if arguments.has("--list"):
        return _list(arguments)
    if not arguments.positionals:
        raise UsageError("the following required arguments were not provided: NAME")
    name = arguments.positionals[0].strip().removesuffix("()")
    found = lookup(name)
    if not found:
        print(f"error: nothing is called '{name}'", file=sys.stderr)
        similar = _similar(name)
        hint = f"did you mean {', '.join(similar)}?" if similar else "`harn docs` writes the whole reference"
        print(f"\n  hint: {hint}", file=sys.stderr)
        return 1
    if arguments.has("--json"):
        print(json.dumps([asdict(entry) for entry in found], indent=2, ensure_ascii=False))
        return 0
    paint = Paint(wants_colour(sys.stdout))
    print("\n\n".join(_text(entry, paint) for entry in found))
    return 0


def _list(arguments: Arguments) -> int:
    if arguments.positionals:
        raise UsageError(f"unexpected argument '{arguments.positionals[0]}' found", "--list takes no name")
    families = list(listed_codes())
    if arguments.has("--json"):
        rows = [
            {"code": code, "family": title, "severity": severity, "summary": text}
            for title, listed in families
            for code, severity, text in listed
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    paint = Paint(wants_colour(sys.stdout))
    width = max(len(code) for _, listed in families for code, _, _ in listed)
    for title, listed in families:
        lines = [f"  {code:<{width}}  {severity:<7}  {text}" for code, severity, text in listed]
        print("\n".join([paint.bold(title), *lines, ""]))
    return 0


def _text(entry: Entry, paint: Paint) -> str:
    where = f" of {entry.name.rpartition('.')[0]}" if entry.kind == "function" else ""
    lines = [f"{paint.dim(entry.kind + where)} {paint.bold(entry.signature)}", ""]
    lines += [f"  {line}".rstrip() for line in (entry.doc or "There is no description.").splitlines()]
    rows = []
    if entry.example is not None:
        code = "\n           ".join(entry.example.code.splitlines())
        rows.append(("Example", f"{code}  // {entry.example.result}" if entry.example.result else code))
    if entry.kind == "function":
        module, _, function = entry.name.rpartition(".")
        rows.append(("Import", f'import {{ {function} }} from "{module}"'))
    if entry.effects_text:
        rows.append(("Effects", entry.effects_text))
    if rows:
        lines += ["", *(f"  {title:<9}{text}" for title, text in rows)]
    return "\n".join(lines)


def _similar(name: str) -> list[str]:
    """Names that were perhaps meant: similar ones, and those that contain it."""
    known = names()
    last = {each.rpartition(".")[2]: each for each in reversed(known)}
    similar = [last[each] for each in get_close_matches(name.rpartition(".")[2], last, 3, 0.7)]
    similar += get_close_matches(name, known, 3, 0.7)
    if len(name) > 2:
        similar += [each for each in known if name.lower() in each.lower()]
    return list(dict.fromkeys(similar))[:_SUGGESTIONS]
