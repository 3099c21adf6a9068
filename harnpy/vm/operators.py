"""Every operator of the language. The interpreter, the jit's slow paths and constant folding call these functions.

Chapter 02 section 2 fixes results and messages. No host exception and no complex number leaves this file.
"""

from __future__ import annotations

import math

from harnpy import TYPE_CHECKING
from harnpy.vm.compare import compare, equal, int_to_float
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, bare_error, runtime_error, type_error
from harnpy.vm.search import position
from harnpy.vm.set_membership import has_element
from harnpy.vm.values import HarnSet, PyObject, Range, Value, truthy, type_name

if TYPE_CHECKING:
    from typing import NoReturn

_MAX_INT_EXPONENT = 4_294_967_295


def add(a: Value, b: Value) -> Value:
    ka, kb = type(a), type(b)
    if ka is int and kb is int:
        return a + b
    if (ka is int or ka is float) and (kb is int or kb is float):
        return _as_float(a) + _as_float(b)
    if ka is kb:
        if ka is str or ka is list:
            return a + b
        if ka is dict:
            return {**a, **b}
    if ka is PyObject or kb is PyObject:
        return in_python("+", a, b)
    raise type_error(f"Cannot add {type_name(a)} and {type_name(b)}")


def subtract(a: Value, b: Value) -> Value:
    ka, kb = type(a), type(b)
    if ka is int and kb is int:
        return a - b
    if (ka is int or ka is float) and (kb is int or kb is float):
        return _as_float(a) - _as_float(b)
    if ka is PyObject or kb is PyObject:
        return in_python("-", a, b)
    raise type_error(f"Cannot subtract {type_name(b)} from {type_name(a)}")


def multiply(a: Value, b: Value) -> Value:
    ka, kb = type(a), type(b)
    if ka is int and kb is int:
        return a * b
    if (ka is int or ka is float) and (kb is int or kb is float):
        return _as_float(a) * _as_float(b)
    if (ka is str and kb is int) or (ka is int and kb is str):
        try:
            return a * b
        except (MemoryError, OverflowError):
            raise runtime_error("string repetition is too large") from None
    if ka is PyObject or kb is PyObject:
        return in_python("*", a, b)
    raise type_error(f"Cannot multiply {type_name(a)} and {type_name(b)}")


def divide(a: Value, b: Value) -> Value:
    ka, kb = type(a), type(b)
    if ka is int and kb is int:
        if b == 0:
            raise division_by_zero()
        quotient = a // b
        return quotient + 1 if quotient < 0 and quotient * b != a else quotient
    if (ka is int or ka is float) and (kb is int or kb is float):
        return _float_divide(_as_float(a), _as_float(b))
    if ka is PyObject or kb is PyObject:
        return in_python("/", a, b)
    raise runtime_error(f"Cannot divide {type_name(a)} by {type_name(b)}")


def modulo(a: Value, b: Value) -> Value:
    ka, kb = type(a), type(b)
    if (ka is int or ka is float) and (kb is int or kb is float):
        if b == 0:
            raise division_by_zero()
        if ka is int and kb is int:
            remainder = a % b
            return remainder - b if remainder and (a < 0) != (b < 0) else remainder
        x, y = _as_float(a), _as_float(b)
        if math.isinf(x) or x != x or y != y:
            return math.nan
        return math.fmod(x, y)
    if ka is PyObject or kb is PyObject:
        return in_python("%", a, b)
    raise runtime_error(f"Cannot modulo {type_name(a)} by {type_name(b)}")


def power(a: Value, b: Value) -> Value:
    ka, kb = type(a), type(b)
    if ka is int and kb is int:
        if 0 <= b <= _MAX_INT_EXPONENT:
            if b.bit_length() + a.bit_length() > 34 and abs(a) > 1 and b * a.bit_length() > 1 << 33:
                raise runtime_error(f"Cannot exponentiate {type_name(a)} by {type_name(b)}: the result is too large")
            return a**b
        return float_power(_as_float(a), _as_float(b))
    if (ka is int or ka is float) and (kb is int or kb is float):
        return float_power(_as_float(a), _as_float(b))
    if ka is PyObject or kb is PyObject:
        return in_python("**", a, b)
    raise type_error(f"Cannot exponentiate {type_name(a)} by {type_name(b)}")


def negate(a: Value) -> Value:
    kind = type(a)
    if kind is int or kind is float:
        return -a
    if kind is PyObject:
        from harnpy.vm.python.objects import negated

        return negated(a)
    raise runtime_error(f"Cannot negate value of type {type_name(a)}")


def not_(a: Value) -> bool:
    return not truthy(a)


def less(a: Value, b: Value) -> bool:
    return compare(a, b) < 0


def greater(a: Value, b: Value) -> bool:
    return compare(a, b) > 0


def less_equal(a: Value, b: Value) -> bool:
    return compare(a, b) <= 0


def greater_equal(a: Value, b: Value) -> bool:
    return compare(a, b) >= 0


def not_equal(a: Value, b: Value) -> bool:
    result = equal(a, b)
    # What Python objects say need not be true or false.
    return not result if type(result) is bool else in_python("!=", a, b)


def contains(item: Value, collection: Value) -> bool:
    """`item in collection`. Never an error, unless Python says so of its own objects."""
    kind = type(collection)
    if kind is list:
        return position(collection, item) >= 0
    if kind is HarnSet:
        return has_element(collection, item)
    if kind is dict:
        return display(item) in collection
    if kind is str:
        return display(item) in collection
    if kind is Range:
        return type(item) is int and item in collection.py
    if kind is PyObject:
        from harnpy.vm.python import objects

        return objects.contains(item, collection)
    return False


def in_python(symbol: str, a: Value, b: Value) -> Value:
    """An operation of which an operand is a Python object."""
    from harnpy.vm.python.objects import binary

    return binary(symbol, a, b)


def make_range(start: Value, end: Value, inclusive: bool) -> Range:
    """`start to end`. Bounds that are no ints are reported."""
    if type(start) is not int or type(end) is not int:
        raise type_error(f"range bounds must be integers, got {type_name(start)} and {type_name(end)}")
    return Range(start, end, inclusive)


def division_by_zero() -> HarnError:
    return bare_error("Division by zero")


def float_power(a: float, b: float) -> float:
    """IEEE pow: overflow is an infinity, 0 to a negative power inf, a negative base with a fraction NaN."""
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and b == int(b) and int(b) % 2 else math.inf
    except ValueError:
        if a == 0 and b < 0:
            odd = b == int(b) and int(b) % 2 == 1
            return math.copysign(math.inf, a) if odd else math.inf
        return math.nan


def _float_divide(a: float, b: float) -> float:
    if b == 0:
        if a == 0 or a != a:
            return math.nan
        return math.copysign(math.inf, a) * math.copysign(1.0, b)
    return a / b


def _as_float(value: Value) -> float:
    return value if type(value) is float else int_to_float(value)


def cannot_index(obj: Value, index: Value) -> NoReturn:
    raise type_error(f"cannot index into {type_name(obj)} with {type_name(index)}")
