"""Which expressions are simple: alone in a closure or a match arm, they stand on the line of its braces (section 7.6)."""

from __future__ import annotations

from harnpy.syntax import ast

_SIMPLE = frozenset(
    (
        *(ast.Int, ast.Float, ast.Bool, ast.Nil, ast.Str, ast.Interp, ast.Name, ast.DurationLit),
        *(ast.Unary, ast.Binary, ast.Call, ast.MethodCall, ast.Prop, ast.Index, ast.Slice, ast.Ternary, ast.Assign),
        *(ast.ListLit, ast.DictLit, ast.RangeExpr, ast.TryOp, ast.TryStar),
        *(ast.Return, ast.Break, ast.Continue, ast.Require),
    )
)


def is_simple(node: ast.Stmt) -> bool:
    """Whether node is simple, whatever is inside it."""
    return type(node) in _SIMPLE
