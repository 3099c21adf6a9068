"""Builtin functions that read and write JSON. `json_validate` is with the schema functions."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.json_extraction import candidates
from harnpy.builtins.json_reader import JsonError, parse_json
from harnpy.builtins.json_writer import to_json
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_CACHED_CHARACTERS = 4_000_000


class ParsedTexts:
    """Values of texts that were parsed, by exact text; emptied when the texts grow beyond 4 million characters."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._characters = 0

    def get(self, text: str) -> Value:
        """The value of a JSON text, the same object for the same text. Raises JsonError."""
        if text in self._values:
            return self._values[text]
        value = parse_json(text)
        if len(text) <= _CACHED_CHARACTERS:
            self._characters += len(text)
            if self._characters > _CACHED_CHARACTERS:
                self._values.clear()
                self._characters = len(text)
            self._values[text] = value
        return value


@builtin("json_stringify(value: any) -> string", pure=True)
def json_stringify(value: Value = None) -> str:
    """The value as compact JSON with sorted keys. What JSON has no form for, such as a closure, becomes null."""
    return to_json(value)


@builtin("json_parse(text: string)", pure=True, unvalidated=True)
def json_parse(fiber: Fiber, text: Value = "") -> Value:
    """The value of a JSON text. Throws `JSON parse error: <detail> at line L column C`."""
    try:
        return fiber.runtime.state(ParsedTexts).get(display(text))
    except JsonError as error:
        raise thrown(f"JSON parse error: {error}") from None


@builtin("json_extract(text: string, key: string)", pure=True, unvalidated=True)
def json_extract(text: Value = MISSING, key: Value = MISSING) -> Value:
    """The JSON value inside a longer text, such as a model's answer, or the entry of it called key.

    Takes what a code fence holds, else the first balanced object or array, else the whole text. Throws a string
    beginning with `json_extract: ` when that is not JSON or has no such entry.
    """
    if text is MISSING:
        raise thrown("json_extract requires at least 1 argument: text")
    value = _extract(display(text), objects_first=key is not MISSING)
    if key is MISSING:
        return value
    if type(value) is not dict:
        raise thrown("json_extract: parsed value is not a dict, cannot extract key")
    name = display(key)
    if name not in value:
        raise thrown(f"json_extract: key '{name}' not found")
    return value[name]


def _extract(text: str, objects_first: bool) -> Value:
    """The first candidate that is JSON; when none is, the error of the last, which is the one most likely meant."""
    problem: JsonError | None = None
    for candidate in candidates(text, objects_first):
        try:
            return parse_json(candidate)
        except JsonError as error:
            problem = error
    raise thrown(f"json_extract: failed to parse JSON: {problem}")
