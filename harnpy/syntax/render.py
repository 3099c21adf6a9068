"""Diagnostics as text for a terminal: headline, position, source line with carets, help and notes (chapter 01, 11.4).

Runtime errors use the same pieces (`render_failure`). Decides nothing about where the text goes or whether colour is wanted.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Sequence

# Control pictures for C0 and DEL, so that columns stay as they are. C1 controls have none; the marks that turn the
# direction of writing would show another program than the one that runs.
_STAND_INS = {code: 0x2400 + code for code in range(0x20) if code != ord("\t")}
_STAND_INS |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_STAND_INS |= dict.fromkeys(range(0x2028, 0x202F), 0xFFFD)
_STAND_INS |= dict.fromkeys(range(0x2066, 0x206A), 0xFFFD)
_STAND_INS |= {0x7F: 0x2421, 0x200B: 0xFFFD, 0x200E: 0xFFFD, 0x200F: 0xFFFD, 0x2060: 0xFFFD, 0xFEFF: 0xFFFD}

_FUN = {
    "error": "the compiler stepped on a rake here.",
    "warning": "this still runs, but it has strong 'double-check me' energy.",
}
_FUN_OTHERWISE = "a tiny gremlin has left a note in the margins."

_SEVERITY_COLOR = {"error": "1;31", "warning": "1;33", "note": "1;35"}
_OTHER_SEVERITY_COLOR = "1;36"
_GUTTER_COLOR = "34"
_ARROW_COLOR = "1;34"
_HELP_COLOR = "1;36"
_NOTE_COLOR = "1;35"


def render_diagnostic(diagnostic: Diagnostic, path: str, source: str, color: bool = False, fun: bool = False) -> str:
    """The whole block for one finding, ending in a newline. `fun` adds the note that HARN_FUN=1 asks for."""
    return _block(diagnostic, path, source_line(source, diagnostic.span.line), color, fun)


def render_diagnostics(
    diagnostics: Sequence[Diagnostic], path: str, source: str, color: bool = False, fun: bool = False
) -> str:
    """The blocks for all findings of one file; its lines are looked for once."""
    if len(diagnostics) < 2:
        return "".join([render_diagnostic(each, path, source, color, fun) for each in diagnostics])
    lines = source.removesuffix("\n").split("\n") if source else []
    blocks = []
    for each in diagnostics:
        line = each.span.line
        text = lines[line - 1].removesuffix("\r") if 0 < line <= len(lines) else None
        blocks.append(_block(each, path, text, color, fun))
    return "".join(blocks)


def _block(diagnostic: Diagnostic, path: str, text: str | None, color: bool, fun: bool) -> str:
    """The block for a finding; text is its line, None if there is no such line."""
    span, severity = diagnostic.span, diagnostic.severity
    width = gutter_width(span.line)
    lines = [
        headline(severity, visible(diagnostic.message), color),
        position_line(width, path, span.line, span.column, color),
        bar_line(width, color),
    ]
    if text is not None:
        lines.append(excerpt_line(width, span.line, text, color))
        if diagnostic.label is not None:
            count = max(span.end - span.start, 1)
            lines.append(caret_line(width, span.column, count, diagnostic.label, severity, color))
    if diagnostic.help is not None:
        lines.append(f"{' ' * width} = {_paint('help', _HELP_COLOR, color)}: {diagnostic.help}")
    if fun:
        note = _FUN.get(severity, _FUN_OTHERWISE)
        lines.append(f"{' ' * width} = {_paint('note', _NOTE_COLOR, color)}: {note}")
    return "".join(line + "\n" for line in lines)


def render_failure(
    message: str,
    path: str,
    source: str | None,
    line: int | None,
    column: int | None,
    notes: Sequence[str] = (),
    color: bool = False,
) -> str:
    """The report of an uncaught runtime error (chapter 02, section 16), ending in a newline.

    source: text of the file, None if it cannot be read. line: None if unknown, then only the headline is printed.
    column: None or 0 if unknown, then the whole line is underlined. notes: one `called from` text a frame.
    """
    lines = [headline("error", message, color)]
    if line:
        width = gutter_width(line)
        lines.append(position_line(width, path, line, column or 1, color))
        text = None if source is None else source_line(source, line)
        if text is not None:
            start, count = caret_run(text, column)
            lines.append(bar_line(width, color))
            lines.append(excerpt_line(width, line, text, color))
            lines.append(caret_line(width, start, count, "", "error", color))
        lines += [note_line(note, color) for note in notes]
    return "".join(text + "\n" for text in lines)


def headline(severity: str, message: str, color: bool = False) -> str:
    return f"{_paint(severity, _severity_color(severity), color)}: {message}"


def gutter_width(line: int) -> int:
    """Digits of the line number and one more."""
    return len(str(line)) + 1


def position_line(width: int, path: str, line: int, column: int, color: bool = False) -> str:
    return f"{' ' * width}{_paint('-->', _ARROW_COLOR, color)} {visible(path)}:{line}:{column}"


def bar_line(width: int, color: bool = False) -> str:
    return f"{' ' * width} {_bar(color)}"


def excerpt_line(width: int, line: int, text: str, color: bool = False) -> str:
    return f"{line:>{width}} {_bar(color)} {visible(text)}"


def visible(text: str) -> str:
    """text with one visible character for each that a terminal obeys instead of showing; tabs stay."""
    return text if text.isprintable() else text.translate(_STAND_INS)


def caret_line(width: int, column: int, count: int, label: str, severity: str, color: bool = False) -> str:
    """`count` carets from a column on (counted from 1), and the label behind them."""
    carets = _paint("^" * count, _severity_color(severity), color)
    return f"{' ' * width} {_bar(color)} {' ' * (column - 1)}{carets}{' ' + label if label else ''}"


def note_line(text: str, color: bool = False) -> str:
    """A `note` of a runtime report; unlike help it stands at a fixed indentation."""
    return f"  = {_paint('note', _NOTE_COLOR, color)}: {text}"


def source_line(source: str, line: int) -> str | None:
    """The text of a line counted from 1, without its line end; None behind the last one."""
    position = 0
    for _ in range(line - 1):
        end = source.find("\n", position)
        if end < 0:
            return None
        position = end + 1
    if line < 1 or position >= len(source):
        return None
    end = source.find("\n", position)
    text = source[position:] if end < 0 else source[position:end]
    return text.removesuffix("\r")


def caret_run(text: str, column: int | None) -> tuple[int, int]:
    """Column and number of carets under the word that starts at a column, or under the whole line if that is unknown."""
    if not column:
        trimmed = text.strip()
        return len(text) - len(text.lstrip()) + 1, max(len(trimmed), 1)
    end = column - 1
    while end < len(text) and ((text[end].isascii() and text[end].isalnum()) or text[end] == "_"):
        end += 1
    return column, max(end - column + 1, 1)


def _severity_color(severity: str) -> str:
    return _SEVERITY_COLOR.get(severity, _OTHER_SEVERITY_COLOR)


def _bar(color: bool) -> str:
    return _paint("|", _GUTTER_COLOR, color)


def _paint(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
