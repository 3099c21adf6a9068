"""Records: dicts of known fields that a program writes down in part and gets back whole (chapter 13 section 13.0).

A table says what fields a record has. Converting drops unknown keys, gives missing ones their default and refuses values
of another kind; every field is there in the result, in the order of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from harnpy.llm.json_values import compact_json, to_json
from harnpy.llm.utf8 import first_bytes
from harnpy.vm.compare import utf8_length
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.values import Value, type_name

_SHOWN_BYTES = 600


class Mismatch(Exception):
    """A value that is not what its table says. path is dotted, with indexes in brackets; "" is the whole value."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


# Gives the converted value; raises Mismatch. The second argument is the path.
Convert: TypeAlias = Callable[[Value, str], Value]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. Without a default it is nil where it is missing, and may be nil; default() makes a new one each time."""

    convert: Convert
    default: Callable[[], Value] | None = None


Table: TypeAlias = Mapping[str, Field]


def converted(table: Table, value: Value, label: str) -> dict[str, Value]:
    """The whole record. Raises the runtime error `LABEL parse error at PATH: REASON | payload=PAYLOAD`."""
    try:
        return read_record(table, value, "")
    except Mismatch as error:
        raise mismatch_error(error, value, label) from None


def converted_briefly(table: Table, value: Value, prefix: str) -> dict[str, Value]:
    """The whole record. Raises the runtime error `PREFIX: REASON`."""
    try:
        return read_record(table, value, "")
    except Mismatch as error:
        place = f"{error.path}: " if error.path else ""
        raise runtime_error(f"{prefix}: {place}{error.reason}") from None


def mismatch_error(error: Mismatch, value: Value, label: str) -> HarnError:
    """The runtime error of a value that is not what LABEL says it is."""
    payload = compact_json(to_json(value))
    if utf8_length(payload) > _SHOWN_BYTES:
        payload = f"{first_bytes(payload, _SHOWN_BYTES)}..."
    return runtime_error(f"{label} parse error at {error.path or '.'}: {error.reason} | payload={payload}")


def read_record(table: Table, value: Value, path: str) -> dict[str, Value]:
    """The record at a path of a greater value. Raises Mismatch."""
    given = _dict(value, path)
    record: dict[str, Value] = {}
    for name, field in table.items():
        at = f"{path}.{name}" if path else name
        if name not in given:
            record[name] = None if field.default is None else field.default()
        elif given[name] is None and field.default is None:
            record[name] = None
        else:
            record[name] = field.convert(given[name], at)
    return record


# --- kinds of fields ------------------------------------------------------------------------------------------------


def optional(field: Field) -> Field:
    """The same field, which may be nil and is nil where it is missing."""
    return Field(field.convert)


def text(default: str = "") -> Field:
    return Field(_text, lambda: default)


def flag(default: bool = False) -> Field:
    return Field(_flag, lambda: default)


def nested(table: Table) -> Field:
    """A record in this one; all its defaults where it is missing."""
    return Field(lambda value, path: read_record(table, value, path), lambda: read_record(table, {}, ""))


def records(table: Table) -> Field:
    """A list of records."""

    def convert(value: Value, path: str) -> Value:
        return [read_record(table, item, f"{path}[{index}]") for index, item in enumerate(_list(value, path))]

    return Field(convert, list)


def _text(value: Value, path: str) -> Value:
    return _of_type(str, "a string", value, path)


def _flag(value: Value, path: str) -> Value:
    return _of_type(bool, "a bool", value, path)


def _integer(value: Value, path: str) -> Value:
    return _of_type(int, "an int", value, path)


def _count(value: Value, path: str) -> Value:
    if type(value) is not int or value < 0:
        shown = str(value) if type(value) is int else type_name(value)
        raise Mismatch(path, f"expected an int that is not negative, found {shown}")
    return value


def _number(value: Value, path: str) -> Value:
    if type(value) is int:
        return float(value)
    return _of_type(float, "a number", value, path)


def _dict(value: Value, path: str) -> dict[str, Value]:
    found: dict[str, Value] = _of_type(dict, "a dict", value, path)
    return found


def _list(value: Value, path: str) -> list[Value]:
    found: list[Value] = _of_type(list, "a list", value, path)
    return found


def _texts(value: Value, path: str) -> Value:
    return [_text(item, f"{path}[{index}]") for index, item in enumerate(_list(value, path))]


def _text_dict(value: Value, path: str) -> Value:
    return {name: _text(item, f"{path}.{name}") for name, item in _dict(value, path).items()}


def _of_type(kind: type, expected: str, value: Value, path: str) -> Value:
    if type(value) is not kind:
        raise Mismatch(path, f"expected {expected}, found {type_name(value)}")
    return value


INTEGER = Field(_integer, int)
COUNT = Field(_count, int)
NUMBER = Field(_number, float)
DICT = Field(_dict, dict)
LIST = Field(_list, list)
TEXTS = Field(_texts, list)
TEXT_DICT = Field(_text_dict, dict)
ANYTHING = Field(lambda value, path: value)

OPTIONAL_TEXT = optional(text())
OPTIONAL_COUNT = optional(COUNT)
OPTIONAL_INTEGER = optional(INTEGER)
OPTIONAL_NUMBER = optional(NUMBER)
