"""Reading a file of events (`harn run --events FILE`, docs/events.md) that may come from a run that was killed.

Knows the form of the file and none of the events. What cannot be read is told as a problem, and the rest is used.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

# Seconds; a time outside of this is no time of an event. It is the year 5138.
_LATEST = 1e11


class NotEvents(Exception):
    """No line is an event; str() says what is wrong with the first one."""


@dataclass(frozen=True, slots=True)
class Record:
    """An event as it stands in the file. values may hold anything under any key; the methods give what has the right type.

    time is in Unix seconds; events without one have that of the event before, or of the first event that has one.
    """

    kind: str
    time: float
    values: dict[str, Any]

    def text(self, key: str) -> str:
        """The text under a key, "" for anything else."""
        value = self.values.get(key)
        return value if isinstance(value, str) else ""

    def count(self, key: str) -> int | None:
        """The whole number from 0 under a key, None for anything else."""
        value = self.values.get(key)
        return value if type(value) is int and 0 <= value < 2**63 else None

    def amount(self, key: str) -> float | None:
        """The finite number from 0 under a key, None for anything else."""
        return _amount(self.values.get(key))

    def texts(self, key: str) -> list[str]:
        """The texts of the list under a key."""
        value = self.values.get(key)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class EventLog:
    """All events in order, and what could not be read: sentences."""

    records: tuple[Record, ...]
    problems: tuple[str, ...]


def read_events(data: bytes) -> EventLog:
    """The events of a file's content. Raises NotEvents if it has lines but none of them is an event."""
    objects: list[dict[str, Any]] = []
    bad: list[tuple[int, str]] = []
    lines = data.split(b"\n")
    cut = bool(lines[-1].strip())
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        values = _parsed(line)
        if isinstance(values, str):
            bad.append((number, values))
        else:
            objects.append(values)
    if bad and not objects:
        raise NotEvents(f"line {bad[0][0]} {bad[0][1]}")
    problems = []
    if cut and bad and bad[-1][0] == len(lines):
        bad.pop()
        problems.append("The last line is cut off: the run was killed, or is still going.")
    if bad:
        number, why = bad[0]
        more = f", and {len(bad) - 1} more like it" if len(bad) > 1 else ""
        problems.append(f"Left out: line {number}, which {why}{more}.")
    return EventLog(_timed(objects), tuple(problems))


def _timed(objects: list[dict[str, Any]]) -> tuple[Record, ...]:
    times = [_time(values) for values in objects]
    latest = next((time for time in times if time is not None), 0.0)
    records = []
    for values, time in zip(objects, times):
        latest = latest if time is None else time
        records.append(Record(values["type"], latest, values))
    return tuple(records)


def _parsed(line: bytes) -> dict[str, Any] | str:
    """The object of a line, or what is wrong with it."""
    try:
        values = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return "is not JSON"
    if not isinstance(values, dict):
        return "is no JSON object"
    if not isinstance(values.get("type"), str):
        return "has no `type`"
    return values


def _time(values: dict[str, Any]) -> float | None:
    time = _amount(values.get("time"))
    return time if time is not None and time < _LATEST else None


def _amount(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
