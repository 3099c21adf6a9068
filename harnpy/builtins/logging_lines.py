"""Log lines: one JSON object a line, filtered by level, with the ids of the innermost open span."""

from __future__ import annotations

import math
import re

from harnpy import TYPE_CHECKING
from harnpy.builtins.calendar_dates import iso_text
from harnpy.builtins.open_spans import OpenSpans
from harnpy.vm.clock_readings import unix_milliseconds
from harnpy.vm.display import display, display_int, plain_float
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harnpy.vm.fiber import Fiber

_LEVELS = {"debug": 0, "info": 1, "warn": 2, "error": 3}

_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f]')
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class LogLevel:
    """The lowest level that is written, for all tasks of a runtime."""

    def __init__(self) -> None:
        self.lowest = _LEVELS["debug"]


@builtin("log_debug(message: string, fields: dict) -> nil", effects={"clock", "output"})
def log_debug(fiber: Fiber, message: Value = "", fields: Value = None) -> None:
    """Prints a JSON log line of level debug, with the entries of fields. Returns nil."""
    _log(fiber, "debug", message, fields)


@builtin("log_info(message: string, fields: dict) -> nil", effects={"clock", "output"})
def log_info(fiber: Fiber, message: Value = "", fields: Value = None) -> None:
    """Prints a JSON log line of level info, with the entries of fields, unless the level is higher. Returns nil."""
    _log(fiber, "info", message, fields)


@builtin("log_warn(message: string, fields: dict) -> nil", effects={"clock", "output"})
def log_warn(fiber: Fiber, message: Value = "", fields: Value = None) -> None:
    """Prints a JSON log line of level warn, with the entries of fields, unless the level is higher. Returns nil."""
    _log(fiber, "warn", message, fields)


@builtin("log_error(message: string, fields: dict) -> nil", effects={"clock", "output"})
def log_error(fiber: Fiber, message: Value = "", fields: Value = None) -> None:
    """Prints a JSON log line of level error, with the entries of fields. Returns nil."""
    _log(fiber, "error", message, fields)


@builtin("log_json(key: string, value: any) -> nil", effects={"clock", "output"})
def log_json(fiber: Fiber, key: Value = "", value: Value = None) -> None:
    """Prints a JSON line with a key and a value, whatever the log level. Returns nil."""
    write_value_line(fiber, display(key), value)


@builtin("log_set_level(name: string) -> nil")
def log_set_level(fiber: Fiber, name: Value = "") -> None:
    """Drops log lines below a level: debug, info, warn or error. Returns nil; throws for any other name."""
    shown = display(name)
    if shown not in _LEVELS:
        raise thrown(f"log_set_level: invalid level '{shown}'. Expected debug, info, warn, or error")
    fiber.runtime.state(LogLevel).lowest = _LEVELS[shown]


def _log(fiber: Fiber, level: str, message: Value, fields: Value) -> None:
    write_log_line(fiber, level, display(message), fields if type(fields) is dict else {})


def write_log_line(fiber: Fiber, level: str, message: str, fields: Mapping[str, Value]) -> None:
    """Write a log line unless its level is switched off. fields follow in key order."""
    if _LEVELS[level] < fiber.runtime.state(LogLevel).lowest:
        return
    entries: list[tuple[str, Value]] = [("ts", _now(fiber)), ("level", level), ("msg", message)]
    span = fiber.task.get(OpenSpans).innermost
    if span is not None:
        entries += [("trace_id", span.trace_id), ("span_id", span.span_id)]
    entries += [(key, fields[key]) for key in sorted(fields)]
    _write(fiber, entries)


def write_value_line(fiber: Fiber, key: str, value: Value) -> None:
    """Write a log line for one value, whatever the level."""
    _write(fiber, [("ts", _now(fiber)), ("key", key), ("value", value)])


def _now(fiber: Fiber) -> str:
    return iso_text(unix_milliseconds(fiber))


def _write(fiber: Fiber, entries: list[tuple[str, Value]]) -> None:
    # Not a dict: the line of a span that ends names the span around it first, then itself under the same keys.
    fiber.write("{" + ",".join([f"{quoted(key)}:{fragment(value)}" for key, value in entries]) + "}\n")


def fragment(value: Value) -> str:
    """A value in a log line: scalars as JSON, everything else as a string of its display text."""
    kind = type(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return display_int(value)
    if kind is float:
        return plain_float(value) if math.isfinite(value) else "null"
    return quoted(display(value))


def quoted(text: str) -> str:
    """A JSON string. Every control character is escaped, those beyond ASCII too."""
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    return _SHORT_ESCAPES.get(char) or f"\\u{ord(char):04x}"
