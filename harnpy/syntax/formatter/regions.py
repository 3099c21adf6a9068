"""What stands line by line between two braces: statements, fields, variants, members, arms, cases, with their comments."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.comments import beside, gap, own_lines_text
from harnpy.syntax.formatter.items import Item, later
from harnpy.syntax.formatter.text import Text, join, new_line

if TYPE_CHECKING:
    from harnpy.syntax.formatter.place import Place
    from harnpy.syntax.formatter.printer import Printer


def block(printer: Printer, opener: int, statements: ast.Body, place: Place, closing_level: int) -> Text:
    """The statements of a body and the brace that closes it. opener: the token of its opening brace, already printed."""
    items = statement_items(printer, opener, statements, place)
    return region(printer, opener, printer.source.partner[opener], items, place.own, closing_level)


def statement_items(printer: Printer, opener: int, statements: ast.Body, place: Place) -> list[Item]:
    """The statements of a body that begins behind the token opener, at their place."""
    source = printer.source
    items: list[Item] = []
    after = opener
    for index, statement in enumerate(statements):
        after = source.first_of(statement.span, after)
        if index == 0 and _reads_as_description(statements):
            items.append(Item(after, lambda: join("(description)")))
        else:
            items.append(Item(after, later(lambda each: printer.statement(each, place), statement)))
    return items


def region(printer: Printer, opener: int, closer: int, items: list[Item], level: int, closing_level: int) -> Text:
    """The items behind the token opener, each on lines of its own at a level, and the closing brace on the last line."""
    source = printer.source
    margin = new_line(level)
    pieces: list[Text | str] = []
    if not source.has_comments(source.starts[opener], source.starts[closer]):
        for item in items:
            pieces += [margin, item.prints()]
        return join(*pieces, new_line(closing_level), "}")
    before = opener
    firsts = [item.first for item in items] + [closer]
    for index, item in enumerate(items):
        trailing, leading = gap(source, before, item.first)
        before = source.last_before(firsts[index + 1])
        pieces += [beside(trailing), own_lines_text(leading, level, printer.width)]
        pieces += [margin, printer.unit(item.first, before, item.prints())]
    trailing, leading = gap(source, before, closer, is_end=bool(items))
    pieces += [beside(trailing), own_lines_text(leading, level, printer.width)]
    return join(*pieces, new_line(closing_level), "}")


def _reads_as_description(statements: ast.Body) -> bool:
    """Whether a variable `description` is evaluated before a string: on two lines, both would be the description of a tool."""
    first, *rest = statements
    return isinstance(first, ast.Name) and first.name == "description" and bool(rest) and isinstance(rest[0], ast.Str)
