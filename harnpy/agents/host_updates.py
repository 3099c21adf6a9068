"""What a host is told while a program runs: its model calls and the events of its agents (sections 12.11.3 and 12.14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harnpy.agents.host import Host, HostAttachment, session_update
from harnpy.agents.sessions import EventSinks
from harnpy.llm.json_values import Json, to_json
from harnpy.llm.observe import CallCancelled, CallDelta, CallFailed, CallStarted, CallSucceeded, Event, Status
from harnpy.llm.spans import prompt_chars
from harnpy.llm.state import LlmState
from harnpy.llm.visible_stream import VisibleStream
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.runtime import Runtime

_CALL_TYPE = "llm"
_CALL_NAME = "llm_call"
_CHUNKS = ("agent_message_chunk", "agent_thought_chunk")
_CANCELLED = "cancelled"


def attach_host(runtime: Runtime, host: Host) -> None:
    """Let host see and answer for what runs in runtime from now on: all its model calls and all its agent loops."""
    runtime.state(HostAttachment).host = host
    runtime.state(LlmState).bus.subscribe(_CallUpdates(host, runtime.world.clock.monotonic))
    runtime.state(EventSinks).add_for_all(lambda event: _forward(host, event))


def _forward(host: Host, event: dict[str, Value]) -> None:
    update = forwarded(event)
    if update is not None:
        session_update(host, update)


def forwarded(event: dict[str, Value]) -> dict[str, Json] | None:
    """The session update for an event of an agent; None for one that hosts are not told of."""
    kind = event["type"]
    update: dict[str, Value] = {"sessionUpdate": kind}
    if kind == "plan":
        return update | {"plan": to_json(event["plan"])}
    if kind in _CHUNKS:
        return update | {"content": {"type": "text", "text": to_json(event["content"])}}
    if kind not in ("tool_call", "tool_call_update"):
        return None
    update |= {"toolCallId": event["tool_call_id"], "title": event["tool_name"], "status": event["status"]}
    optional = {
        "rawInput": event.get("raw_input"),
        "kind": event.get("kind"),
        "rawOutput": event.get("raw_output"),
        "error": event.get("error"),
    }
    if kind == "tool_call":
        update["rawInput"] = to_json(optional.pop("rawInput"))
    return update | {key: to_json(value) for key, value in optional.items() if value is not None}


class _Running:
    """An attempt between its start and its end."""

    __slots__ = ("attempt", "deltas", "options", "started", "stream")

    def __init__(self, event: CallStarted, started: float) -> None:
        self.options = event.options
        self.attempt = event.attempt
        self.started = started
        self.deltas = 0
        self.stream = VisibleStream(public=not event.options.json_mode)


class _CallUpdates:
    """A subscriber of the bus that tells a host of every attempt of every call: one start, its pieces, one end."""

    def __init__(self, host: Host, monotonic: Callable[[], float]) -> None:
        self._host = host
        self._monotonic = monotonic
        self._running: dict[str, _Running] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case CallDelta():
                running = self._running.get(event.call_id)
                if running is not None and event.text:
                    self._progress(event.call_id, running, event.text)
            case CallStarted():
                self._running[event.call_id] = _Running(event, self._monotonic())
                self._start(event)
            case CallSucceeded():
                result = event.result
                tokens = {"input_tokens": result["input_tokens"], "output_tokens": result["output_tokens"]}
                self._end(event.call_id, event.duration_ms, Status.OK.value, {"model": result["model"], **tokens})
            case CallFailed():
                failure = {"error": event.error, "retryable": event.retryable, "attempt": event.attempt}
                self._end(event.call_id, event.duration_ms, event.status.value, failure)
            case CallCancelled():
                running = self._running.get(event.call_id)
                if running is not None:
                    elapsed = int((self._monotonic() - running.started) * 1000)
                    failure = {"error": _CANCELLED, "retryable": False, "attempt": running.attempt}
                    self._end(event.call_id, elapsed, Status.ERROR.value, failure)

    def _start(self, event: CallStarted) -> None:
        options = event.options
        metadata: dict[str, Json] = {
            "model": options.model,
            "prompt_chars": prompt_chars(options),
            "stream_publicly": not options.json_mode,
            "user_visible": options.user_visible,
        }
        if event.iteration is not None:
            metadata |= {"iteration": event.iteration, "llm_attempt": event.attempt}
        self._send("call_start", event.call_id, {**self._named(), "metadata": metadata})

    def _progress(self, call_id: str, running: _Running, piece: str) -> None:
        running.deltas += 1
        added = running.stream.add(piece)
        progress = {
            "delta": piece,
            "accumulated_tokens": running.deltas,
            "visible_text": running.stream.visible,
            "visible_delta": added,
            "user_visible": running.options.user_visible,
        }
        self._send("call_progress", call_id, progress)

    def _end(self, call_id: str, duration_ms: int, status: str, metadata: dict[str, Json]) -> None:
        running = self._running.pop(call_id, None)
        if running is not None:
            metadata = {**metadata, "user_visible": running.options.user_visible}
            ended = {"duration_ms": duration_ms, "status": status, "metadata": metadata}
            self._send("call_end", call_id, {**self._named(), **ended})

    def _named(self) -> dict[str, Json]:
        return {"call_type": _CALL_TYPE, "name": _CALL_NAME, "script": self._host.script}

    def _send(self, kind: str, call_id: str, content: dict[str, Json]) -> None:
        session_update(self._host, {"sessionUpdate": kind, "content": {"toolCallId": call_id, **content}})
