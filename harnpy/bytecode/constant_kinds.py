"""What a constant has to be for each kind of operand that names one (see opcodes.CONSTANT_KINDS)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _is_scalar(value: Any) -> bool:
    if type(value) is tuple:
        return len(value) == 2 and value[0] == "ms" and type(value[1]) is int
    return type(value) in (str, int, float)


def _is_data(value: Any) -> bool:
    if type(value) is list:
        return all(map(_is_data, value))
    if type(value) is dict:
        return all(type(key) is str and _is_data(item) for key, item in value.items())
    return value is None or type(value) in (str, int, float, bool)


def _is_name(value: Any) -> bool:
    return type(value) is str


def _is_names(value: Any) -> bool:
    return type(value) is list and all(map(_is_name, value))


def _is_path(value: Any) -> bool:
    return type(value) is list and all(step is None or type(step) is str for step in value)


def _is_schema(value: Any) -> bool:
    return type(value) is dict and _is_data(value)


def _is_mode(value: Any) -> bool:
    return value in ("count", "each", "settle")


def _is_entries(value: Any) -> bool:
    return type(value) is dict and bool(value) and all(type(child) is int and child >= 0 for child in value.values())


IS_KIND: dict[str, Callable[[Any], bool]] = {
    "const": _is_scalar,
    "data": _is_data,
    "name": _is_name,
    "names": _is_names,
    "path": _is_path,
    "schema": _is_schema,
    "mode": _is_mode,
    "entries": _is_entries,
}
