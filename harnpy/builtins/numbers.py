"""Arithmetic functions and random numbers. What is not a number gives nil; results follow IEEE 754 and never raise."""

from __future__ import annotations

import math

from harnpy import TYPE_CHECKING
from harnpy.builtins.arguments import int_or
from harnpy.vm.compare import int_to_float
from harnpy.vm.operators import power
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.vm.fiber import Fiber

_MIN_INT64 = -(2**63)
_MAX_INT64 = 2**63 - 1


@builtin("abs(number: int | float) -> any", pure=True)
def absolute(number: Value) -> int | float | None:
    """The number without its sign; nil for anything else."""
    return abs(number) if _is_number(number) else None


@builtin("floor(number: int | float) -> any", pure=True)
def floor(number: Value) -> int | None:
    """The largest int that is not above the number; nil for what is no number."""
    return to_whole(number, math.floor)


@builtin("ceil(number: int | float) -> any", pure=True)
def ceiling(number: Value) -> int | None:
    """The smallest int that is not below the number; nil for what is no number."""
    return to_whole(number, math.ceil)


@builtin("round(number: int | float) -> any", pure=True)
def round_half_away(number: Value) -> int | None:
    """The nearest int, halves going away from zero; nil for what is no number."""
    return to_whole(number, _nearest)


@builtin("sqrt(number: int | float) -> any", pure=True)
def square_root(number: Value) -> float | None:
    """The square root as a float; NaN for a negative number, nil for what is no number."""
    return _apply(math.sqrt, number)


@builtin("pow(base: int | float, exponent: int | float) -> any", pure=True)
def raise_to_power(base: Value, exponent: Value) -> int | float | None:
    """base to the power of exponent: an exact int for an int and a non-negative int, else a float.

    nil for what is no number.
    """
    if not (_is_number(base) and _is_number(exponent)):
        return None
    if type(base) is int and type(exponent) is int and exponent >= 0 and -1 <= base <= 1:
        # Any exponent of the same parity gives the same; one of an astronomic size is not worth computing with.
        return int(base ** min(exponent, 2 + exponent % 2))
    return power(base, exponent)  # type: ignore[no-any-return]


@builtin("min(left: int | float, right: int | float) -> any", pure=True)
def minimum(left: Value, right: Value) -> int | float | None:
    """The smaller of two numbers: an int if both are, else a float; nil unless both are numbers."""
    return _extreme(left, right, min)


@builtin("max(left: int | float, right: int | float) -> any", pure=True)
def maximum(left: Value, right: Value) -> int | float | None:
    """The larger of two numbers: an int if both are, else a float; nil unless both are numbers."""
    return _extreme(left, right, max)


@builtin("sin(angle: int | float) -> float", pure=True)
def sine(angle: Value) -> float | None:
    """The sine of an angle in radians; nil for what is no number."""
    return _apply(math.sin, angle)


@builtin("cos(angle: int | float) -> float", pure=True)
def cosine(angle: Value) -> float | None:
    """The cosine of an angle in radians; nil for what is no number."""
    return _apply(math.cos, angle)


@builtin("tan(angle: int | float) -> float", pure=True)
def tangent(angle: Value) -> float | None:
    """The tangent of an angle in radians; nil for what is no number."""
    return _apply(math.tan, angle)


@builtin("asin(number: int | float) -> float", pure=True)
def arc_sine(number: Value) -> float | None:
    """The angle in radians with that sine; NaN outside -1 to 1, nil for what is no number."""
    return _apply(math.asin, number)


@builtin("acos(number: int | float) -> float", pure=True)
def arc_cosine(number: Value) -> float | None:
    """The angle in radians with that cosine; NaN outside -1 to 1, nil for what is no number."""
    return _apply(math.acos, number)


@builtin("atan(number: int | float) -> float", pure=True)
def arc_tangent(number: Value) -> float | None:
    """The angle in radians with that tangent; nil for what is no number."""
    return _apply(math.atan, number)


@builtin("atan2(y: int | float, x: int | float) -> float", pure=True)
def arc_tangent_of_point(y: Value, x: Value) -> float | None:
    """The angle in radians of the point (x, y); nil unless both are numbers."""
    if not (_is_number(y) and _is_number(x)):
        return None
    return math.atan2(_as_float(y), _as_float(x))


