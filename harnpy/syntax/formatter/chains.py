"""What follows an expression: calls, methods, properties, subscripts, slices, `?`."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.comments import between
from harnpy.syntax.formatter.items import items_of
from harnpy.syntax.formatter.parentheses import before_colon, needs_as_callee, needs_before_postfix, parenthesised
from harnpy.syntax.formatter.sequences import sequence
from harnpy.syntax.formatter.text import Text, byte_length, join, new_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.syntax.formatter.printer import Printer


def _call(printer: Printer, node: ast.Call, base: int) -> Text:
    callee = printer.expression(node.callee, base)
    if needs_as_callee(node.callee):
        callee = parenthesised(callee)
    return join(callee, _arguments(printer, node, callee.length + 1, base))


def _method_call(printer: Printer, node: ast.MethodCall, base: int) -> Text:
    receiver = _object(printer, node.object, base)
    dot = "?." if node.optional else "."
    arguments = _arguments(printer, node, receiver.length + len(dot) + byte_length(node.method) + 1, base)
    is_later = node.span.end_line > node.object.span.end_line
    return join(_dotted(printer, node, receiver, base, is_later or arguments.is_broken), node.method, arguments)


def _property(printer: Printer, node: ast.Prop, base: int) -> Text:
    return join(_dotted(printer, node, _object(printer, node.object, base), base, False), node.name)


def _dotted(printer: Printer, node: ast.MethodCall | ast.Prop, receiver: Text, base: int, is_broken: bool) -> Text:
    """The receiver and the dot, with the comments between them."""
    source = printer.source
    margin = new_line(base + 1)
    dot = "?." if node.optional else "."
    if not source.has_comments(node.object.span.end, node.span.end):
        return join(receiver, margin if is_broken else "", dot)
    index = source.behind_parentheses(node.object.span.end)
    behind, own_lines, breaks = between(source, index - 1, index)
    lines = [margin + line for line in own_lines]
    return join(receiver, behind, *lines, margin if is_broken or breaks else "", dot)


def _index(printer: Printer, node: ast.Index, base: int) -> Text:
    return join(_object(printer, node.object, base), "[", printer.expression(node.index, base), "]")


def _slice(printer: Printer, node: ast.Slice, base: int) -> Text:
    start = "" if node.start is None else before_colon(node.start, printer.expression(node.start, base))
    end = "" if node.end is None else printer.expression(node.end, base)
    return join(_object(printer, node.object, base), "[", start, ":", end, "]")


def _try_op(printer: Printer, node: ast.TryOp, base: int) -> Text:
    return join(_object(printer, node.operand, base), "?")


def _object(printer: Printer, node: ast.Expr, base: int) -> Text:
    text = printer.expression(node, base)
    return parenthesised(text) if needs_before_postfix(node) else text


def _arguments(printer: Printer, node: ast.Call | ast.MethodCall, prefix: int, base: int) -> Text:
    source = printer.source
    opener = source.partner[source.index_at(node.span.end - 1)]
    items = items_of(source, opener, node.args, lambda arg: printer.expression(arg, base), ("LPAR",))
    return sequence(printer, opener, items, prefix, base)


PRINTERS: dict[type, Callable[[Any, Any, int], Text]] = {
    ast.Call: _call,
    ast.MethodCall: _method_call,
    ast.Prop: _property,
    ast.Index: _index,
    ast.Slice: _slice,
    ast.TryOp: _try_op,
}
