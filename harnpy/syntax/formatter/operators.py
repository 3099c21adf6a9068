"""Expressions with operators: unary, binary, ternary, ranges, `try*`."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.comments import between
from harnpy.syntax.formatter.parentheses import (
    needs_in_binary,
    needs_in_range,
    needs_in_ternary,
    needs_in_unary,
    parenthesised,
)
from harnpy.syntax.formatter.text import Text, join, new_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.syntax.formatter.printer import Printer

# These continue the line before; before any other, the line has to end in a backslash.
_CONTINUING = frozenset(("|>", "||", "&&", "+", "*", "/", "%", "**"))


def _binary(printer: Printer, node: ast.Binary, base: int) -> Text:
    left, right = printer.expression(node.left, base), printer.expression(node.right, base)
    if needs_in_binary(node, node.left, left):
        left = parenthesised(left)
    if needs_in_binary(node, node.right, right):
        right = parenthesised(right)
    operator = "not in" if node.op == "not_in" else node.op
    is_later = node.right.span.line > node.left.span.line
    width = 2 * base + left.length + right.length + len(operator) + 2
    is_broken = is_later or left.is_broken or width > printer.width
    if printer.source.has_comments(node.left.span.end, node.right.span.start):
        return _commented(printer, node, operator, left, right, base, is_broken)
    if not is_broken:
        return join(left, " ", operator, " ", right)
    mark = "" if operator in _CONTINUING else " \\"
    return join(left, mark, new_line(base + 1), operator, " ", right)


def _commented(
    printer: Printer, node: ast.Binary, operator: str, left: Text, right: Text, base: int, is_broken: bool
) -> Text:
    """A binary operation with comments beside its operator."""
    source = printer.source
    margin = new_line(base + 1)
    first = source.behind_parentheses(node.left.span.end)
    last = first + 1 if node.op == "not_in" else first
    begin = source.index_at(node.right.span.start)
    while begin - 1 > last and source.kind(begin - 1) == "LPAR":
        begin -= 1
    behind_left, own_lines, breaks = between(source, first - 1, first)
    if node.op == "-":
        # On a line of its own a minus would begin a statement; there are only comments here that code may follow.
        pieces: list[Text | str] = [left, behind_left, *[f" {line}" for line in own_lines]]
        pieces.append(f" \\{margin}" if is_broken else " ")
    elif breaks:
        pieces = [left, behind_left, *[margin + line for line in own_lines], margin]
    else:
        mark = "" if operator in _CONTINUING else " \\"
        pieces = [left, behind_left, mark + margin if is_broken else " "]
    pieces.append(operator)
    behind_operator, own_lines, breaks = between(source, last, begin)
    pieces += [behind_operator, *[margin + line for line in own_lines], margin if breaks else " ", right]
    return join(*pieces)


def _unary(printer: Printer, node: ast.Unary, base: int) -> Text:
    return join(node.op, _operand(printer, node.operand, base))


def _try_star(printer: Printer, node: ast.TryStar, base: int) -> Text:
    return join("try* ", _operand(printer, node.operand, base))


def _operand(printer: Printer, node: ast.Expr, base: int) -> Text:
    text = printer.expression(node, base)
    return parenthesised(text) if needs_in_unary(node) else text


def _ternary(printer: Printer, node: ast.Ternary, base: int) -> Text:
    condition, then = printer.expression(node.condition, base), printer.expression(node.then, base)
    otherwise = printer.expression(node.otherwise, base)
    if needs_in_ternary(node.condition, condition):
        condition = parenthesised(condition)
    if needs_in_ternary(node.then, then, is_middle=True):
        then = parenthesised(then)
    if needs_in_ternary(node.otherwise, otherwise, is_last=True):
        otherwise = parenthesised(otherwise)
    return join(condition, " ? ", then, " : ", otherwise)


def _range(printer: Printer, node: ast.RangeExpr, base: int) -> Text:
    start, end = printer.expression(node.start, base), printer.expression(node.end, base)
    if needs_in_range(node.start):
        start = parenthesised(start)
    if needs_in_range(node.end):
        end = parenthesised(end)
    return join(start, " to ", end, "" if node.inclusive else " exclusive")


PRINTERS: dict[type, Callable[[Any, Any, int], Text]] = {
    ast.Binary: _binary,
    ast.Unary: _unary,
    ast.TryStar: _try_star,
    ast.Ternary: _ternary,
    ast.RangeExpr: _range,
}
