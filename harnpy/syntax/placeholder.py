"""Whether the right side of a pipe mentions the placeholder `_` (chapter 01 section 8).

The search enters everything but nested closures and nested pipes, which have placeholders of their own.
"""

from __future__ import annotations

from harnpy.syntax import ast
from harnpy.syntax.walk import walk


def has_placeholder(node: ast.Node) -> bool:
    """Whether node contains the name `_` outside nested closures, functions, pipes and the patterns of match arms."""

    def enters(each: ast.Node) -> bool:
        if isinstance(each, ast.Binary) and each.op == "|>":
            return False
        return not isinstance(each, ast.ClosureExpr | ast.Fn | ast.Spawn | ast.Parallel | ast.MatchArm)

    for each in walk(node, enters):
        if isinstance(each, ast.Name) and each.name == "_":
            return True
        if isinstance(each, ast.MatchArm):
            parts = (*each.body, each.guard) if each.guard is not None else each.body
            if any(has_placeholder(part) for part in parts):
                return True
        if isinstance(each, ast.Binary) and each.op == "|>" and has_placeholder(each.left):
            return True
    return False
