"""Values from Harn to Python and back: what users meet for those that Python has no type for.

harnpy.vm.python takes values across. Here is what hosts want beyond that: objects that can be used from outside of the
program, and data that arrives as data.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from harnpy.vm.python import conversion
from harnpy.vm.python.conversion import SCALARS, to_python
from harnpy.vm.python.functions import HarnIterator as VmIterator
from harnpy.vm.python.functions import HarnStruct
from harnpy.vm.python.handles import HarnHandle
from harnpy.vm.values import END, Builtin, Closure, EnumVariant, Generator, Iter, StructInstance, Value, type_name

if TYPE_CHECKING:
    from harnpy.embed.engine import Engine
    from harnpy.vm.fiber import Fiber


class Struct(HarnStruct):
    """A Harn struct: a mapping of its fields that does not change. Fields can be read as attributes, too.

    It equals a struct of the same kind with equal fields, and a mapping of equal fields.
    """

    __slots__ = ()

    @property
    def struct_name(self) -> str:
        """The name of the struct's type."""
        return str(self._value.type.name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HarnHandle) and isinstance(other, Mapping):
            return dict(self) == dict(other)
        return HarnHandle.__eq__(self, other)

    __hash__ = HarnHandle.__hash__


class EnumValue(HarnHandle):
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
        return tuple(to_python(self._home, field) for field in self._value.fields)


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


class HarnIterator(VmIterator, AsyncIterator[Any]):
    """A Harn iterator, generator or channel as a Python iterator, for `for` and for `async for`."""

    __slots__ = ("_engine",)

    def __init__(self, engine: Engine, value: Value) -> None:
        super().__init__(engine.runtime, value)
        self._engine = engine

    def __next__(self) -> Any:
        found = self._engine.run(self._found, "`async for`")
        if found is END:
            raise StopIteration
        return found

    async def __anext__(self) -> Any:
        found = await self._engine.run_async(self._found)
        if found is END:
            raise StopAsyncIteration
        return found

    def _found(self, fiber: Fiber) -> Any:
        from harnpy.embed.errors import translated

        with translated(self._engine):
            found = self._step(fiber)
            return found if found is END else to_python(self._home, found)


def standing_for(engine: Engine, value: Value) -> Any:
    """What a Harn value that is neither a scalar nor a collection is to the host."""
    kind = type(value)
    if kind is StructInstance:
        return Struct(engine.runtime, value)
    if kind is EnumVariant:
        return (Result if value.enum == "Result" else EnumValue)(engine.runtime, value)
    if kind is Closure or kind is Builtin:
        from harnpy.embed.functions import Function

        return Function(engine, value)
    if kind is Iter or kind is Generator or type_name(value) == "channel":
        return HarnIterator(engine, value)
    return HarnHandle(engine.runtime, value)


def to_harn(engine: Engine, value: Any) -> Value:
    """The Harn value for one of the host.

    Data arrives as data: data classes, named tuples and all mappings as dicts, enums as their values. Functions become
    builtins. Anything else is as between any program and Python: other objects are handed over as they are. Raises
    TypeError for keys that are no strings and for what belongs to another runtime, ValueError for what contains itself.
    """
    if type(value) in SCALARS:
        return value
    try:
        return _to_harn(engine, value)
    except RecursionError:
        raise ValueError("the value is nested too deeply, or contains itself") from None


def _to_harn(engine: Engine, value: Any) -> Value:
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is list or (kind is tuple and not hasattr(value, "_fields")):
        return [_to_harn(engine, item) for item in value]
    if isinstance(value, HarnHandle):
        if value._home is not engine.runtime:
            raise TypeError(f"{value!r} belongs to another runtime")
        return value.harn_value
    if isinstance(value, Enum):
        return _to_harn(engine, value.value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _to_harn(engine, item) for name, item in zip(value._fields, value)}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _to_harn(engine, getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {_key(key): _to_harn(engine, item) for key, item in value.items()}
    if isinstance(value, Callable) and not isinstance(value, type):  # type: ignore[arg-type]
        from harnpy.embed.functions import make_builtin

        return make_builtin(engine, value)
    return conversion.to_harn(engine.runtime, value)


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"keys of Harn dicts are strings, not {type(key).__name__}: {key!r}")
    return str.__str__(key)
