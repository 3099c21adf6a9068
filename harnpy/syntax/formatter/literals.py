"""Names, numbers, durations and strings."""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.text import Text, indented, join, new_line
from harnpy.syntax.string_text import dedent_pieces

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.syntax.formatter.printer import Printer
    from harnpy.syntax.formatter.source_map import SourceMap

_UNITS = (("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "${": "\\${"}
_ESCAPED = re.compile(r'\\|"|\n|\t|\$\{')
_EMPTY_INTERPOLATION = re.compile(r"\$\{[ \t\r\n]*\}")
# Source text never contains NUL, so it can stand for an interpolation.
_HOLE = "\0"
# Beyond this, Python refuses to write integers out.
_LONGEST_INTEGER = 4000


def quoted(value: str) -> str:
    """A string on one line, in double quotes."""
    return f'"{_escaped(value)}"'


def _escaped(value: str) -> str:
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], value)


def number(source: SourceMap, node: ast.Int | ast.Float | ast.LitIntType) -> str:
    """A number as it is written, with its sign if it has one (which only attributes and types have)."""
    digits = source.tokens[source.index_at(node.span.end) - 1].value
    if not isinstance(node, ast.Float):
        return ("-" if node.value < 0 else "") + (digits.lstrip("0") or "0")
    text = repr(node.value)
    if "inf" in text:
        return ("-" if node.value < 0 else "") + digits
    if "e" in text:
        from decimal import Decimal

        text = format(Decimal(text), "f")
    return text if "." in text else text + ".0"


def duration(source: SourceMap, node: ast.DurationLit) -> str:
    """A duration in the largest unit that divides it."""
    if node.milliseconds == 0:
        return "0ms"
    if node.span.end - node.span.start > _LONGEST_INTEGER:
        return source.text[node.span.start : node.span.end]
    unit, size = next((unit, size) for unit, size in _UNITS if node.milliseconds % size == 0)
    return f"{node.milliseconds // size}{unit}"


def string(source: SourceMap, span: ast.Span, value: str, base: int) -> str:
    """A string without interpolations that stands at a span, in a statement at a level."""
    if _has_lines(source, span):
        text = _triple_quoted([value], base)
        if text is not None:
            return text
    return quoted(value)


def _has_lines(source: SourceMap, span: ast.Span) -> bool:
    return span.end_line > span.line and source.text.startswith('"""', span.start)


def _triple_quoted(pieces: list[str | None], base: int) -> str | None:
    """The pieces in triple quotes, None standing for an interpolation; None if that would read as something else."""
    margin = new_line(base + 1)
    whole = "".join([_HOLE if piece is None else piece for piece in pieces])
    lines = [indented(base + 1) + line if line else "" for line in whole.split("\n")]
    inside = "\n" + "\n".join(lines) + margin
    if '"""' in inside or "${" in inside:
        return None
    texts = inside.split(_HOLE)
    raw: list[str | None] = [texts[0]]
    for text in texts[1:]:
        raw += [None, text]
    read = [piece for piece in dedent_pieces(raw) if piece != ""]
    return f'"""{inside}"""' if read == [piece for piece in pieces if piece != ""] else None


def _string(printer: Printer, node: ast.Str, base: int) -> Text:
    return join(string(printer.source, node.span, node.value, base))


def _interpolated(printer: Printer, node: ast.Interp, base: int) -> Text:
    source = printer.source
    start, end = node.span.start, node.span.end
    if _EMPTY_INTERPOLATION.search(source.text, start, end):
        return join(source.text[start:end])  # of an empty interpolation the tree knows nothing
    holes = _interpolations(source, node)
    if _has_lines(source, node.span):
        pieces = [piece if isinstance(piece, str) else None for piece in node.pieces]
        text = _triple_quoted(pieces, base)
        if text is not None:
            between = text.split(_HOLE)
            return join(between[0], *[part for pair in zip(holes, between[1:]) for part in pair])
    remaining = iter(holes)
    written = [_escaped(piece) if isinstance(piece, str) else next(remaining) for piece in node.pieces]
    return join('"', *written, '"')


def _interpolations(source: SourceMap, node: ast.Interp) -> list[str]:
    """The interpolations of a string as they stand in the source, `${` and `}` included."""
    found = []
    index = source.index_at(node.span.start)
    while source.start_of(index) < node.span.end:
        if source.kind(index) == "INTERP_OPEN":
            closer = source.partner[index]
            found.append(source.text[source.starts[index] : source.end_of(closer)])
            index = closer
        index += 1
    return found


PRINTERS: dict[type, Callable[[Any, Any, int], Text]] = {
    ast.Str: _string,
    ast.Interp: _interpolated,
    ast.RawStr: lambda printer, node, base: join(f'r"{node.value}"'),
    ast.Int: lambda printer, node, base: join(number(printer.source, node)),
    ast.Float: lambda printer, node, base: join(number(printer.source, node)),
    ast.DurationLit: lambda printer, node, base: join(duration(printer.source, node)),
    ast.Bool: lambda printer, node, base: join("true" if node.value else "false"),
    ast.Nil: lambda printer, node, base: join("nil"),
    ast.Name: lambda printer, node, base: join(node.name),
}
