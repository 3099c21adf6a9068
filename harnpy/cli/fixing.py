"""Writing the corrections that findings come with into the files that they are about."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.fixes import apply
from harnpy.cli.rewriting import correct
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harnpy.syntax.diagnostics import Diagnostic


def write_fixes(path: str, data: bytes, findings: Sequence[Diagnostic]) -> tuple[int, bool]:
    """Change the file at path, in which findings were made when its content was data.

    How many corrections that were, and whether all is well: if the file cannot be written, that is said on stderr.
    """
    return correct(path, data, lambda text: _applied(text, findings))


def _applied(text: str, findings: Sequence[Diagnostic]) -> tuple[str, int]:
    """As apply, without the edits after which the text would be no program any more, should there be such."""
    fixed, count = apply(text, findings)
    if not count or _parses(fixed):
        return fixed, count
    harmless: list[Diagnostic] = []
    for finding in findings:
        if finding.fixes and _parses(apply(text, [*harmless, finding])[0]):
            harmless.append(finding)
    return apply(text, harmless)


def _parses(text: str) -> bool:
    try:
        parse_program(text, "<fixed>")
    except HarnSyntaxError:
        return False
    return True
