"""Values from Harn to Python and back.

Scalars are the same objects on both sides. Harn's collections are values and Python's are not, so collections are copied,
as deep as there are collections in them. Everything else is handed over as an object that stands for it and comes back as
itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from harnpy.vm.compare import equal, make_set, sorted_values
from harnpy.vm.display import display
from harnpy.vm.iteration import lift
from harnpy.vm.values import (
    END,
    Builtin,
    Closure,
    Duration,
    EnumVariant,
    Generator,
    HarnSet,
    Iter,
    IterEnd,
    Pair,
    Range,
    StructInstance,
    Value,
    type_name,
)

if TYPE_CHECKING:
    from harnpy.embed.engine import Engine
    from harnpy.vm.fiber import Fiber

_SCALARS = frozenset({type(None), bool, int, float, str})
# The number or text of a subclass.
_EXACT: tuple[tuple[type, Callable[[Any], Value]], ...] = (
    (int, int.__int__),
    (float, float.__float__),
    (str, str.__str__),
)
_MILLISECOND = timedelta(milliseconds=1)


class Handle:
    """A Harn value that Python only hands on, such as a channel or a task. Equal to what stands for an equal value."""

    __slots__ = ("__weakref__", "_engine", "_value")

    def __init__(self, engine: Engine, value: Value) -> None:
        self._engine = engine
        self._value = value

    def __repr__(self) -> str:
        return display(self._value)

    def __eq__(self, other: object) -> bool:
        return bool(equal(self._value, other._value)) if isinstance(other, Handle) else NotImplemented

    def __hash__(self) -> int:
        return hash(display(self._value))


class Struct(Handle, Mapping[str, Any]):
    """A Harn struct: a mapping of its fields that does not change. Fields can be read as attributes, too."""

    __slots__ = ()

    @property
    def struct_name(self) -> str:
        """The name of the struct's type."""
        return str(self._value.type.name)

    def __getitem__(self, name: str) -> Any:
        return to_python(self._engine, self._value.fields[name])

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{self.struct_name} has no field '{name}'") from None

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._value.fields))

    def __len__(self) -> int:
        return len(self._value.fields)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Handle):
            return bool(equal(self._value, other._value))
        return dict(self) == dict(other) if isinstance(other, Mapping) else NotImplemented

    __hash__ = Handle.__hash__


class EnumValue(Handle):
    """A value of a Harn enum. `match value: case EnumValue("Shape", "Circle", (radius,))` takes it apart."""

    __slots__ = ()
    __match_args__ = ("enum", "variant", "fields")

    @property
    def enum(self) -> str:
        """The name of the enum."""
        return str(self._value.enum)

    @property
    def variant(self) -> str:
        """The name of the variant."""
        return str(self._value.variant)

    @property
    def fields(self) -> tuple[Any, ...]:
        """What the variant carries."""
        return tuple(to_python(self._engine, field) for field in self._value.fields)


class Result(EnumValue):
    """`Ok(value)` or `Err(error)`. True for an Ok."""

    __slots__ = ()

    @property
    def is_ok(self) -> bool:
        return bool(self._value.variant == "Ok")

    def __bool__(self) -> bool:
        return self.is_ok

    @property
    def value(self) -> Any:
        """What the Ok carries; None for an Err."""
        return self.fields[0] if self.is_ok else None

    @property
    def error(self) -> Any:
        """What the Err carries; None for an Ok."""
        return None if self.is_ok else self.fields[0]

    def unwrap(self) -> Any:
        """What the Ok carries. Raises HarnError with what the Err carries."""
        if self.is_ok:
            return self.value
        from harnpy.embed.errors import HarnError

        raise HarnError(self.error)


class HarnIterator(Handle, Iterator[Any], AsyncIterator[Any]):
    """A Harn iterator, generator or channel as a Python iterator, for `for` and for `async for`."""

    __slots__ = ("_items",)

    def __init__(self, engine: Engine, value: Value) -> None:
        super().__init__(engine, value)
        self._items: Iter | None = None

    def __next__(self) -> Any:
        found = self._engine.run(self._step, "`async for`")
        if found is END:
            raise StopIteration
        return found

    async def __anext__(self) -> Any:
        found = await self._engine.run_async(self._step)
        if found is END:
            raise StopAsyncIteration
        return found

    def _step(self, fiber: Fiber) -> Any:
        from harnpy.embed.errors import translated

        with translated(self._engine):
            if self._items is None:
                self._items = lift(fiber, self._value)
            found = self._items.next_value(fiber)
            return found if found is END else to_python(self._engine, found)

    __hash__ = Handle.__hash__


