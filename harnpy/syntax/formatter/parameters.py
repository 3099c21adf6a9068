"""Parameters and the patterns of `let`, `var` and `for`."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.text import Text, join, separated
from harnpy.syntax.formatter.types import annotation

if TYPE_CHECKING:
    from harnpy.syntax.formatter.printer import Printer


def parameter(printer: Printer, param: ast.Param, base: int) -> Text:
    """`name: T = default`, `...rest: T`."""
    name = f"...{param.name}" if param.rest else param.name
    return join(name, annotation(printer.source, param.type), _default(printer, param.default, base))


def pattern(printer: Printer, node: ast.Pattern, base: int) -> Text:
    """What a value is taken apart by; on one line, however long."""
    match node:
        case ast.NamePattern():
            return join(node.name)
        case ast.PairPattern():
            return join(f"({node.first}, {node.second})")
        case ast.DictPattern():
            fields = [_dict_field(printer, field, base) for field in node.fields]
            return join("{", separated(", ", fields), "}")
        case ast.ListPattern():
            elements = [_list_element(printer, element, base) for element in node.elements]
            return join("[", separated(", ", elements), "]")


def _dict_field(printer: Printer, field: ast.DictPatternField, base: int) -> Text:
    if field.is_rest:
        return join("...", field.key)
    alias = "" if field.alias is None else f": {field.alias}"
    return join(field.key, alias, _default(printer, field.default, base))


def _list_element(printer: Printer, element: ast.ListPatternElement, base: int) -> Text:
    return join("..." if element.is_rest else "", element.name, _default(printer, element.default, base))


def _default(printer: Printer, node: ast.Expr | None, base: int) -> Text | str:
    return "" if node is None else join(" = ", printer.expression(node, base))
