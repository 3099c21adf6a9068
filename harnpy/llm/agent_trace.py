"""The agent trace: calls, tools and decisions of a run in order, as programs see them (chapter 11 section 21.2)."""

from __future__ import annotations

from harnpy.llm.agent_events import (
    ContextCompacted,
    LoopCompleted,
    LoopIntervention,
    PhaseChanged,
    ToolExecuted,
    ToolRejected,
)
from harnpy.llm.observe import CallSucceeded, Event, SchemaRetry
from harnpy.vm.values import Value


class TraceTotals:
    """The sums of a trace; they stay small however long the trace gets."""

    def __init__(self) -> None:
        self._ending: tuple[str, int, int] = ("unknown", 0, 0)
        self._counts: dict[type, int] = {}
        self._input_tokens = 0
        self._output_tokens = 0
        self._llm_ms = 0
        self._tool_ms = 0
        self._tools: dict[str, None] = {}

    def add(self, event: Event) -> None:
        kind = type(event)
        self._counts[kind] = self._counts.get(kind, 0) + 1
        if isinstance(event, CallSucceeded):
            self._input_tokens += event.result["input_tokens"]
            self._output_tokens += event.result["output_tokens"]
            self._llm_ms += event.duration_ms
        elif isinstance(event, ToolExecuted):
            self._tool_ms += event.duration_ms
            self._tools[event.tool_name] = None
        elif isinstance(event, LoopCompleted):
            self._ending = (event.status, event.iterations, event.total_duration_ms)

    def summary(self) -> dict[str, Value]:
        """The totals, and how the last loop ended."""
        status, iterations, duration_ms = self._ending
        return {
            "status": status,
            "iterations": iterations,
            "total_duration_ms": duration_ms,
            "llm_calls": self._counts.get(CallSucceeded, 0),
            "tool_executions": self._counts.get(ToolExecuted, 0),
            "tool_rejections": self._counts.get(ToolRejected, 0),
            "interventions": self._counts.get(LoopIntervention, 0),
            "compactions": self._counts.get(ContextCompacted, 0),
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
        self._totals = TraceTotals()

    def __call__(self, event: Event) -> None:
        # Most events are none of these, and every run pays for this.
        if type(event) in _TRACED:
            self.entries.append(_entry(event))
            self._totals.add(event)

    def copies(self) -> list[Value]:
        """The entries as values of the program's own, which it may change."""
        return [
            {key: list(value) if type(value) is list else value for key, value in entry.items()}
            for entry in self.entries
        ]

    def summary(self) -> dict[str, Value]:
        """The totals of all entries, and how the last loop ended."""
        return self._totals.summary()


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
