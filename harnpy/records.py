"""Frozen records, named tuples and enumerations whose declaration costs next to nothing.

A class made by `dataclasses` or `enum` takes a good part of a millisecond, and importing these libraries takes about as
long as starting Python; so what a starting `harn` loads is declared with the classes in here. To type checkers they
are what they stand for. This file lies below every layer and knows nothing of Harn.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import Enum as Enum
    from enum import IntEnum as IntEnum
    from typing import Any, NoReturn, TypeVar, dataclass_transform
    from typing import NamedTuple as NamedTuple

    R = TypeVar("R", bound="Record")
else:

    def dataclass_transform(**_promises):
        """Only type checkers look at it."""
        return lambda made: made


class _RecordType(type):
    """Makes slots of the annotations in a class body."""

    _fields: tuple[str, ...]
    _defaults: dict[str, Any]
    _setters: tuple[Callable[[Any, Any], None], ...]

    def __new__(meta, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _RecordType:
        own = tuple(namespace.get("__annotations__", ()))
        defaults = {field: namespace.pop(field) for field in own if field in namespace}
        namespace["__slots__"] = own
        made = super().__new__(meta, name, bases, namespace)
        for base in bases:
            if isinstance(base, _RecordType):
                own = (*base._fields, *own)
                defaults = {**base._defaults, **defaults}
        made._fields = own
        setattr(made, "__match_args__", own)  # noqa: B010, mypy knows no such attribute of classes to be
        made._defaults = defaults
        made._setters = tuple([getattr(made, field).__set__ for field in own])
        return made


@dataclass_transform(frozen_default=True)
class Record(metaclass=_RecordType):
    """Base of immutable classes: what a class annotates are its fields, and those with a value may be left out.

    Records are made from positional and named values; they equal records of the same class with equal fields.
    """

    if not TYPE_CHECKING:

        def __init__(self, *values, **named):
            setters = self._setters
            if named or len(values) != len(setters):
                values = _arranged(type(self), values, named)
            for setter, value in zip(setters, values):
                setter(self, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"cannot assign to '{name}': a {type(self).__name__} does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"cannot delete '{name}': a {type(self).__name__} does not change")

    def __eq__(self, other: object) -> bool:
        return _values(self) == _values(other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_values(self))

    def __repr__(self) -> str:
        shown = [f"{name}={value!r}" for name, value in zip(type(self)._fields, _values(self))]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), _values(self)


def replace(record: R, **changes: Any) -> R:
    """A copy of record with some fields changed. Raises TypeError for a name that is no field."""
    return type(record)(**{**dict(zip(type(record)._fields, _values(record))), **changes})


def field_names(kind: type[Record]) -> tuple[str, ...]:
    """The fields of a class of records, inherited ones first."""
    return kind._fields


def _values(record: Any) -> tuple[Any, ...]:
    return tuple([getattr(record, name) for name in type(record)._fields])


def _arranged(kind: type[Record], values: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """One value for each field. Raises TypeError where a function with these parameters would."""
    names = kind._fields
    if len(values) > len(names):
        raise TypeError(f"{kind.__name__} takes {len(names)} values, {len(values)} were given")
    given = {**kind._defaults, **dict(zip(names, values))}
    for name, value in named.items():
        if name not in names:
            raise TypeError(f"{kind.__name__} has no field '{name}'")
        if name in names[: len(values)]:
            raise TypeError(f"{kind.__name__} got two values for '{name}'")
        given[name] = value
    missing = [name for name in names if name not in given]
    if missing:
        raise TypeError(f"{kind.__name__} lacks {', '.join(missing)}")
    return [given[name] for name in names]


if not TYPE_CHECKING:

    class _NamedTupleType(type):
        """Makes a named tuple of the annotations in a class body, and gives it the functions of that body."""

        def __new__(meta, name, bases, namespace):
            if not bases:
                return super().__new__(meta, name, bases, namespace)
            from collections import namedtuple

            fields = tuple(namespace.pop("__annotations__"))
            defaults = [namespace.pop(field) for field in fields if field in namespace]
            made = namedtuple(name, fields, defaults=defaults, module=namespace["__module__"])
            for key, value in namespace.items():
                if key not in ("__module__", "__qualname__"):
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_NamedTupleType):
        """As in `typing`: what a class annotates are its fields, and those with a value may be left out."""

    class _EnumType(type):
        """Makes members of the upper-case names in a class body."""

        def __new__(meta, name, bases, namespace):
            values = {key: value for key, value in namespace.items() if key[:1].isupper()}
            namespace = {key: value for key, value in namespace.items() if key not in values}
            made = super().__new__(meta, name, bases, namespace)
            made._members = {}
            for key, value in values.items():
                if value in made._members:
                    raise ValueError(f"{name}.{key} has the value of {name}.{made._members[value].name}")
                member = int.__new__(made, value) if issubclass(made, int) else object.__new__(made)
                member.name = key
                member.value = value
                made._members[value] = member
                setattr(made, key, member)
            return made

        def __call__(cls, value):
            try:
                return cls._members[value]
            except (KeyError, TypeError):
                raise ValueError(f"{value!r} is not a valid {cls.__name__}") from None

        def __getitem__(cls, name):
            for member in cls._members.values():
                if member.name == name:
                    return member
            raise KeyError(name)

        def __iter__(cls):
            return iter(cls._members.values())

        def __len__(cls):
            return len(cls._members)

        def __contains__(cls, value):
            return type(value) is cls

    class Enum(metaclass=_EnumType):
        """As in `enum`, for enumerations whose members have upper-case names and different values."""

        def __repr__(self):
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __reduce__(self):
            return type(self), (self.value,)

    class IntEnum(int, metaclass=_EnumType):
        """As in `enum`: members are numbers."""

        def __repr__(self):
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __reduce__(self):
            return type(self), (self.value,)
