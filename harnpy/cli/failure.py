"""What a command that compiles and runs programs prints on stderr when that fails.

Imported only once something has failed.
"""

from __future__ import annotations

import os
import sys

from harnpy import TYPE_CHECKING
from harnpy.bytecode.errors import CompileError
from harnpy.cli.diagnostics_text import diagnostics_text
from harnpy.cli.runtime_report import runtime_report, text_of_file
from harnpy.cli.terminal import wants_colour
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.vm.errors import HarnError
from harnpy.vm.os_errors import reason

if TYPE_CHECKING:
    from collections.abc import Callable


def failure_text(error: BaseException, source_of: Callable[[str], str | None] = text_of_file) -> str | None:
    """The lines without a final line break; None for an exception that is no failure of a program."""
    if isinstance(error, HarnError):
        return runtime_report(error, source_of, wants_colour(sys.stderr)) + _python_traceback(error)
    if isinstance(error, CompileError):
        return f"error: compile error: {error}"
    if isinstance(error, HarnSyntaxError):
        return diagnostics_text(error.diagnostics, error.source, error.path, sys.stderr)
    return None


def unreadable_text(path: str, error: OSError | ValueError) -> str:
    """The line for a program whose file cannot be read."""
    return f"Error reading {path}: {reason(error)}"


def _python_traceback(error: HarnError) -> str:
    """The way of the Python exception behind error, for those who look for it."""
    if error.host_error is None or os.environ.get("HARN_DEBUG", "") in ("", "0"):
        return ""
    from traceback import format_exception

    return "\n\n" + "".join(format_exception(error.host_error)).rstrip("\n")
