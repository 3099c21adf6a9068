"""`naming-convention`: whether a name has the form that its declaration should have, and what it could be called instead."""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import lint_rules as rules
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.syntax.diagnostics import Diagnostic

_SNAKE = re.compile(r"[a-z_][a-z0-9_]*")
_PASCAL = re.compile(r"[A-Z][a-zA-Z0-9]*")

_TYPE_KINDS: dict[type[ast.Node], str] = {
    ast.Struct: "struct",
    ast.Enum: "enum",
    ast.Interface: "interface",
    ast.TypeAlias_: "type",
}


def check_function_name(node: ast.Fn | ast.Tool) -> Diagnostic | None:
    """What is wrong with the name of a function, tool or method."""
    if _SNAKE.fullmatch(node.name):
        return None
    return rules.FUNCTION_NAME.at(node.span, name=node.name, proposal=snake_case(node.name))


def check_type_name(node: ast.Struct | ast.Enum | ast.Interface | ast.TypeAlias_) -> Diagnostic | None:
    """What is wrong with the name of a type."""
    if _PASCAL.fullmatch(node.name):
        return None
    kind = _TYPE_KINDS[type(node)]
    return rules.TYPE_NAME.at(node.span, kind=kind, name=node.name, proposal=pascal_case(node.name))


def snake_case(name: str) -> str:
    """`HTTPGet` becomes `h_t_t_p_get`: each capital a word; characters beyond ASCII letters and digits are dropped."""
    marked = re.sub(r"(?<!^)([A-Z])", r"_\1", name)
    return re.sub(r"[^a-z0-9_]", "", marked.lower())


def pascal_case(name: str) -> str:
    """`alias_t` becomes `AliasT`, and `fooBar` becomes `Foobar`."""
    return "".join(part[:1].upper() + part[1:].lower() for part in re.split(r"[^a-zA-Z0-9]+", name))
