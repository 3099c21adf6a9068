"""Builtins about kinds and conversions: type_of, to_*, len, identity, unreachable."""

from __future__ import annotations

import hashlib
import math
import re

from harnpy.builtins.numbers import to_whole
from harnpy.vm.compare import int_to_float, same
from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Closure, HarnSet, PyObject, Range, Value, type_name

_INT_TEXT = re.compile(r"[+-]?[0-9]+")
_FLOAT_TEXT = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity|nan)", re.ASCII | re.IGNORECASE
)


@builtin("type_of(value: any) -> string", pure=True)
def type_of(value: Value) -> str:
    """The name of the value's type, such as `"int"`, `"list"` or `"closure"`."""
    return type_name(value)


@builtin("to_string(value: any) -> string", pure=True)
def to_string(value: Value) -> str:
    """The value as it is printed."""
    return display(value)


@builtin("to_int(value: any) -> int", pure=True)
def to_int(value: Value) -> int | None:
    """The value as an int: floats are truncated toward zero, strings must be a sign and digits; nil for all else."""
    kind = type(value)
    if kind is int:
        return value  # type: ignore[no-any-return]
    if kind is float:
        return to_whole(value, math.trunc)
    if kind is str and value.isascii() and value.isdigit():
        return _parse_digits(value)
    if kind is str and _INT_TEXT.fullmatch(value):
        return _parse_digits(value)
    if kind is PyObject:
        from harnpy.vm.python.objects import as_number

        return as_number(value, int)  # type: ignore[no-any-return]
    return None


@builtin("to_float(value: any) -> float", pure=True)
def to_float(value: Value) -> float | None:
    """The value as a float: ints are converted, strings must be a decimal number, `inf` or `nan`; nil for all else."""
    kind = type(value)
    if kind is float:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return int_to_float(value)
    if kind is str and _FLOAT_TEXT.fullmatch(value):
        return float(value)
    if kind is PyObject:
        from harnpy.vm.python.objects import as_number

        return as_number(value, float)  # type: ignore[no-any-return]
    return None


@builtin("to_list(value: any) -> list", pure=True)
def to_list(value: Value) -> list[Value]:
    """A set's elements as a list; a list itself; any other value as a list with that one element."""
    if type(value) is list:
        return value
    return list(value) if type(value) is HarnSet else [value]


@builtin("len(value: any) -> int", pure=True, checked_as="any")
def length(value: Value) -> int:
    """How many characters, elements or entries a string, list, set, range or dict has; 0 for any other value but Python
    objects with a length."""
    kind = type(value)
    if kind is list or kind is str or kind is dict or kind is HarnSet:
        return len(value)
    if kind is PyObject:
        from harnpy.vm.python import objects

        return objects.length(value)
    return value.__len__() if kind is Range else 0  # len() refuses what exceeds the machine's word


@builtin("is_same(left: any, right: any) -> bool")
def is_same(left: Value, right: Value) -> bool:
    """Whether both are the same stored list, dict, set, closure or pair; for other kinds, whether they are equal."""
    return same(left, right)


@builtin("addr_of(value: any) -> string")
def addr_of(value: Value) -> str:
    """A text that is the same for two values exactly when they are the same stored value, such as `list@0x7f...`."""
    kind = type_name(value)
    if type(value) in (list, dict, HarnSet, Closure):
        return f"{kind}@{id(value):#x}"
    if type(value) is str:
        # Strings are the same by content, so their address is made from it.
        digest = hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        return f"string@0x{digest}"
    if kind == "builtin":
        return f"builtin@{value.name}"
    return f"{kind}@{display(value)}"


@builtin("unreachable(value: any = nil) -> never")
def unreachable(value: Value = MISSING) -> None:
    """Marks a place that must not be reached: always a runtime error, which shows the value if there is one."""
    detail = "" if value is MISSING else f": {display(value)}"
    raise runtime_error(f"unreachable code was reached{detail}")


def _parse_digits(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # longer than Python converts at once
        value = 0
        for start in range(1 if text[0] in "+-" else 0, len(text), 4000):
            chunk = text[start : start + 4000]
            value = value * 10 ** len(chunk) + int(chunk)
        return -value if text[0] == "-" else value
