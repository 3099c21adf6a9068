"""Expression nodes to values: scopes, truth and comparison as templates know them, which is not quite as Harn does."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import assert_never

from harnpy.builtins.template.coercion import is_true
from harnpy.builtins.template.filters import apply_filter
from harnpy.builtins.template.nodes import And, Comparison, Expression, Filtered, Literal, Not, Or, Path
from harnpy.vm.compare import equal, int_to_float
from harnpy.vm.values import MISSING, Value

_ORDERINGS: dict[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Scope:
    """Names and their values, in front of those of an enclosing scope."""

    __slots__ = ("names", "outer")

    def __init__(self, names: Mapping[str, Value], outer: Scope | None = None) -> None:
        self.names = names
        self.outer = outer

    def get(self, name: str) -> Value:
        """The value bound to name; MISSING if there is none."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return MISSING


def evaluate(expression: Expression, scope: Scope) -> Value:
    """The value of expression. Raises Fault, and only for what filters refuse: a path that misses is nil."""
    match expression:
        case Literal(value):
            return value
        case Path(head, steps):
            value = scope.get(head)
            return None if value is MISSING else _follow(value, steps)
        case Filtered(operand, filters):
            value = evaluate(operand, scope)
            for call in filters:
                value = apply_filter(call.name, value, [evaluate(argument, scope) for argument in call.arguments])
            return value
        case Or(operands):
            for operand in operands:
                value = evaluate(operand, scope)
                if is_true(value):
                    break
            return value
        case And(operands):
            for operand in operands:
                value = evaluate(operand, scope)
                if not is_true(value):
                    break
            return value
        case Not(operand):
            return not is_true(evaluate(operand, scope))
        case Comparison(name, left, right):
            return _compare(name, evaluate(left, scope), evaluate(right, scope))
        case _:
            assert_never(expression)


def _follow(value: Value, steps: tuple[str | int, ...]) -> Value:
    for step in steps:
        if isinstance(step, str):
            value = value.get(step) if type(value) is dict else None
        elif type(value) in (list, str) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def _compare(name: str, a: Value, b: Value) -> bool:
    if name == "==":
        return equal(a, b)
    if name == "!=":
        return not equal(a, b)
    kinds = {type(a), type(b)}
    if kinds == {int, float}:
        a, b = (int_to_float(a), b) if type(a) is int else (a, int_to_float(b))
    elif kinds not in ({int}, {float}, {str}):
        return False
    return _ORDERINGS[name](a, b)
