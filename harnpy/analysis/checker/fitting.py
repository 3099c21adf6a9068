"""Whether the value of an expression fits where a type is wanted."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import World


def fits(checker: Checker, expected: Type, value: ast.Expr, actual: Type, world: World | None = None) -> bool:
    """Whether a value, whose type is actual, may stand where expected is wanted.

    The type of an `if` does not know what its conditions say; a value that fits only if they are heard fits as well.
    """
    if checker.accepts(expected, actual, world):
        return True
    if not isinstance(value, ast.If) or checker.conditions_narrow:
        return False
    checker.conditions_narrow = True
    narrowed = checker.infer(value)
    checker.conditions_narrow = False
    return narrowed is None or checker.accepts(expected, narrowed, world)
