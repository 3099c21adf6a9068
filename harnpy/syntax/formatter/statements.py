"""Statements without bodies."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.parameters import pattern
from harnpy.syntax.formatter.parentheses import parenthesised
from harnpy.syntax.formatter.text import Text, join
from harnpy.syntax.formatter.types import annotation

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.syntax.formatter.place import Place
    from harnpy.syntax.formatter.printer import Printer


def expression_statement(printer: Printer, node: ast.Expr, base: int) -> Text:
    """An expression where a statement begins: there, `fn` is the beginning of a declaration."""
    text = printer.expression(node, base)
    return parenthesised(text) if text.starts_with("fn(") else text


def _let(printer: Printer, node: ast.Let, place: Place) -> Text:
    keyword = "var " if node.mutable else "let "
    target = pattern(printer, node.pattern, place.base)
    type_ = annotation(printer.source, node.type)
    return join(keyword, target, type_, " = ", printer.expression(node.value, place.base))


def _assign(printer: Printer, node: ast.Assign, place: Place) -> Text:
    target = expression_statement(printer, node.target, place.base)
    return join(target, f" {node.op or ''}= ", printer.expression(node.value, place.base))


def _require(printer: Printer, node: ast.Require, place: Place) -> Text:
    condition = printer.expression(node.condition, place.base)
    if node.message is None:
        return join("require ", condition)
    return join("require ", condition, ", ", printer.expression(node.message, place.base))


def _with_value(keyword: str) -> Callable[[Printer, Any, Place], Text]:
    def print_statement(printer: Printer, node: ast.Return | ast.Yield | ast.Throw, place: Place) -> Text:
        if node.value is None:
            return join(keyword)
        return join(keyword, " ", printer.expression(node.value, place.base))

    return print_statement


PRINTERS: dict[type, Callable[[Any, Any, Place], Text]] = {
    ast.Let: _let,
    ast.Assign: _assign,
    ast.Require: _require,
    ast.Return: _with_value("return"),
    ast.Yield: _with_value("yield"),
    ast.Throw: _with_value("throw"),
    ast.Break: lambda printer, node, place: join("break"),
    ast.Continue: lambda printer, node, place: join("continue"),
}
