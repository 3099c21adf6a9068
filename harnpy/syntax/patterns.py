"""What the patterns of `let`, `var` and `for` consist of."""

from __future__ import annotations

from harnpy.syntax import ast


def pattern_names(pattern: ast.Pattern) -> list[str]:
    """The variables that a pattern binds, in the order in which it does, `_` among them."""
    if isinstance(pattern, ast.NamePattern):
        return [pattern.name]
    if isinstance(pattern, ast.PairPattern):
        return [pattern.first, pattern.second]
    if isinstance(pattern, ast.DictPattern):
        return [field.alias or field.key for field in pattern.fields]
    return [element.name for element in pattern.elements]


def pattern_defaults(pattern: ast.Pattern) -> list[ast.Expr]:
    """The expressions that stand for what a value lacks."""
    if isinstance(pattern, ast.DictPattern):
        return [field.default for field in pattern.fields if field.default is not None]
    if isinstance(pattern, ast.ListPattern):
        return [element.default for element in pattern.elements if element.default is not None]
    return []
