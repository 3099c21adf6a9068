"""Collections, closures and what stands in argument lists."""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.items import items_of
from harnpy.syntax.formatter.literals import quoted
from harnpy.syntax.formatter.parameters import parameter
from harnpy.syntax.formatter.place import Place, value_place
from harnpy.syntax.formatter.regions import region, statement_items
from harnpy.syntax.formatter.sequences import sequence
from harnpy.syntax.formatter.simple import is_simple
from harnpy.syntax.formatter.text import Text, byte_length, join, separated

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.syntax.formatter.printer import Printer

_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")


def _list(printer: Printer, node: ast.ListLit, base: int) -> Text:
    source = printer.source
    opener = source.index_at(node.span.start)
    items = items_of(source, opener, node.elements, lambda each: printer.expression(each, base), ("LPAR",))
    return sequence(printer, opener, items, 1, base)


def _dict(printer: Printer, node: ast.DictLit, base: int) -> Text:
    return _entries(printer, node.entries, printer.source.index_at(node.span.start), 1, base)


def _struct(printer: Printer, node: ast.StructLit, base: int) -> Text:
    source = printer.source
    opener = source.partner[source.index_at(node.span.end - 1)]
    return join(node.name, " ", _entries(printer, node.entries, opener, byte_length(node.name) + 2, base))


def _entries(printer: Printer, entries: tuple[ast.Entry, ...], opener: int, prefix: int, base: int) -> Text:
    openers = ("LPAR", "LSQB")
    items = items_of(printer.source, opener, entries, lambda each: _entry(printer, each, base), openers)
    return sequence(printer, opener, items, prefix, base)


def _entry(printer: Printer, entry: ast.Entry, base: int) -> Text:
    value = printer.expression(entry.value, base)
    if entry.key is None:
        return join("...", value)
    if isinstance(entry.key, ast.Str):
        key = entry.key.value
        return join(key if _is_bare_key(key) else f"[{quoted(key)}]", ": ", value)
    return join("[", printer.expression(entry.key, base), "]: ", value)


def _is_bare_key(key: str) -> bool:
    # Of other characters than letters and digits, a name may contain only `_`.
    return _IDENTIFIER.match(key) is not None and (key[0].isalpha() or key[0] == "_")


def _closure(printer: Printer, node: ast.ClosureExpr, base: int) -> Text:
    source = printer.source
    first = source.index_at(node.span.start)
    behind_params = node.params[-1].span.end if node.params else node.span.start
    params = separated(", ", [parameter(printer, param, base) for param in node.params])
    if node.fn_syntax:
        opener = source.find("LBRACE", behind_params)
        closer = source.partner[opener]
        header = join("fn(", params, ") {")
    else:
        opener = source.find("ARROW", behind_params)
        closer = source.partner[first]
        header = join("{ ", params, " ->" if node.params else "->")
    if source.claim_rest(first, opener):
        header = join(source.verbatim(first, opener))
    place = Place(base, base + 1, False)
    inline = inline_body(printer, opener, closer, node.body, base)
    if inline is not None:
        return join(header, " ", inline, " }")
    items = statement_items(printer, opener, node.body, place)
    return join(header, region(printer, opener, closer, items, place.own, base))


def inline_body(printer: Printer, opener: int, closer: int, body: ast.Body, base: int) -> Text | None:
    """The only expression of a body that may stand on the line of its braces; None if there are lines to be made.

    Comments beside the expression make lines, and so do those inside that end a line, have several, or are documentation,
    which may have been written as either; others are its own business.
    """
    if len(body) != 1 or not is_simple(body[0]):
        return None
    source = printer.source
    first = source.first_of(body[0].span, opener)
    last = source.last_before(closer)
    if source.comments_between(opener, first) or source.comments_between(last, closer):
        return None
    if any([comment.is_doc or not comment.is_inline for comment in source.comments_between(opener, closer)]):
        return None
    return printer.unit(first, last, printer.statement(body[0], value_place(base)))


def _spread(printer: Printer, node: ast.Spread, base: int) -> Text:
    return join("...", printer.expression(node.expression, base))


def _named(printer: Printer, node: ast.NamedArg, base: int) -> Text:
    return join(node.name, ": ", printer.expression(node.value, base))


PRINTERS: dict[type, Callable[[Any, Any, int], Text]] = {
    ast.ListLit: _list,
    ast.DictLit: _dict,
    ast.StructLit: _struct,
    ast.ClosureExpr: _closure,
    ast.Spread: _spread,
    ast.NamedArg: _named,
}
