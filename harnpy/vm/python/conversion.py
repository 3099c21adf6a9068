"""Values from Python to Harn and back.

Scalars are the same objects on both sides. Harn's collections are values and Python's are not, so collections are
copied, as deep as there are collections in them; what has an identity (objects, functions, structs, handles) is handed
over, wrapped, and comes back as itself.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from enum import Enum

from harnpy import TYPE_CHECKING
from harnpy.vm.compare import make_set, sorted_values
from harnpy.vm.errors import thrown
from harnpy.vm.python.handles import HarnHandle
from harnpy.vm.values import Duration, HarnSet, Pair, PyObject, Range, Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.vm.runtime import Runtime

# What both sides have in common.
SCALARS = frozenset({type(None), bool, int, float, str})
# How to get at the number or text of a subclass without asking it.
_EXACT: tuple[tuple[type, Callable[[Any], Value]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
)
_MILLISECOND = timedelta(milliseconds=1)


def to_harn(runtime: Runtime, value: Any) -> Value:
    """The Harn value for a Python one.

    Lists and tuples become lists, dicts whose keys are all strings dicts, sets sets, ranges of step 1 ranges, time
    deltas durations (to the millisecond), subclasses of int, float and str that are no enums numbers and strings, as do
    the numbers of NumPy. Anything else, subclasses of the collections and what contains itself included, is wrapped.
    """
    try:
        return _harn(runtime, value)
    except RecursionError:
        return PyObject(runtime, value)


def _harn(runtime: Runtime, value: Any) -> Value:
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is list or kind is tuple:
        if SCALARS.issuperset(map(type, value)):
            return list(value)
        return [_harn(runtime, item) for item in value]
    if kind is dict:
        if all(type(key) is str for key in value):
            return {key: _harn(runtime, item) for key, item in value.items()}
        return PyObject(runtime, value)
    if kind is set or kind is frozenset:
        # Python's order is that of hashes, which differs from run to run.
        return make_set(sorted_values([_harn(runtime, item) for item in value]))
    if kind is range and value.step == 1:
        return Range(value.start, max(value.start, value.stop), False)
    if kind is timedelta:
        return Duration(_milliseconds(value))
    return _unusual(runtime, value)


def _unusual(runtime: Runtime, value: Any) -> Value:
    """As to_harn, for what is of no exact type that Harn knows."""
    kind = type(value)  # and not `isinstance`, which asks the object
    if issubclass(kind, HarnHandle):
        return value.harn_value
    if not issubclass(kind, Enum):
        for plain, exact in _EXACT:
            if issubclass(kind, plain):
                return exact(value)
        numpy = sys.modules.get("numpy")
        if numpy is not None and issubclass(kind, numpy.generic) and value.dtype.kind in "biuf":
            plain_value = value.item()
            return plain_value if type(plain_value) in SCALARS else float(value)
    return PyObject(runtime, value)


def taken_apart(runtime: Runtime, value: Value) -> Value:
    """As unfolded for every Python object in a Harn value, however deep in its lists and dicts."""
    kind = type(value)
    if kind is PyObject:
        return unfolded(runtime, value.object)
    if kind is list:
        return [taken_apart(runtime, item) for item in value]
    if kind is dict:
        return {key: taken_apart(runtime, item) for key, item in value.items()}
    return value


def _rows(table: Any) -> Any:
    """The rows of a data frame as dicts, by the method that pandas, Polars or Arrow has for that."""
    for name, arguments in (("to_dicts", ()), ("to_pylist", ()), ("to_dict", ("records",))):
        if hasattr(table, name):
            return getattr(table, name)(*arguments)
    return table


def _milliseconds(value: timedelta) -> int:
    whole, rest = divmod(value, _MILLISECOND)
    return whole + (2 * rest >= _MILLISECOND)


def to_python(runtime: Runtime, value: Value) -> Any:
    """The Python value for a Harn one.

    Lists become lists, dicts dicts, sets sets, ranges ranges, durations time deltas, pairs tuples. Functions, iterators,
    structs, enum values and handles are wrapped (functions.py). Raises a thrown error for a set with elements that
    Python cannot hash.
    """
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is PyObject:
        return value.object
    if kind is list:
        if SCALARS.issuperset(map(type, value)):
            return list(value)
        return [to_python(runtime, item) for item in value]
    if kind is dict:
        return {key: to_python(runtime, item) for key, item in value.items()}
    if kind is HarnSet:
        try:
            return {_hashable(to_python(runtime, item)) for item in value}
        except TypeError as error:
            raise thrown(f"TypeError: {error}") from None
    if kind is Range:
        return value.py
    if kind is Duration:
        return timedelta(milliseconds=value.ms)
    if kind is Pair:
        return (to_python(runtime, value.first), to_python(runtime, value.second))
    from harnpy.vm.python.functions import standing_for

    return standing_for(runtime, value)


def defines(kind: type, name: str) -> bool:
    """Whether objects of a class have a special method, found without asking the class."""
    for each in kind.__mro__:
        if name in each.__dict__:
            return each.__dict__[name] is not None
    return False


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if type(value) is list else value


def unfolded(runtime: Runtime, value: Any, around: tuple[int, ...] = ()) -> Value:
    """As to_harn, but wrapped collections are taken apart, too: mappings become dicts, other iterables lists.

    Keys become their text. Data classes and named tuples become dicts of their fields, arrays nested lists, data frames
    lists of their rows as dicts. What contains itself is left wrapped. Anything else comes as to_harn gives it.
    """
    from collections.abc import Iterable, Mapping, Set
    from dataclasses import fields, is_dataclass

    if id(value) in around:
        return PyObject(runtime, value)
    if type(value) in SCALARS or isinstance(value, bytes | bytearray | Enum):
        return to_harn(runtime, value)
    around = (*around, id(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: unfolded(runtime, getattr(value, each.name), around) for each in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: unfolded(runtime, item, around) for name, item in zip(value._fields, value)}
    if isinstance(value, Mapping):
        return {str(key): unfolded(runtime, item, around) for key, item in value.items()}
    if isinstance(value, str | range | timedelta) or issubclass(type(value), HarnHandle):
        return to_harn(runtime, value)
    if defines(type(value), "__dataframe__"):
        value = _rows(value)
    elif hasattr(value, "tolist"):  # arrays, and what is made of them
        return unfolded(runtime, value.tolist(), around)
    if isinstance(value, Set):
        return make_set(sorted_values([unfolded(runtime, item, around) for item in value]))
    if isinstance(value, Iterable) and not isinstance(value, type):
        return [unfolded(runtime, item, around) for item in value]
    return to_harn(runtime, value)
