"""What the checker says about a program, one line a finding: `E 3:5 message`."""

from __future__ import annotations

from harnpy.analysis.checker.check import check_program
from harnpy.cli.builtin_types import BUILTIN_TYPES
from harnpy.syntax.diagnostics import Diagnostic
from harnpy.syntax.parser import parse_program


def diagnostics(text: str, strict: bool = False) -> list[Diagnostic]:
    """The findings about a program, with fixes."""
    return check_program(parse_program(text, "test.harn"), BUILTIN_TYPES, strict, text)


def findings(text: str, strict: bool = False) -> list[str]:
    """Severity, position and message of each finding."""
    return [
        f"{each.severity[0].upper()} {each.span.line}:{each.span.column} {each.message}"
        for each in diagnostics(text, strict)
    ]


def messages(text: str, strict: bool = False) -> list[str]:
    """The messages alone, errors marked by nothing and warnings by `W `."""
    return [("" if each.severity == "error" else "W ") + each.message for each in diagnostics(text, strict)]


def inferred(expression: str, before: str = "") -> str:
    """The type of an expression, as the message about assigning it to a variable of another type prints it."""
    found = messages(f"{before}\nlet probe: Probe = {expression}\n")
    wrong = [each for each in found if each.startswith("'probe' declared as Probe, but assigned ")]
    return wrong[0].removeprefix("'probe' declared as Probe, but assigned ") if wrong else "untyped"
