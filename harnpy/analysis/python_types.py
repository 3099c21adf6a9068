"""Types of Harn as Python's annotations, as text; for stubs and for what Python code may ask about a Harn function."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMED = {
    "int": "int",
    "float": "float",
    "string": "str",
    "bool": "bool",
    "nil": "None",
    "list": "list[Any]",
    "dict": "dict[str, Any]",
    "set": "set[Any]",
    "duration": "timedelta",
    "closure": "Callable[..., Any]",
    "range": "range",
}


def python_type(type_expr: ast.TypeExpr | None, known: Mapping[str, object] | None = None) -> str:
    """The annotation for a type; `Any` where Python has no type that says it. known has names for the types of the program."""
    match type_expr:
        case ast.NamedType(name=name):
            return str(known[name]) if known is not None and name in known else _NAMED.get(name, "Any")
        case ast.LitStringType(value=text):
            return f"Literal[{text!r}]"
        case ast.LitIntType(value=number):
            return f"Literal[{number}]"
        case ast.ListType(element=element):
            return f"list[{python_type(element, known)}]"
        case ast.DictType(value=value):
            return f"dict[str, {python_type(value, known)}]"
        case ast.IterType(element=element):
            return f"Iterator[{python_type(element, known)}]"
        case ast.ShapeType():
            return "dict[str, Any]"
        case ast.FnType(params=params, result=result):
            inside = ", ".join(python_type(each, known) for each in params)
            return f"Callable[[{inside}], {python_type(result, known)}]"
        case ast.UnionType(members=members):
            found = list(dict.fromkeys(python_type(each, known) for each in members))
            return "Any" if "Any" in found else " | ".join(found)
        case ast.NeverType():
            return "Never"
        case ast.AppliedType(name="Result"):
            return "Result"
        case ast.AppliedType(name="list" | "set" as name, args=(element,)):
            return f"{name}[{python_type(element, known)}]"
        case _:
            return "Any"
