"""Attributes on declarations (chapter 09, 11.2)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules import type_rules
from harnpy.syntax import ast
from harnpy.syntax.walk import without_attributes

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker

_KNOWN = frozenset({"deprecated", "test", "complexity", "acp_tool"})
# What attributes that only some declarations take may stand on.
_TARGETS: dict[str, tuple[type[ast.Node], ...]] = {"test": (ast.Fn, ast.Pipeline), "acp_tool": (ast.Fn,)}


def check_attributed(checker: Checker, node: ast.Attributed) -> None:
    """Check the attributes of a declaration, then the declaration."""
    check_attributes(checker, node)
    checker.walk(without_attributes(node))


def check_attributes(checker: Checker, node: ast.Attributed) -> None:
    target = without_attributes(node)
    attributes: list[ast.Attribute] = []
    statement: ast.Stmt = node
    while isinstance(statement, ast.Attributed):
        attributes.extend(statement.attributes)
        statement = statement.inner
    for attribute in attributes:
        name = attribute.name
        if name not in _KNOWN:
            checker.report(type_rules.UNKNOWN_ATTRIBUTE, attribute, name=name)
        elif name in _TARGETS and not isinstance(target, _TARGETS[name]):
            checker.report(type_rules.ATTRIBUTE_TARGET, attribute, name=name)
