"""What a command that compiles and runs programs prints on stderr when that fails.

Imported only once something has failed.
"""

from __future__ import annotations

import os
import sys

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules.syntax_rules import UNREADABLE
from harnpy.bytecode.errors import CompileError
from harnpy.cli.diagnostics_text import diagnostics_text
from harnpy.cli.runtime_report import runtime_report, text_of_file
from harnpy.cli.terminal import wants_colour
from harnpy.syntax.diagnostics import CheckFailed, HarnSyntaxError
from harnpy.syntax.source import decode_source
from harnpy.vm.errors import HarnError
from harnpy.vm.os_errors import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harnpy.syntax.diagnostics import Diagnostic


def failure_text(error: BaseException, source_of: Callable[[str], str | None] = text_of_file) -> str | None:
    """The lines without a final line break; None for an exception that is no failure of a program."""
    if isinstance(error, HarnError):
        report = runtime_report(error, source_of, wants_colour(sys.stderr))
        return report + _foreign_spelling(error, source_of) + _python_traceback(error)
    if isinstance(error, CompileError):
        before = diagnostics_text(error.findings, source_of(error.path) or "", error.path, sys.stderr)
        return f"{before}\nerror: compile error: {error}".lstrip("\n")
    if isinstance(error, HarnSyntaxError | CheckFailed):
        return diagnostics_text(error.diagnostics, error.source, error.path, sys.stderr)
    return None


def warnings_text(findings: Sequence[Diagnostic], source: bytes, path: str) -> str:
    """What has been found in a program that runs all the same, without a final line break."""
    return diagnostics_text(findings, decode_source(source, path), path, sys.stderr)


def unreadable_text(path: str, error: OSError | ValueError) -> str:
    """The line for a program whose file cannot be read."""
    return UNREADABLE.message.format(path=path, reason=reason(error))


def _foreign_spelling(error: HarnError, source_of: Callable[[str], str | None]) -> str:
    """A help line if the line that failed has a spelling that means something else here; it is the likely reason."""
    if not error.trace:
        return ""
    place = error.trace[0]
    text = source_of(place.path)
    if text is None:
        return ""
    from harnpy.cli.spellings import spelling_findings
    from harnpy.syntax.parser import parse_program

    try:
        found = spelling_findings(parse_program(text, place.path), text)
    except HarnSyntaxError:
        return ""  # somebody has changed the file meanwhile
    helps = [f"{each.message}: {each.help}" for each in found if each.span.line == place.line and each.help is not None]
    return "".join([f"\n{' ' * len(str(place.line))} = help: {each}" for each in helps[:1]])


def _python_traceback(error: HarnError) -> str:
    """The way of the Python exception behind error, for those who look for it."""
    if error.host_error is None or os.environ.get("HARN_DEBUG", "") in ("", "0"):
        return ""
    from traceback import format_exception

    return "\n\n" + "".join(format_exception(error.host_error)).rstrip("\n")
