"""Every event of the bus as a JSON object on a line of its own, written as it happens (`--events FILE`).

The schema, which only ever grows: every object has `type` and `time` (Unix seconds with fractions), and inside a test
`test`. `call_id` tells attempts apart: each has one `call_start`, any number of `delta`, and one `call_end`, `retry` or
`call_cancelled`. SCHEMA lists the further keys; docs/events.md says what they mean.
"""

from __future__ import annotations

from collections.abc import Callable

from harnpy.llm.agent_events import (
    AgentStarted,
    ContextCompacted,
    LoopCompleted,
    LoopIntervention,
    MessageAppended,
    PhaseChanged,
    ResponseInterpreted,
    ToolExecuted,
    ToolNotRun,
    ToolRejected,
    ToolStarted,
    WorkerChanged,
)
from harnpy.llm.deltas import RawResult
from harnpy.llm.json_values import Json, compact_json
from harnpy.llm.jsonl_file import JsonlFile
from harnpy.llm.messages import content_text, last_text
from harnpy.llm.observe import (
    CallCancelled,
    CallDelta,
    CallFailed,
    CallStarted,
    CallSucceeded,
    CompletionSucceeded,
    Event,
    SchemaRetry,
    StreamEnded,
    StreamStarted,
)
from harnpy.llm.options import LlmOptions
from harnpy.vm.clock import Clock

_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")

# The keys of each type besides type, time and test.
SCHEMA: dict[str, tuple[str, ...]] = {
    "call_start": (
        *("call_id", "model", "provider", "attempt", "retry_of", "iteration", "agent_id", "message_count", "stream"),
        "prompt",
    ),
    "delta": ("call_id", "text", "thinking"),
    "retry": ("call_id", "attempt", "duration_ms", "category", "error", "wait_ms"),
    "call_end": (
        *("call_id", "status", "attempt", "duration_ms", "model", "provider", *_TOKENS, "cost_usd", "stop_reason"),
        *("tool_calls", "category", "error", "retryable"),
    ),
    "call_cancelled": ("call_id",),
    "stream_start": ("call_id", "model", "provider", "agent_id", "message_count"),
    "stream_end": ("call_id", "status", "chunks", "error"),
    "completion": ("duration_ms", "model", "provider", *_TOKENS, "cost_usd"),
    "schema_retry": ("attempt", "errors", "nudge_used"),
    "agent_start": ("agent_id", "name", "parent_id"),
    "agent_end": ("agent_id", "status", "iterations", "duration_ms", "tools_used", "successful_tools"),
    "tool_start": ("agent_id", "tool_name", "tool_use_id", "iteration", "arguments"),
    "tool": (
        *("agent_id", "tool_name", "tool_use_id", "iteration", "duration_ms", "status", "classification"),
        *("started_at", "arguments", "result"),
    ),
    "tool_rejected": ("agent_id", "tool_name", "tool_use_id", "reason", "iteration", "duration_ms"),
    "tool_not_run": ("agent_id", "tool_name", "tool_use_id", "iteration", "kind", "reason", "arguments"),
    "intervention": ("agent_id", "tool_name", "kind", "count", "iteration"),
    "compaction": ("agent_id", "saved_tokens", "new_summary_len", "iteration"),
    "phase": ("agent_id", "from_phase", "to_phase", "iteration"),
    "message": ("agent_id", "iteration", "role", "text"),
    "worker": ("agent_id", "worker_id", "name", "status", "error"),
    "interpreted": ("agent_id", "iteration", "tool_format", "tool_calls", "tool_parse_errors"),
}

# The types of events whose keys are their own fields, and what these are called here.
_AS_THEY_ARE: dict[type[Event], str] = {
    AgentStarted: "agent_start",
    ToolStarted: "tool_start",
    ToolExecuted: "tool",
    ToolRejected: "tool_rejected",
    ToolNotRun: "tool_not_run",
    WorkerChanged: "worker",
    LoopIntervention: "intervention",
    ContextCompacted: "compaction",
    PhaseChanged: "phase",
}

# Characters of a text that is shown by its beginning only, followed by an ellipsis.
EXCERPT_CHARACTERS = 1000


