"""Writing the corrections that findings come with into the files that they are about."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.fixes import apply
from harnpy.syntax.source import BYTE_ORDER_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harnpy.syntax.diagnostics import Diagnostic


def write_fixes(path: str, data: bytes, findings: Iterable[Diagnostic]) -> int:
    """Change the file at path, in which findings were made when its content was data; how many corrections that were.

    Nothing is written if somebody else has changed the file meanwhile. Raises OSError.
    """
    from harnpy.vm.durable_files import fingerprint_of, swap

    text = data.decode("utf-8")
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    fixed, count = apply(text.removeprefix(BYTE_ORDER_MARK), findings)
    if not count:
        return 0
    return count if swap(path, (mark + fixed).encode("utf-8"), fingerprint_of(data)) else 0
