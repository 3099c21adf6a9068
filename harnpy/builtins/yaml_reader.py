"""YAML text -> values. PyYAML's parser gives the events; what they mean is decided here (chapter 06 section 11.5)."""

from __future__ import annotations

import math
from typing import Protocol

import yaml

from harnpy import TYPE_CHECKING
from harnpy.builtins.yaml_scalars import parse_float, parse_int, resolve_plain
from harnpy.vm.display import display
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEPTH_LIMIT = 128
# Values that aliases may stand for, all repetitions counted: more is an attack, not a document.
_EXPANSION_LIMIT = 5_000_000
_CORE_TAG = "tag:yaml.org,2002:"
_KEY_MUST_BE_TEXT = "key must be a string"


class _Mark(Protocol):
    """A place in a text, as the parser in C and the one in Python both give it, counted from 0."""

    line: int
    column: int


class YamlSyntaxError(Exception):
    """The text is not YAML, or not one document without duplicate keys."""


class YamlValueError(Exception):
    """The text is YAML for something that has no counterpart among values."""


def parse_yaml(text: str) -> Value:
    """The value of a text that holds at most one document. Raises YamlSyntaxError and YamlValueError."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(yaml.parse(text, Loader=loader)).document()
    except yaml.MarkedYAMLError as error:
        raise YamlSyntaxError(_describe(error)) from None
    except yaml.YAMLError as error:
        raise YamlSyntaxError(" ".join(str(error).split())) from None


def _describe(error: yaml.MarkedYAMLError) -> str:
    """A parser's complaint on one line."""
    if "nesting depth" in str(error.problem):
        return f"recursion limit exceeded{_at(error.problem_mark)}"  # it has a limit of its own, above this file's
    text = f"{error.problem}{_at(error.problem_mark)}"
    return f"{text}, {error.context}{_at(error.context_mark)}" if error.context else text


def _at(mark: _Mark | None) -> str:
    return "" if mark is None else f" at line {mark.line + 1} column {mark.column + 1}"


class _Builder:
    """Builds the value of one document from its events."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        # Value and size of each anchored node; None while the node is being built.
        self._anchors: dict[str, tuple[Value, int] | None] = {}
        self._size = 0

    def document(self) -> Value:
        value: Value = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlSyntaxError("the text holds more than one document")
                value = self._finite(self._node(next(self._events), 1))
        return value

    def _node(self, event: yaml.Event, depth: int) -> Value:
        """The value that begins at event. Infinities and NaN are left for the caller, since a key may not be one."""
        self._size += 1
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor))
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        size_before = self._size
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif depth > _DEPTH_LIMIT:
            raise YamlSyntaxError(f"recursion limit exceeded{_at(event.start_mark)}")
        else:
            value = self._list(depth) if isinstance(event, yaml.SequenceStartEvent) else self._dict(depth)
        if event.tag is not None and event.tag != "!" and not event.tag.startswith(_CORE_TAG):
            value = {event.tag: self._finite(value)}
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._size - size_before + 1)
        return value

    def _alias(self, anchor: str) -> Value:
        if anchor not in self._anchors:
            raise YamlSyntaxError(f"unknown anchor '{anchor}'")
        found = self._anchors[anchor]
        if found is None:
            raise YamlSyntaxError(f"anchor '{anchor}' refers to itself")
        value, size = found
        self._size += size
        if self._size > _EXPANSION_LIMIT:
            raise YamlSyntaxError("repetition limit exceeded")
        return value

    def _list(self, depth: int) -> list[Value]:
        result: list[Value] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            result.append(self._finite(self._node(event, depth + 1)))
        return result

    def _dict(self, depth: int) -> dict[str, Value]:
        result: dict[str, Value] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = _key_text(self._node(event, depth + 1))
            if key in result:
                raise YamlSyntaxError(f'duplicate entry with key "{key}"{_at(event.start_mark)}')
            result[key] = self._finite(self._node(next(self._events), depth + 1))
        return result

    def _finite(self, value: Value) -> Value:
        return None if type(value) is float and not math.isfinite(value) else value


def _scalar(event: yaml.ScalarEvent) -> Value:
    """The value of a scalar: plain ones by their form, others as text, unless a tag says what they are."""
    text = event.value
    tag = event.tag
    if tag is None or not tag.startswith(_CORE_TAG):
        is_plain = not event.style and tag != "!"
        return resolve_plain(text) if is_plain else text
    kind = tag.removeprefix(_CORE_TAG)
    if kind not in ("int", "float", "bool", "null"):
        return text
    number = parse_int(text)
    value: Value = number if kind == "int" else resolve_plain(text)
    if kind == "float":
        value = parse_float(text) if number is None else float(number)
    if (kind == "null") != (value is None) or (kind == "bool") != (type(value) is bool):
        raise YamlSyntaxError(f"'{text}' is not of type {kind}")
    return value


def _key_text(key: Value) -> str:
    if type(key) is str:
        return key
    if type(key) is bool or type(key) is int or (type(key) is float and math.isfinite(key)):
        return display(key)
    raise YamlValueError(_KEY_MUST_BE_TEXT)