@builtin("ln(number: int | float) -> float", pure=True)
def natural_logarithm(number: Value) -> float | None:
    """The natural logarithm; -inf for 0, NaN for a negative number, nil for what is no number."""
    return _logarithm(math.log, number)


@builtin("log2(number: int | float) -> float", pure=True)
def binary_logarithm(number: Value) -> float | None:
    """The logarithm to base 2; -inf for 0, NaN for a negative number, nil for what is no number."""
    return _logarithm(math.log2, number)


@builtin("log10(number: int | float) -> float", pure=True)
def decimal_logarithm(number: Value) -> float | None:
    """The logarithm to base 10; -inf for 0, NaN for a negative number, nil for what is no number."""
    return _logarithm(math.log10, number)


@builtin("exp(number: int | float) -> float", pure=True)
def exponential(number: Value) -> float | None:
    """e to the power of the number, inf when it is too large; nil for what is no number."""
    return _apply(math.exp, number)


@builtin("sign(number: int | float) -> int", pure=True)
def sign(number: Value) -> int | float | None:
    """-1, 0 or 1 for a negative number, zero or a positive number; NaN for NaN, nil for what is no number."""
    if not _is_number(number):
        return None
    if number != number:
        return math.nan
    return 0 if number == 0 else 1 if number > 0 else -1


@builtin("is_nan(value: any) -> bool", pure=True)
def is_nan(value: Value) -> bool:
    """Whether the value is the float NaN."""
    return type(value) is float and value != value


@builtin("is_infinite(value: any) -> bool", pure=True)
def is_infinite(value: Value) -> bool:
    """Whether the value is an infinite float."""
    return type(value) is float and math.isinf(value)


@builtin("random() -> float", effects={"random"})
def random_float(fiber: Fiber) -> float:
    """A random float from 0 up to, but not including, 1."""
    return fiber.effect(fiber.runtime.world.random)  # type: ignore[no-any-return]


@builtin("random_int(low: int, high: int) -> any", effects={"random"})
def random_int(fiber: Fiber, low: Value = MISSING, high: Value = MISSING) -> int | None:
    """A random int from low to high, both included; nil when low is above high or one is missing."""
    if high is MISSING:
        return None
    lowest, highest = int_or(low, 0), int_or(high, 0)
    if lowest > highest:
        return None
    return fiber.effect(fiber.runtime.world.random_int, lowest, highest)  # type: ignore[no-any-return]


def to_whole(number: Value, rounding: Callable[[float], int]) -> int | None:
    """number as an int, floats by rounding; NaN gives 0, infinities the limits of 64 bits, a non-number nil."""
    if type(number) is int:
        return number
    if type(number) is not float:
        return None
    if number != number:
        return 0
    if math.isinf(number):
        return _MAX_INT64 if number > 0 else _MIN_INT64
    return rounding(number)


def _is_number(value: Value) -> bool:
    return type(value) is int or type(value) is float


def _as_float(number: int | float) -> float:
    return number if type(number) is float else int_to_float(int(number))


def _apply(function: Callable[[float], float], number: Value) -> float | None:
    if not _is_number(number):
        return None
    try:
        return function(_as_float(number))
    except ValueError:  # outside the function's domain
        return math.nan
    except OverflowError:  # exp only
        return math.inf


def _logarithm(function: Callable[[int | float], float], number: Value) -> float | None:
    if not _is_number(number):
        return None
    if number == 0:
        return -math.inf
    return function(number) if number > 0 or number != number else math.nan


def _nearest(number: float) -> int:
    # Adding one half first would be off by one just below a half, where the sum itself rounds up.
    whole = math.trunc(number)
    if abs(number - whole) >= 0.5:
        whole += 1 if number > 0 else -1
    return whole


def _extreme(left: Value, right: Value, choose: Callable[..., int | float]) -> int | float | None:
    if not (_is_number(left) and _is_number(right)):
        return None
    if type(left) is int and type(right) is int:
        return choose(left, right)
    first, second = _as_float(left), _as_float(right)
    if first != first:
        return second
    return first if second != second else choose(first, second)
