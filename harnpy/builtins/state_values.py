"""Values as state files keep them: what JSON has a form for, everything else as nil (chapter 07 section 1, JSON-S)."""

from __future__ import annotations

import math

from harnpy import TYPE_CHECKING
from harnpy.builtins.json_reader import JsonError, parse_json
from harnpy.builtins.json_syntax import NESTING_LIMIT
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.durable_files import Content


class Unstorable(ValueError):
    """A value that could not be read back."""


def storable(value: Value, levels: int = 1) -> Value:
    """value with nil for sets, structs, durations, closures, floats that are not finite, and all else JSON cannot hold.

    levels tells how many objects the file has around it. Raises Unstorable if that nests too deeply to be read again.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool:
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is not list and kind is not dict:
        return None
    if levels + 1 >= NESTING_LIMIT:
        raise Unstorable("the value is nested too deeply")
    if kind is list:
        return [storable(item, levels + 1) for item in value]
    return {key: storable(item, levels + 1) for key, item in value.items()}


def object_in(content: Content) -> dict[str, Value]:
    """The JSON object that a state file holds. Raises ValueError, which says why, if it holds none or cannot be read."""
    if content.data is None:
        raise ValueError(content.problem)
    try:
        found = parse_json(content.data.decode("utf-8-sig"))  # some editors put a byte order mark in front
    except JsonError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    if type(found) is not dict:
        raise ValueError("it is no JSON object")
    return found