def to_python(engine: Engine, value: Value) -> Any:
    """The Python value for a Harn one.

    Lists become lists, dicts dicts (sorted as Harn shows them), sets sets, ranges ranges, durations time deltas, pairs
    tuples; structs, enum values, functions and iterators objects of the classes here. Sets with elements that Python
    cannot hash become lists.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is list:
        return [to_python(engine, item) for item in value]
    if kind is dict:
        return {key: to_python(engine, value[key]) for key in sorted(value)}
    if kind is HarnSet:
        items = [to_python(engine, item) for item in value]
        try:
            return set(items)
        except TypeError:
            return items
    if kind is Range:
        return value.py
    if kind is Duration:
        return timedelta(milliseconds=value.ms)
    if kind is Pair:
        return (to_python(engine, value.first), to_python(engine, value.second))
    if kind is StructInstance:
        return Struct(engine, value)
    if kind is EnumVariant:
        return (Result if value.enum == "Result" else EnumValue)(engine, value)
    if kind is Closure or kind is Builtin:
        from harnpy.embed.functions import Function

        return Function(engine, value)
    if kind is Iter or kind is Generator or type_name(value) == "channel":
        return HarnIterator(engine, value)
    return Handle(engine, value)


def to_harn(engine: Engine, value: Any) -> Value:
    """The Harn value for a Python one.

    Numbers, texts, sequences, mappings with strings as keys, sets, ranges of step 1, time deltas; data classes and named
    tuples as dicts, enums as their values; functions, iterators and asynchronous iterators; what `to_python` has made, of
    the same runtime. Raises TypeError for anything else, ValueError for what contains itself.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    try:
        return _to_harn(engine, value)
    except RecursionError:
        raise ValueError("the value is nested too deeply, or contains itself") from None


def _to_harn(engine: Engine, value: Any) -> Value:
    kind = type(value)
    if kind in _SCALARS:
        return value
    if isinstance(value, Handle):
        if value._engine is not engine:
            raise TypeError(f"{value!r} belongs to another runtime")
        return value._value
    if isinstance(value, Enum):
        return _to_harn(engine, value.value)
    if isinstance(value, bool | int | float | str):
        return next(exact(value) for plain, exact in _EXACT if isinstance(value, plain))
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _to_harn(engine, item) for name, item in zip(value._fields, value)}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _to_harn(engine, getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_key(key): _to_harn(engine, item) for key, item in value.items()}
    if kind is range and value.step == 1:
        return Range(value.start, max(value.start, value.stop), False)
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"Harn has no value for {kind.__name__}: decode it first")
    if isinstance(value, Sequence):
        return [_to_harn(engine, item) for item in value]
    if isinstance(value, Set):
        return make_set(sorted_values([_to_harn(engine, item) for item in value]))
    if isinstance(value, timedelta):
        return Duration(round(value / _MILLISECOND))
    if isinstance(value, Iterator | AsyncIterator):
        return _stream(engine, value)
    if isinstance(value, Callable):  # type: ignore[arg-type]
        from harnpy.embed.functions import make_builtin

        return make_builtin(engine, value)
    raise TypeError(f"Harn has no value for {kind.__name__}: {value!r}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"keys of Harn dicts are strings, not {type(key).__name__}: {key!r}")
    return str(key)


def _stream(engine: Engine, items: Iterator[Any] | AsyncIterator[Any]) -> Iter:
    """A lazy Harn iterator over a Python one, whose items an asynchronous one makes while other fibers run."""
    from harnpy.embed.functions import call_out

    async def following() -> Any:
        assert isinstance(items, AsyncIterator)
        return await anext(items, END)

    def step(fiber: Fiber) -> Value:
        if isinstance(items, Iterator):
            return call_out(engine, fiber, lambda: next(items, END))
        return call_out(engine, fiber, following)

    def walk(end: IterEnd, fiber: Fiber) -> Iterator[Value]:
        while True:
            item = step(fiber)
            if item is END:
                end.reached = True
                return
            yield item

    return Iter(walk)
