"""The agent trace: calls, tools and decisions of a run in order, as programs see them (chapter 11 section 21.2)."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

from harnpy.llm.agent_events import (
    AgentStarted,
    ContextCompacted,
    LoopCompleted,
    LoopIntervention,
    PhaseChanged,
    ToolExecuted,
    ToolRejected,
)
from harnpy.llm.observe import CallSucceeded, Event, SchemaRetry
from harnpy.vm.values import Value

# What the entries of each type hold beside their type, in order.
_FIELDS = {
    "llm_call": (
        "call_id",
        "model",
        "input_tokens",
        "output_tokens",
        "cache_tokens",
        "duration_ms",
        "iteration",
    ),
    "tool_execution": ("tool_name", "tool_use_id", "duration_ms", "status", "classification", "iteration"),
    "tool_rejected": ("tool_name", "reason", "iteration"),
    "loop_intervention": ("tool_name", "kind", "count", "iteration"),
    "context_compaction": ("archived_messages", "new_summary_len", "iteration"),
    "phase_change": ("from_phase", "to_phase", "iteration"),
    "loop_complete": ("status", "iterations", "total_duration_ms", "tools_used", "successful_tools"),
    "schema_retry": ("attempt", "errors", "nudge_used"),
}

# The types of events that have entries, and the types of these. Where no other thing is said below, an entry holds what
# the event has under the same names.
_TRACED: dict[type[Event], str] = {
    CallSucceeded: "llm_call",
    ToolExecuted: "tool_execution",
    ToolRejected: "tool_rejected",
    LoopIntervention: "loop_intervention",
    ContextCompacted: "context_compaction",
    PhaseChanged: "phase_change",
    LoopCompleted: "loop_complete",
    SchemaRetry: "schema_retry",
}

# The types of entries that summaries count, and under which names.
_COUNTED = {
    "llm_call": "llm_calls",
    "tool_execution": "tool_executions",
    "tool_rejected": "tool_rejections",
    "loop_intervention": "interventions",
    "context_compaction": "compactions",
}

# An entry as it is kept, which takes a third of the room of a dict: its type, then its fields. Lists are tuples.
Entry: TypeAlias = "tuple[Any, ...]"


class Totals:
    """What a run or a loop came to so far; its size does not grow with the number of events."""

    __slots__ = ("_counts", "_ending", "_input_tokens", "_llm_ms", "_output_tokens", "_tool_ms", "_tools")

    def __init__(self) -> None:
        self._ending: dict[str, Value] = {"status": "unknown", "iterations": 0, "total_duration_ms": 0}
        self._counts = dict.fromkeys(_COUNTED.values(), 0)
        self._input_tokens = self._output_tokens = self._llm_ms = self._tool_ms = 0
        # A dict for its order.
        self._tools: dict[str, None] = {}

    def add(self, entry: Entry) -> None:
        """Count one entry of the trace."""
        kind = entry[0]
        if kind in _COUNTED:
            self._counts[_COUNTED[kind]] += 1
        match entry:
            case ("llm_call", _, _, input_tokens, output_tokens, _, duration_ms, _):
                self._input_tokens += input_tokens
                self._output_tokens += output_tokens
                self._llm_ms += duration_ms
            case ("tool_execution", tool_name, _, duration_ms, _, _, _):
                self._tool_ms += duration_ms
                self._tools[tool_name] = None
            case ("loop_complete", status, iterations, total_duration_ms, _, _):
                self._ending = {"status": status, "iterations": iterations, "total_duration_ms": total_duration_ms}

    def as_dict(self) -> dict[str, Value]:
        """The totals as programs see them (chapter 12 section 12.13.2)."""
        return {
            **self._ending,
            **self._counts,
            "total_input_tokens": self._input_tokens,
            "total_output_tokens": self._output_tokens,
            "total_llm_duration_ms": self._llm_ms,
            "total_tool_duration_ms": self._tool_ms,
            "tools_used": list(self._tools),
        }


class AgentTrace:
    """A subscriber of the bus to events of KINDS; it keeps small entries and none of the messages and answers of events."""

    KINDS: ClassVar[frozenset[type[Event]]] = frozenset({AgentStarted, *_TRACED})

    def __init__(self) -> None:
        self.kept: list[Entry] = []
        self._all = Totals()
        self._loops: dict[str, Totals] = {}

    def __call__(self, event: Event) -> None:
        if type(event) is AgentStarted:
            # The next loop of the same agent begins anew.
            self._loops[event.agent_id] = Totals()
            return
        entry = _entry(event)
        self.kept.append(entry)
        self._all.add(entry)
        loop = self._loops.get(getattr(event, "agent_id", None) or "")
        if loop is not None:
            loop.add(entry)

    @property
    def entries(self) -> list[Value]:
        """The entries as values of the program's own, which it may change."""
        return [_as_dict(entry) for entry in self.kept]

    def summary(self, agent_id: str | None = None) -> dict[str, Value]:
        """The totals of all entries, and how the last loop ended; with agent_id those of that agent's last loop alone.

        What the agents did that it has started is theirs, not its own.
        """
        if agent_id is None:
            return self._all.as_dict()
        return self._loops.get(agent_id, _NOTHING).as_dict()

    def forget(self, agent_id: str) -> None:
        """Nobody will ask for the summary of that agent again."""
        self._loops.pop(agent_id, None)


_NOTHING = Totals()


def _as_dict(entry: Entry) -> dict[str, Value]:
    fields = zip(_FIELDS[entry[0]], entry[1:], strict=True)
    return {"type": entry[0], **{name: list(value) if type(value) is tuple else value for name, value in fields}}


def _entry(event: Event) -> Entry:
    """The entry of an event of one of these types."""
    kind = _TRACED[type(event)]
    match event:
        case CallSucceeded():
            result = event.result
            return (
                kind,
                event.call_id,
                result["model"],
                result["input_tokens"],
                result["output_tokens"],
                result["cache_read_tokens"],
                event.duration_ms,
                event.iteration or 0,
            )
        case ContextCompacted():
            # archived_messages is Harn's name for it, whatever it counts.
            return (kind, event.saved_tokens, event.new_summary_len, event.iteration)
    return (kind, *[getattr(event, name) for name in _FIELDS[kind]])
