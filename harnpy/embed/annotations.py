"""What the annotations of a Python function mean to Harn: the type that its arguments are checked against, and how a
checked argument becomes what the function expects.
"""

from __future__ import annotations

import types
from collections import abc
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Load = Callable[[Any], Any]

_PLAIN: dict[Any, str] = {
    int: "int",
    str: "string",
    bool: "bool",
    None: "nil",
    type(None): "nil",
    list: "list",
    dict: "dict",
    set: "set",
    timedelta: "duration",
}
_LISTS = (list, abc.Sequence, abc.Collection)
_DICTS = (dict, abc.Mapping, abc.MutableMapping)
_SETS = (set, frozenset, abc.Set)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A Python type: its text in Harn, and what turns a value of that type into one of Python's; None: nothing does."""

    type: str
    load: Load | None = None


_ANY = Parameter("any")


def parameter(annotation: Any) -> Parameter:
    """What an annotation means. Types that Harn has no word for are `any`: such a value is handed over as it is."""
    if annotation is float:
        return Parameter("int | float", float)
    if annotation in (list, dict, set, int, str, bool, None, type(None), timedelta):
        return Parameter(_PLAIN[annotation])
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated or origin is Required or origin is NotRequired:
        return parameter(args[0])
    if origin is Literal:
        return _literals(args)
    if origin is Union or origin is types.UnionType:
        return _union([parameter(each) for each in args])
    if origin in _LISTS or origin in _SETS or annotation is frozenset:
        return _elements(origin or annotation, args)
    if origin is tuple or annotation is tuple:
        if len(args) == 2 and args[1] is ...:
            inside = parameter(args[0])
            return Parameter(f"list<{inside.type}>", lambda value: tuple(map(inside.load or _same, value)))
        items = [parameter(each).load for each in args]
        return Parameter("list", lambda value: _tuple(value, items) if args else tuple(value))
    if origin in _DICTS:
        value = parameter(args[1])
        load = value.load
        return Parameter(
            f"dict<string, {value.type}>",
            (lambda found: {key: load(item) for key, item in found.items()}) if load is not None else None,
        )
    if origin is abc.Callable or annotation is abc.Callable:
        return Parameter("closure")
    return _class(annotation) if isinstance(annotation, type) else _ANY


def _same(value: Any) -> Any:
    return value


def _tuple(value: Any, loads: list[Load | None]) -> tuple[Any, ...]:
    if len(value) != len(loads):
        raise TypeError(f"expected {len(loads)} items, got {len(value)}")
    return tuple(item if load is None else load(item) for item, load in zip(value, loads))


def _literals(values: tuple[Any, ...]) -> Parameter:
    if not all(type(each) is str or type(each) is int for each in values):
        return _ANY
    return Parameter(" | ".join(_literal(each) for each in values))


def _literal(value: str | int) -> str:
    if type(value) is int:
        return str(value)
    quoted = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("$", "\\$")
    return f'"{quoted}"'


def _union(members: list[Parameter]) -> Parameter:
    types = list(dict.fromkeys(each.type for each in members))
    if "any" in types:
        return _ANY
    # Which of several the value is, nobody can tell from outside; of one and nil, everybody.
    loads = [each.load for each in members if each.type != "nil"]
    only = loads[0] if len(loads) == 1 else None
    load = (lambda value: None if value is None else only(value)) if only is not None else None
    return Parameter(" | ".join(types), load)


def _elements(kind: Any, args: tuple[Any, ...]) -> Parameter:
    inside = parameter(args[0]) if args else _ANY
    load = inside.load
    if kind in _SETS:
        return Parameter("set", frozenset if kind is frozenset else None)
    return Parameter(
        f"list<{inside.type}>", (lambda value: [load(item) for item in value]) if load is not None else None
    )


def _class(kind: type) -> Parameter:
    if issubclass(kind, Enum):
        return Parameter(_literals(tuple(each.value for each in kind)).type, kind)
    if is_typeddict(kind):
        hints = get_type_hints(kind)
        required = kind.__required_keys__  # type: ignore[attr-defined]
        return _shape({name: parameter(each) for name, each in hints.items()}, required, None)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        made = [each for each in fields(kind) if each.init]
        required = {each.name for each in made if each.default is MISSING and each.default_factory is MISSING}
        return _shape({each.name: parameter(hints[each.name]) for each in made}, required, kind)
    return _ANY


def _shape(members: dict[str, Parameter], required: Any, kind: type | None) -> Parameter:
    inside = ", ".join(f"{name}{'' if name in required else '?'}: {each.type}" for name, each in members.items())

    def load(value: Any) -> Any:
        if kind is not None and isinstance(value, kind):
            return value
        loaded = {
            name: members[name].load(item) if name in members and members[name].load is not None else item  # type: ignore[misc]
            for name, item in value.items()
            if kind is None or name in members
        }
        return loaded if kind is None else kind(**loaded)

    return Parameter(f"{{{inside}}}", load)
