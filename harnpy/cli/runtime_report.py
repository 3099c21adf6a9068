"""The report of an uncaught runtime error: whose frame it shows, and whom it names as callers (chapter 02 section 16)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax.render import render_failure
from harnpy.vm.errors import HarnError

if TYPE_CHECKING:
    from collections.abc import Callable

# Of a deep recursion, so many innermost and so many outermost callers are named.
_SHOWN_CALLERS = 20


def text_of_file(path: str) -> str | None:
    """The source text at path, or None where there is none to show (bundled modules, deleted files)."""
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read().removeprefix("\ufeff")
    except (OSError, ValueError):
        return None


def runtime_report(
    error: HarnError,
    source_of: Callable[[str], str | None] = text_of_file,
    colour: bool = False,
    shown: Callable[[str], str] = str,
) -> str:
    """The lines that describe error, without a final line break.

    source_of gives the text of a path, or None; shown gives the name under which a path is reported.
    """
    if not error.trace:
        return render_failure(error.uncaught_text, "", None, None, None, (), colour).rstrip("\n")
    place = error.trace[0]
    callers = [
        f"called from {caller.function or 'pipeline'} at {shown(caller.path)}:{caller.line}"
        for caller in error.trace[1:]
    ]
    left_out = len(callers) - 2 * _SHOWN_CALLERS
    if left_out > 0:
        callers[_SHOWN_CALLERS:-_SHOWN_CALLERS] = [f"... {left_out} calls left out ..."]
    return render_failure(
        error.uncaught_text, shown(place.path), source_of(place.path), place.line, place.column, callers, colour
    ).rstrip("\n")
