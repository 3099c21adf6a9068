"""Writing the corrections that findings come with into the files that they are about."""

from __future__ import annotations

import sys

from harnpy import TYPE_CHECKING
from harnpy.analysis.fixes import apply
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program
from harnpy.syntax.source import BYTE_ORDER_MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harnpy.syntax.diagnostics import Diagnostic


def write_fixes(path: str, data: bytes, findings: Sequence[Diagnostic]) -> int:
    """Change the file at path, in which findings were made when its content was data; how many corrections that were.

    Nothing is written if somebody else has changed the file meanwhile. Raises OSError.
    """
    from harnpy.vm.durable_files import fingerprint_of, swap

    text = data.decode("utf-8")
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    fixed, count = _applied(text.removeprefix(BYTE_ORDER_MARK), findings)
    if not count:
        return 0
    return count if swap(path, (mark + fixed).encode("utf-8"), fingerprint_of(data)) else 0


def write_or_complain(path: str, data: bytes, findings: Sequence[Diagnostic]) -> tuple[int, bool]:
    """As write_fixes; how many corrections that were, and whether the file cannot be written, which is then said on stderr."""
    from harnpy.vm.os_errors import reason

    try:
        return write_fixes(path, data, findings), False
    except OSError as error:
        print(f"Error writing {path}: {reason(error)}", file=sys.stderr)
        return 0, True


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
