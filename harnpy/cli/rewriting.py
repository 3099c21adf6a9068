"""Writing a corrected text in the place of the one that was read: as a whole, and only if it is still there."""

from __future__ import annotations

import sys

from harnpy import TYPE_CHECKING
from harnpy.syntax.source import BYTE_ORDER_MARK

if TYPE_CHECKING:
    from collections.abc import Callable


def rewrite(path: str, before: bytes, after: bytes) -> bool:
    """Replace before, the content of a file, by after; whether that was done. What keeps it from that is said on stderr.

    Links are followed, permissions are kept, and an interruption leaves one content or the other.
    """
    from harnpy.vm.durable_files import fingerprint_of, swap
    from harnpy.vm.os_errors import reason

    try:
        if swap(path, after, fingerprint_of(before)):
            return True
        problem = "somebody else has changed it meanwhile"
    except OSError as error:
        problem = reason(error)
    print(f"Error writing {path}: {problem}", file=sys.stderr, flush=True)
    return False


def correct(path: str, data: bytes, corrected: Callable[[str], tuple[str, int]]) -> tuple[int, bool]:
    """Correct the text of a file, whose content is data; how many corrections that were, and whether all is well.

    corrected takes the text, without its byte order mark, and gives it back with the number of its corrections. Raises
    UnicodeDecodeError.
    """
    text = data.decode("utf-8")
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    fixed, count = corrected(text.removeprefix(BYTE_ORDER_MARK))
    if not count:
        return 0, True
    return (count, True) if rewrite(path, data, (mark + fixed).encode("utf-8")) else (0, False)
