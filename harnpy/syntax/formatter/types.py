"""Type expressions, type parameters and bounds, always on one line."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.formatter.literals import number, quoted

if TYPE_CHECKING:
    from harnpy.syntax.formatter.source_map import SourceMap


def type_text(source: SourceMap, node: ast.TypeExpr) -> str:
    """A type as it is written."""
    match node:
        case ast.NamedType():
            return node.name
        case ast.NeverType():
            return "never"
        case ast.UnionType():
            return " | ".join([type_text(source, member) for member in node.members])
        case ast.ShapeType():
            return "{" + ", ".join([_field(source, field) for field in node.fields]) + "}"
        case ast.ListType():
            return _applied(source, "list", (node.element,))
        case ast.DictType():
            return _applied(source, "dict", (node.key, node.value))
        case ast.IterType():
            return _applied(source, "iter", (node.element,))
        case ast.AppliedType():
            return _applied(source, node.name, node.args)
        case ast.FnType():
            params = ", ".join([type_text(source, param) for param in node.params])
            return f"fn({params}) -> {type_text(source, node.result)}"
        case ast.LitStringType():
            return quoted(node.value)
        case ast.LitIntType():
            return number(source, node)


def annotation(source: SourceMap, node: ast.TypeExpr | None) -> str:
    """`: T`, or nothing."""
    return "" if node is None else f": {type_text(source, node)}"


def result_annotation(source: SourceMap, node: ast.TypeExpr | None) -> str:
    """` -> T`, or nothing."""
    return "" if node is None else f" -> {type_text(source, node)}"


def type_parameters(params: tuple[ast.TypeParam, ...]) -> str:
    """`<in A, out B, C>`, or nothing."""
    names = [f"{param.variance} {param.name}".lstrip() for param in params]
    return f"<{', '.join(names)}>" if names else ""


def where_clause(bounds: tuple[ast.WhereBound, ...]) -> str:
    """` where A: I, B: J`, or nothing."""
    return " where " + ", ".join([f"{each.type_name}: {each.bound}" for each in bounds]) if bounds else ""


def _applied(source: SourceMap, name: str, args: tuple[ast.TypeExpr, ...]) -> str:
    return f"{name}<{', '.join([type_text(source, arg) for arg in args])}>"


def _field(source: SourceMap, field: ast.ShapeField) -> str:
    return f"{field.name}{'?' if field.optional else ''}: {type_text(source, field.type)}"
