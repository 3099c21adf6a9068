"""Making files parse again by the corrections that their syntax errors come with: the first half of `harn check --fix`."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.fixes import apply
from harnpy.cli.rewriting import correct
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

# A lexical error hides all behind it, so each round may show one more.
_MOST_ROUNDS = 1000


def mended(text: str) -> tuple[str, int]:
    """text with the corrections of its syntax errors, and how many they were.

    text itself, and 0, if it does not parse after them: what was meant is then not known well enough.
    """
    fixed, total = text, 0
    for _ in range(_MOST_ROUNDS):
        try:
            parse_program(fixed, "")
        except HarnSyntaxError as error:
            fixed, count = apply(fixed, error.diagnostics)
            total += count
            if not count:
                break
        else:
            return fixed, total
    return text, 0


def mend_files(paths: Iterable[str], report: TextIO) -> None:
    """Write the corrections of their syntax errors into files, and say to report how many there were.

    Files that cannot be read or written are passed over: whoever checks them next says so.
    """
    for path in paths:
        try:
            with open(path, "rb") as file:
                data = file.read()
            count, _ = correct(path, data, mended)
        except (OSError, ValueError):
            continue
        if count:
            print(f"{path}: applied {count} fix(es) of syntax errors", file=report, flush=True)
