"""The cyclomatic complexity of a body (chapter 10 section 3.3): 1, and 1 more for each way to branch."""

from __future__ import annotations

from harnpy.records import field_names
from harnpy.syntax import ast

_BRANCHES = (ast.If, ast.For, ast.While, ast.Retry, ast.Match, ast.Guard, ast.TryCatch, ast.Ternary)
_NOT_ENTERED = (ast.Fn, ast.Tool, ast.Impl, ast.Pipeline, ast.Override, ast.Interp)


def complexity(body: ast.Body) -> int:
    """The score of a function with that body. Functions declared inside have scores of their own."""
    score = 1
    pending: list[object] = [body]
    while pending:
        value = pending.pop()
        if type(value) is tuple:
            pending.extend(value)
        elif not isinstance(value, ast.Node) or isinstance(value, _NOT_ENTERED):
            continue
        elif isinstance(value, ast.MatchArm):
            pending += (value.guard, value.body)
        elif isinstance(value, ast.Parallel):
            pending += (value.operand, value.body)
        else:
            if isinstance(value, _BRANCHES) or (isinstance(value, ast.Binary) and value.op in ("&&", "||")):
                score += 1
            elif isinstance(value, ast.Select):
                score += len(value.cases)
            pending.extend(getattr(value, name) for name in field_names(type(value))[1:])
    return score
