"""Whether the right side of a pipe mentions the placeholder `_` (chapter 01 section 8).

The search enters everything but nested closures and nested pipes, which have placeholders of their own.
"""

from __future__ import annotations

from dataclasses import fields

from harnpy.syntax import ast


def has_placeholder(node: object) -> bool:
    """Whether node contains the name `_` outside nested closures, functions and pipes."""
    pending: list[object] = [node]
    first = True
    while pending:
        current = pending.pop()
        if isinstance(current, ast.Name):
            if current.name == "_":
                return True
        elif isinstance(current, tuple) and not isinstance(current, ast.Span):
            pending.extend(current)
        elif isinstance(current, ast.MatchArm):
            pending.extend((current.guard, current.body))
        elif isinstance(current, ast.ClosureExpr | ast.Fn | ast.Spawn | ast.Parallel):
            continue
        elif isinstance(current, ast.Binary) and current.op == "|>" and not first:
            pending.append(current.left)
        elif isinstance(current, ast.Node):
            pending.extend(getattr(current, each.name) for each in fields(current) if each.name != "span")
        first = False
    return False
