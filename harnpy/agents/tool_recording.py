"""Recordings of tool calls: kept while tools run, and answering the same calls later in their place (section 12.5.1).

A recording answers calls of the same tool with the same arguments, those made first first: a command that failed once and
passed the second time does so again. What a tool gave is recorded before it is shortened or commented on, since a
replayed result goes through all that again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harnpy.agents.call_checks import CheckedCall
from harnpy.llm.agent_events import AgentScope, ToolScope
from harnpy.llm.json_values import Json, compact_json, parse_json
from harnpy.llm.jsonl_file import TEST_KEY, JsonLinesError, json_objects
from harnpy.llm.siphash import siphash13
from harnpy.vm.errors import thrown
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.agents.tool_execution import ToolRun
    from harnpy.vm.fiber import Fiber

_SHOWN_ARGUMENTS = 120
_SHOWN_OTHERS = 3
_REQUIRED: Mapping[str, type] = {"tool_name": str, "args_hash": str, "result": str, "is_rejected": bool}


@dataclass(frozen=True, slots=True)
class ToolRecording:
    """What one execution of a tool came to. arguments are shown to people; those of other writers may be missing.

    asked_model: the tool made model calls of its own. It is then not answered for but run again, and what it asks is
    answered as every model call is.
    """

    tool_name: str
    args_hash: str
    result: str
    is_rejected: bool
    arguments: Json = None
    asked_model: bool = False


def argument_hash(tool: str, arguments: Json) -> str:
    """16 hex digits that tell calls apart: of the tool's name and its arguments as compact JSON."""
    call = f"{tool}\xff{compact_json(arguments)}"
    return f"{siphash13(call.encode('utf-8', 'replace')):016x}"


class ToolRecordings:
    """Whether tool calls of a runtime are recorded, and what they are answered from; neither unless asked for."""

    def __init__(self) -> None:
        self._write: Callable[[dict[str, Json]], None] | None = None
        self._waiting: dict[tuple[str, str], deque[ToolRecording]] | None = None
        self._answered: dict[tuple[str, str], int] = {}
        self._source = ""

    @property
    def recording(self) -> bool:
        return self._write is not None

    def record(self, write: Callable[[dict[str, Json]], None] | None) -> None:
        """Hand every execution from now on to write, or to nobody any more: `{tool_name, tool_use_id, args_hash, arguments, result,
        is_rejected, duration_ms, iteration, timestamp, asked_model}`.
        """
        self._write = write

    def replay(self, recordings: Iterable[ToolRecording], source: str) -> None:
        """Answer tool calls from recordings from now on. source is where they are, for people."""
        waiting: dict[tuple[str, str], deque[ToolRecording]] = {}
        for recording in recordings:
            waiting.setdefault((recording.tool_name, recording.args_hash), deque()).append(recording)
        self._waiting, self._source = waiting, source

    def answer(self, known: CheckedCall) -> ToolRecording | None:
        """The recording that stands for a call; None for one that is to run.

        Throws a string if recordings are replayed and none is left that fits.
        """
        if self._waiting is None:
            return None
        key = (known.name, argument_hash(known.name, known.json_arguments))
        waiting = self._waiting.get(key)
        if not waiting:
            raise thrown(self._miss(known, key))
        self._answered[key] = self._answered.get(key, 0) + 1
        recording = waiting.popleft()
        return None if recording.asked_model else recording

    def _miss(self, known: CheckedCall, key: tuple[str, str]) -> str:
        call = f"{known.name}({_shown(known.json_arguments)})"
        text = f"No recording found for tool call {call} in {self._source} (hash: {key[1]})."
        used = self._answered.get(key, 0)
        if used:
            why = f"Its {used} recordings are used up." if used > 1 else "Its only recording is used up."
        else:
            waiting = self._waiting or {}
            others = [recordings[0] for (name, _), recordings in waiting.items() if name == known.name and recordings]
            shown = "; ".join(_shown(other.arguments) for other in others[:_SHOWN_OTHERS])
            why = f"Recorded calls of {known.name} have other arguments: {shown}." if others else ""
        return " ".join(filter(None, (text, why, "Run once with --tool-record to record it.")))

    @contextmanager
    def watched(self, fiber: Fiber) -> Iterator[ToolScope]:
        """Notes inside whether what fiber does makes model calls."""
        scope = fiber.task.get(AgentScope)
        before, mark = scope.tools, ToolScope()
        scope.tools = (*before, mark)
        try:
            yield mark
        finally:
            scope.tools = before

    def note(self, known: CheckedCall, run: ToolRun, event_id: str, iteration: int) -> None:
        """Record a run of a tool; nothing unless recordings are wanted."""
        if self._write is None:
            return
        ended = (run.started_at or 0) + run.duration_ms / 1000
        arguments = known.json_arguments
        self._write(
            {
                "tool_name": known.name,
                "tool_use_id": event_id,
                "args_hash": argument_hash(known.name, arguments),
                "arguments": arguments,
                "result": run.text,
                "is_rejected": run.rejection is not None,
                "duration_ms": run.duration_ms,
                "iteration": iteration,
                "timestamp": datetime.fromtimestamp(ended, UTC).isoformat(timespec="milliseconds"),
                "asked_model": run.asked_model,
            }
        )


def read_recordings(path: str, is_wanted: Callable[[str | None], bool]) -> list[ToolRecording]:
    """The recordings of a file, one JSON object a line, whose `test` is wanted, in their order. Raises JsonLinesError."""
    found = []
    for number, record in json_objects(path):
        for key, kind in _REQUIRED.items():
            if type(record.get(key)) is not kind:
                wanted = "a string" if kind is str else "true or false"
                raise JsonLinesError(f"{path}:{number}: `{key}` must be {wanted}: this is no recording of a tool call")
        if is_wanted(record.get(TEST_KEY)):
            known = {key: record[key] for key in _REQUIRED}
            asked = record.get("asked_model") is True
            found.append(ToolRecording(**known, arguments=record.get("arguments"), asked_model=asked))
    return found


def rejection_reason(text: str) -> str:
    """Why a recorded execution was refused, from what the model was told."""
    try:
        told = parse_json(text)
    except ValueError:
        return text
    reason = told.get("reason") if isinstance(told, dict) else None
    return reason if isinstance(reason, str) else text


def _shown(arguments: Value) -> str:
    text = compact_json(arguments)
    return text if len(text) <= _SHOWN_ARGUMENTS else f"{text[:_SHOWN_ARGUMENTS]}…"
