"""Equality, ordering, identity and structural keys (chapter 02 sections 1.4 to 1.6; 06 section 14.3).

Python's own `==` is never used on containers: `True == 1` and NaN identity must not leak into Harn.
"""

from __future__ import annotations

from functools import cmp_to_key

from harnpy import TYPE_CHECKING
from harnpy.vm.display import display
from harnpy.vm.values import (
    Atomic,
    Builtin,
    Closure,
    Duration,
    EnumVariant,
    HarnSet,
    Pair,
    PyObject,
    Range,
    StructInstance,
    Value,
    type_name,
)

if TYPE_CHECKING:
    from typing import Any
# The kinds of values that are their own structural keys, and that Python and Harn agree on.
PLAIN_KINDS = frozenset({str, int})


def int_to_float(value: int) -> float:
    """value as a float; beyond the float range an infinity, never an exception."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def equal(a: Value, b: Value) -> bool:
    """Harn's `==`. Never an error."""
    ka, kb = type(a), type(b)
    if ka is not kb:
        if ka is int and kb is float:
            return bool(int_to_float(a) == b)
        if ka is float and kb is int:
            return bool(a == int_to_float(b))
        return (ka is PyObject or kb is PyObject) and _in_python(a, b)
    if ka is int or ka is str or ka is float or ka is bool:
        return a == b  # type: ignore[no-any-return]
    if a is None:
        return True
    if ka is list:
        if len(a) != len(b):
            return False
        if a and type(a[0]) in PLAIN_KINDS and _are_plain(a) and _are_plain(b):
            return a == b  # type: ignore[no-any-return]
        return all(map(equal, a, b))
    if ka is dict:
        return a.keys() == b.keys() and all(map(equal, a.values(), map(b.__getitem__, a)))
    if ka is EnumVariant:
        return (
            a.variant == b.variant
            and a.enum == b.enum
            and len(a.fields) == len(b.fields)
            and all(map(equal, a.fields, b.fields))
        )
    if ka is StructInstance:
        return a.type.name == b.type.name and equal(a.fields, b.fields)
    if ka is Range:
        return bool(a.start == b.start and a.end == b.end and a.inclusive == b.inclusive)
    if ka is Pair:
        return equal(a.first, b.first) and equal(a.second, b.second)
    if ka is HarnSet:
        from harnpy.vm.set_membership import is_within  # which itself compares elements

        return len(a) == len(b) and is_within(a, b)
    if ka is Duration:
        return bool(a.ms == b.ms)
    if ka is Atomic:
        return bool(a.value == b.value)
    if ka is Builtin:
        return bool(a.name == b.name)
    if ka is PyObject:
        return _in_python(a, b)
    return a is b


def _in_python(a: Value, b: Value) -> bool:
    """`==` for a Python object; what that says may be something else, such as an array of answers."""
    from harnpy.vm.python.objects import equality

    return equality("==", a, b)  # type: ignore[no-any-return]


def _are_plain(values: list[Value]) -> bool:
    """Whether all values are strings and ints, on which Python's `==` is Harn's."""
    return PLAIN_KINDS.issuperset(map(type, values))


def compare(a: Value, b: Value) -> int:
    """-1, 0 or 1. Numbers, strings, durations and pairs are ordered; everything else compares as equal."""
    ka, kb = type(a), type(b)
    if (ka is int or ka is float) and (kb is int or kb is float):
        if ka is not kb:
            a, b = (int_to_float(a), b) if ka is int else (a, int_to_float(b))
        return -1 if a < b else 1 if a > b else 0
    if ka is str and kb is str:
        return -1 if a < b else 1 if a > b else 0
    if ka is Pair and kb is Pair:
        return compare(a.first, b.first) or compare(a.second, b.second)
    if ka is Duration and kb is Duration:
        return -1 if a.ms < b.ms else 1 if a.ms > b.ms else 0
    if ka is PyObject or kb is PyObject:
        from harnpy.vm.python.objects import Order

        return Order(a, b)  # type: ignore[return-value]  # to be compared with 0, as all results of compare
    return 0


_SORT_KEY = cmp_to_key(compare)


def sorted_values(values: list[Value]) -> list[Value]:
    """A stable ascending sort by compare."""
    return sorted(values, key=_SORT_KEY)


def sorted_by_keys(pairs: list[tuple[Value, Value]]) -> list[Value]:
    """The second halves of (key, item) pairs, stably sorted by key."""
    return [item for _, item in sorted(pairs, key=lambda pair: _SORT_KEY(pair[0]))]


def same(a: Value, b: Value) -> bool:
    """Identity as `is_same` sees it: by object for containers, closures and pairs, by content for the rest."""
    ka = type(a)
    if ka is not type(b):
        return equal(a, b) if ka in (int, float) and type(b) in (int, float) else False
    if ka in (list, dict, HarnSet, Closure, Pair):
        return a is b
    if ka is PyObject:
        return a.object is b.object
    return equal(a, b)


def structural_key(value: Value) -> object:
    """A hashable key, type-exact: 1, 1.0, "1" and true differ, 0.0 differs from -0.0, NaN equals itself.

    Strings and ints are their own keys. The keys of all other values are neither.
    """
    kind = type(value)
    if kind is str or kind is int:
        return value
    if kind is float and value and value == value:  # Python takes 0.0 for -0.0, and no NaN for another one
        return ("f", value)
    if kind is PyObject:
        from harnpy.vm.python.objects import key

        return key(value)
    return structural_encoding(value).encode("utf-8", "surrogatepass")


def structural_encoding(value: Value) -> str:
    """The exact text of 06 section 14.3 that `hash_value` digests."""
    kind = type(value)
    if value is None:
        return "N"
    if kind is bool:
        return "T" if value else "F"
    if kind is int:
        return f"i{display(value)};"
    if kind is float:
        import struct

        (bits,) = struct.unpack("<Q", struct.pack("<d", value))
        return f"f{bits};"
    if kind is Duration:
        return f"d{value.ms};"
    if kind is str:
        return f"s{utf8_length(value)}:{value}"
    if kind is list:
        return "L" + "".join([structural_encoding(item) + "," for item in value]) + "]"
    if kind is dict:
        parts = [f"{utf8_length(key)}:{key}={structural_encoding(value[key])}," for key in sorted(value)]
        return "D" + "".join(parts) + "}"
    if kind is HarnSet:
        return "S" + "".join([key + "," for key in sorted(structural_encoding(item) for item in value)]) + "}"
    name, text = type_name(value), display(value)
    return f"o{utf8_length(name)}:{name}{utf8_length(text)}:{text}"


def utf8_length(text: str) -> int:
    """The length of text in bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def make_set(values: Any) -> HarnSet:
    """A set of the values of an iterable, duplicates by structural key dropped, first one kept."""
    if type(values) is not list:
        values = list(values)
    if _are_plain(values):
        return HarnSet(dict(zip(values, values)), True)
    items: dict[object, Value] = {}
    for value in values:
        items.setdefault(structural_key(value), value)
    return HarnSet(items)