class EventFile:
    """A subscriber that writes to file; test is the test that is running, if one is.

    price gives what an answer costs in USD, None where nobody knows.
    """

    def __init__(
        self,
        file: JsonlFile,
        clock: Clock,
        test: str | None = None,
        price: Callable[[RawResult], float | None] = lambda result: None,
    ) -> None:
        self._file = file
        self._clock = clock
        self._common: dict[str, Json] = {} if test is None else {"test": test}
        self._price = price

    def __call__(self, event: Event) -> None:
        """Write an event. Raises OSError."""
        kind, values = _described(event)
        record = {"type": kind, "time": round(self._clock.wall(), 6), **self._common}
        self._file.append(record | values | self._derived(event))

    def _derived(self, event: Event) -> dict[str, Json]:
        """What stands in no event as it is: prices, and the beginnings of texts."""
        match event:
            case CallStarted():
                return {"prompt": self._excerpt(last_text(event.options.messages))}
            case CallSucceeded() | CompletionSucceeded():
                return {"cost_usd": self._price(event.result)}
            case ToolStarted() | ToolNotRun():
                return {"arguments": self._excerpt(event.arguments)}
            case ToolExecuted():
                return {"arguments": self._excerpt(event.arguments), "result": self._excerpt(event.result)}
            case MessageAppended():
                return {"text": self._excerpt(content_text(event.message.get("content")))}
        return {}

    def _excerpt(self, value: Json) -> str:
        """The beginning of a text, or of other data as JSON. Keys go first: the cut might leave half of one."""
        if value is None:
            return ""
        text = self._file.redacted(value if isinstance(value, str) else compact_json(value))
        return text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS] + "…"


def _described(event: Event) -> tuple[str, dict[str, Json]]:
    """The type of an event and its further keys; those that do not apply are absent or null."""
    match event:
        case CallDelta():
            return "delta", {"call_id": event.call_id, "text": event.text, "thinking": event.thinking}
        case CallStarted():
            return "call_start", _asked(event.call_id, event.options, event.agent_id) | {
                "attempt": event.attempt,
                "retry_of": event.retry_of,
                "iteration": event.iteration,
                "stream": event.options.stream,
            }
        case CallSucceeded():
            result = event.result
            return "call_end", {
                "call_id": event.call_id,
                "status": "ok",
                "attempt": event.attempt,
                "duration_ms": event.duration_ms,
                "model": result["model"],
                "provider": result["provider"],
                **{name: result[name] for name in _TOKENS},  # type: ignore[literal-required]
                "stop_reason": result["stop_reason"],
                "tool_calls": len(result["tool_calls"]),
            }
        case CallFailed():
            failed: dict[str, Json] = {
                "call_id": event.call_id,
                "attempt": event.attempt,
                "duration_ms": event.duration_ms,
                "category": event.category.value,
                "error": event.error,
            }
            if event.wait_ms is not None:
                return "retry", failed | {"wait_ms": event.wait_ms}
            asked = {"model": event.options.model, "provider": event.options.provider}
            return "call_end", failed | asked | {"status": event.status.value, "retryable": event.retryable}
        case CallCancelled():
            return "call_cancelled", {"call_id": event.call_id}
        case StreamStarted():
            return "stream_start", _asked(event.call_id, event.options, event.agent_id)
        case StreamEnded():
            status = "ok" if event.complete else "error" if event.error else "left"
            ended = {"call_id": event.call_id, "status": status, "chunks": len(event.chunks)}
            return "stream_end", ended | ({"error": event.error} if event.error else {})
        case CompletionSucceeded():
            answer = event.result
            tokens = {name: answer[name] for name in _TOKENS}  # type: ignore[literal-required]
            models = {"model": answer["model"], "provider": answer["provider"]}
            return "completion", {"duration_ms": event.duration_ms, **models, **tokens}
        case SchemaRetry():
            errors = list(event.errors)
            return "schema_retry", {"attempt": event.attempt, "errors": errors, "nudge_used": event.nudge_used}
    return _described_agent_event(event)


def _described_agent_event(event: Event) -> tuple[str, dict[str, Json]]:
    match event:
        case LoopCompleted():
            return "agent_end", {
                "agent_id": event.agent_id,
                "status": event.status,
                "iterations": event.iterations,
                "duration_ms": event.total_duration_ms,
                "tools_used": list(event.tools_used),
                "successful_tools": list(event.successful_tools),
            }
        case MessageAppended():
            role = event.message.get("role")
            return "message", {"agent_id": event.agent_id, "iteration": event.iteration, "role": role}
        case ResponseInterpreted():
            return "interpreted", {
                "agent_id": event.agent_id,
                "iteration": event.iteration,
                "tool_format": event.tool_format,
                "tool_calls": len(event.tool_calls),
                "tool_parse_errors": list(event.tool_parse_errors),
            }
    kind = _AS_THEY_ARE[type(event)]
    return kind, {name: getattr(event, name) for name in SCHEMA[kind]}


def _asked(call_id: str, options: LlmOptions, agent_id: str | None) -> dict[str, Json]:
    return {
        "call_id": call_id,
        "model": options.model,
        "provider": options.provider,
        "agent_id": agent_id,
        "message_count": len(options.messages),
    }
