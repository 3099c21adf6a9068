"""Access paths such as `user.email` that conditions have looked at: from there on they are untyped.

They are kept in the scopes, under names that no variable has, so that what is known of them ends with the branch.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.checker.scopes import HIDDEN
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker


def note_tested(checker: Checker, node: ast.Expr) -> None:
    """Let a path be untyped in the current scope; other expressions are left alone."""
    path = _path(node)
    if path is not None:
        checker.scopes.define(path, HIDDEN)


def is_tested(checker: Checker, node: ast.Expr) -> bool:
    """Whether a condition in force, or an assignment, was about the path that node is."""
    path = _path(node)
    return path is not None and checker.scopes.find(path) is not None


def _path(node: ast.Expr) -> str | None:
    """`a.b.c` for that, for `a?.b["c"]` and so on; None for a bare variable and for everything else."""
    names: list[str] = []
    while True:
        if isinstance(node, ast.Prop):
            names.append(node.name)
        elif isinstance(node, ast.Index) and isinstance(node.index, ast.Str):
            names.append(node.index.value)
        else:
            break
        node = node.object
    if not names or not isinstance(node, ast.Name):
        return None
    return ".".join([node.name, *reversed(names)])
