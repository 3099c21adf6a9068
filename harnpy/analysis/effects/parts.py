"""What the call graph takes out of single nodes of the tree: arguments and patterns."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.effects.functions import Argument
from harnpy.analysis.effects.scopes import Binding
from harnpy.syntax import ast
from harnpy.syntax.patterns import pattern_names

if TYPE_CHECKING:
    from harnpy.analysis.effects.scopes import Scope


def is_open(arg: ast.Expr) -> bool:
    """Whether an argument leaves open how many there are, or which."""
    return isinstance(arg, ast.Spread | ast.NamedArg)


def text_of(arg: ast.Expr) -> str | None:
    return arg.value if isinstance(arg, ast.Str | ast.RawStr) else None


def arguments_of(args: tuple[ast.Expr, ...], scope: Scope) -> tuple[Argument, ...]:
    return tuple(
        Argument(arg.value, scope, arg.name) if isinstance(arg, ast.NamedArg) else Argument(arg, scope) for arg in args
    )


def bind_pattern(pattern: ast.Pattern, scope: Scope, start: int) -> None:
    """Declare the names of a pattern, of whose values nothing is known."""
    for name in pattern_names(pattern):
        scope.declare(name, Binding(start))


def pattern_parts(pattern: ast.Expr, enums: frozenset[str]) -> list[ast.Expr]:
    """What a match pattern consists of: names that it binds, and expressions that it compares with."""
    if isinstance(pattern, ast.MethodCall) and isinstance(pattern.object, ast.Name) and pattern.object.name in enums:
        return list(pattern.args)
    if isinstance(pattern, ast.DictLit):
        return [entry.value for entry in pattern.entries]
    if isinstance(pattern, ast.ListLit):
        return list(pattern.elements)
    return [pattern]
