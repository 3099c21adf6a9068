"""The agent trace: calls, tools and decisions of a run in order, as programs see them (chapter 11 section 21.2)."""

from __future__ import annotations

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

# The types of entries that summaries count, and under which names.
_COUNTED = {
    "llm_call": "llm_calls",
    "tool_execution": "tool_executions",
    "tool_rejected": "tool_rejections",
    "loop_intervention": "interventions",
    "context_compaction": "compactions",
}


class Totals:
    """What a run or a loop came to so far; its size does not grow with the number of events."""

    __slots__ = ("_counts", "_ending", "_input_tokens", "_llm_ms", "_output_tokens", "_tool_ms", "_tools")

    def __init__(self) -> None:
        self._ending: dict[str, Value] = {"status": "unknown", "iterations": 0, "total_duration_ms": 0}
        self._counts = dict.fromkeys(_COUNTED.values(), 0)
        self._input_tokens = self._output_tokens = self._llm_ms = self._tool_ms = 0
        # A dict for its order.
        self._tools: dict[str, None] = {}

    def add(self, entry: dict[str, Value]) -> None:
        """Count one entry of the trace."""
        kind = entry["type"]
        if kind in _COUNTED:
            self._counts[_COUNTED[kind]] += 1
        match kind:
            case "llm_call":
                self._input_tokens += entry["input_tokens"]
                self._output_tokens += entry["output_tokens"]
                self._llm_ms += entry["duration_ms"]
            case "tool_execution":
                self._tool_ms += entry["duration_ms"]
                self._tools[entry["tool_name"]] = None
            case "loop_complete":
                self._ending = {name: entry[name] for name in self._ending}

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
    """A subscriber of the bus; it keeps small dicts and none of the messages and answers that events hold."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Value]] = []
        self._all = Totals()
        self._loops: dict[str, Totals] = {}

    def __call__(self, event: Event) -> None:
        # Most events are none of these, and every run pays for this.
        if type(event) in _TRACED:
            entry = _entry(event)
            self.entries.append(entry)
            self._all.add(entry)
            loop = self._loops.get(getattr(event, "agent_id", None) or "")
            if loop is not None:
                loop.add(entry)
        elif type(event) is AgentStarted:
            # The next loop of the same agent begins anew.
            self._loops[event.agent_id] = Totals()

    def copies(self) -> list[Value]:
        """The entries as values of the program's own, which it may change."""
        return [
            {key: list(value) if type(value) is list else value for key, value in entry.items()}
            for entry in self.entries
        ]

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

_TRACED = frozenset(
    {
        CallSucceeded,
        ContextCompacted,
        LoopCompleted,
        LoopIntervention,
        PhaseChanged,
        SchemaRetry,
        ToolExecuted,
        ToolRejected,
    }
)


def _entry(event: Event) -> dict[str, Value]:
    """The entry of an event of one of these types."""
    match event:
        case CallSucceeded():
            return {
                "type": "llm_call",
                "call_id": event.call_id,
                "model": event.result["model"],
                "input_tokens": event.result["input_tokens"],
                "output_tokens": event.result["output_tokens"],
                "cache_tokens": event.result["cache_read_tokens"],
                "duration_ms": event.duration_ms,
                "iteration": event.iteration or 0,
            }
        case ToolExecuted():
            return {
                "type": "tool_execution",
                "tool_name": event.tool_name,
                "tool_use_id": event.tool_use_id,
                "duration_ms": event.duration_ms,
                "status": event.status,
                "classification": event.classification,
                "iteration": event.iteration,
            }
        case ToolRejected():
            return {
                "type": "tool_rejected",
                "tool_name": event.tool_name,
                "reason": event.reason,
                "iteration": event.iteration,
            }
        case LoopIntervention():
            return {
                "type": "loop_intervention",
                "tool_name": event.tool_name,
                "kind": event.kind,
                "count": event.count,
                "iteration": event.iteration,
            }
        case ContextCompacted():
            return {
                "type": "context_compaction",
                "archived_messages": event.saved_tokens,  # Harn's name for it, whatever it counts
                "new_summary_len": event.new_summary_len,
                "iteration": event.iteration,
            }
        case PhaseChanged():
            return {
                "type": "phase_change",
                "from_phase": event.from_phase,
                "to_phase": event.to_phase,
                "iteration": event.iteration,
            }
        case LoopCompleted():
            return {
                "type": "loop_complete",
                "status": event.status,
                "iterations": event.iterations,
                "total_duration_ms": event.total_duration_ms,
                "tools_used": list(event.tools_used),
                "successful_tools": list(event.successful_tools),
            }
        case SchemaRetry():
            return {
                "type": "schema_retry",
                "attempt": event.attempt,
                "errors": list(event.errors),
                "nudge_used": event.nudge_used,
            }
    raise AssertionError(f"an event that is not traced: {type(event).__name__}")
