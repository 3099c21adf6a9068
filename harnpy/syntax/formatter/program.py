"""The layout of a whole file: items and blank lines between them, imports in order, comments at top level."""

from __future__ import annotations

import sys

from harnpy import TYPE_CHECKING
from harnpy.records import NamedTuple
from harnpy.syntax.ast import Span
from harnpy.syntax.diagnostics import Diagnostic, HarnSyntaxError
from harnpy.syntax.formatter.comments import beside, gap, top_level_blocks
from harnpy.syntax.formatter.place import TOP
from harnpy.syntax.formatter.printer import Printer
from harnpy.syntax.formatter.section_headers import header_at
from harnpy.syntax.formatter.source_map import SourceMap
from harnpy.syntax.formatter.text import Text, join
from harnpy.syntax.imports import IMPORTS, import_key
from harnpy.syntax.parser import parse_program
from harnpy.syntax.source import decode_source

if TYPE_CHECKING:
    from harnpy.syntax import ast
    from harnpy.syntax.formatter.source_map import Comment

DEFAULT_WIDTH = 100
DEFAULT_SEPARATOR_WIDTH = 80

# Printing calls itself for what is inside; Python's own limit is meant for programs that do not.
_PYTHON_FRAMES = 400_000


class _TopItem(NamedTuple):
    node: ast.Stmt
    above: list[Comment]
    text: Text
    behind: list[Comment]  # at the end of its last line


def format_source(
    source: str | bytes, width: int = DEFAULT_WIDTH, separator_width: int = DEFAULT_SEPARATOR_WIDTH
) -> str:
    """The program in the canonical layout of chapter 10 part B. What is in that layout is given back unchanged.

    width: the length from which comma sequences and binary expressions are broken. separator_width: that of the bars of
    section headers. Both in bytes. Raises HarnSyntaxError for what does not parse.
    """
    text = decode_source(source, "<source>")
    program = parse_program(text, "<source>")
    printer = Printer(SourceMap(text), width, separator_width)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _PYTHON_FRAMES))
    try:
        return _layout(printer, program)
    except RecursionError:
        message = "the program is nested too deeply to be formatted"
        raise HarnSyntaxError("<source>", text, [Diagnostic("error", message, Span(0, 0, 1, 1, 1))]) from None
    finally:
        sys.setrecursionlimit(limit)


def _layout(printer: Printer, program: ast.Program) -> str:
    source = printer.source
    items, rest = _top_items(printer, program)
    layout = _Layout(printer)
    if source.shebang:
        layout.add(join(source.shebang), is_glued=True)
    count = 0
    while count < len(items) and isinstance(items[count].node, IMPORTS):
        count += 1
    imports = sorted(items[:count], key=lambda item: import_key(item.node))  # type: ignore[arg-type]
    for index, item in enumerate(imports):
        # What stands above the first import is about the file.
        above = [] if item is items[0] else item.above
        layout.add_item(item, above if index else [*items[0].above, *above], is_glued=index > 0)
    for item in items[count:]:
        layout.add_item(item, item.above, is_glued=False)
    layout.add_comments(rest, is_glued=True)
    return layout.text()


def _top_items(printer: Printer, program: ast.Program) -> tuple[list[_TopItem], list[Comment]]:
    """The items of the file with the comments that belong to them, and the comments behind the last one."""
    source = printer.source
    firsts: list[int] = []
    for node in program.items:
        firsts.append(source.first_of(node.span, firsts[-1] if firsts else -1))
    firsts.append(len(source.tokens))
    items = []
    above = gap(source, -1, firsts[0])[1]
    for index, node in enumerate(program.items):
        last = source.last_before(firsts[index + 1])
        text = printer.unit(firsts[index], last, printer.statement(node, TOP))
        is_last = index + 1 == len(program.items)
        behind, following = gap(source, last, firsts[index + 1], is_end=is_last)
        items.append(_TopItem(node, above, text, behind))
        above = following
    return items, above


class _Layout:
    """Lines of a file on their way to text."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._pieces: list[Text | str] = []

    def add(self, text: Text, is_glued: bool) -> None:
        """Add text that begins a line, behind a blank line unless it is glued to what precedes it."""
        if self._pieces:
            self._pieces.append("\n" if is_glued else "\n\n")
        self._pieces.append(text)

    def add_item(self, item: _TopItem, above: list[Comment], is_glued: bool) -> None:
        """Add an item below its comments."""
        ends_with_header = self.add_comments(above, is_glued)
        self.add(join(item.text, beside(item.behind)), is_glued if not above else not ends_with_header)

    def add_comments(self, comments: list[Comment], is_glued: bool) -> bool:
        """Add comments on lines of their own; whether the last is a section header, and wants a blank line below."""
        if not comments:
            return False
        width, separator_width = self._printer.width, self._printer.separator_width
        blocks = top_level_blocks(comments, width, separator_width)
        is_header = header_at(comments, 0, separator_width)[1] > 0
        for index, lines in enumerate(blocks):
            if lines:
                self.add(join("\n".join(lines)), is_glued and index == 0 and not is_header)
        return not blocks[-1]

    def text(self) -> str:
        """All that was added."""
        return str(join(*self._pieces, "\n"))
