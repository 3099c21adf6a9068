"""Phase E: how a loop ended, its transcript and its result (chapter 12 sections 12.1.4 and 12.1.10)."""

from __future__ import annotations

from harnpy.agents.daemon import write_snapshot
from harnpy.agents.host import Delivery
from harnpy.agents.loop_state import DONE, IDLE, LoopState
from harnpy.agents.sessions import SessionStore
from harnpy.llm.agent_events import LoopCompleted
from harnpy.llm.agent_trace import AgentTrace
from harnpy.llm.normalize import reduced_message
from harnpy.llm.transcript import TranscriptParts, build
from harnpy.vm.values import Value

FAILED = "failed"


def finalize(loop: LoopState) -> dict[str, Value]:
    """The result of the loop; its transcript becomes that of its session. Raises for a snapshot that cannot be written."""
    setup = loop.setup
    options = setup.options
    if setup.host is not None:
        _defer_host_messages(loop)
    if options.daemon is not None and loop.status == DONE:
        loop.status = IDLE
    required = options.require_successful_tools
    if loop.status == DONE and required and loop.successful.keys().isdisjoint(required):
        loop.status = FAILED
    path = None
    if options.daemon is not None:
        loop.daemon_state = loop.status
        path = write_snapshot(loop, options.daemon)
    duration_ms = setup.milliseconds_since(setup.started)
    setup.emit(
        LoopCompleted(
            setup.agent_id,
            loop.status,
            loop.iterations,
            duration_ms,
            tuple(dict.fromkeys(loop.tools_used)),
            tuple(loop.successful),
        )
    )
    transcript = _transcript(loop)
    if not setup.anonymous:
        setup.fiber.runtime.state(SessionStore).store(setup.session_id, transcript)
    return _result(loop, duration_ms, path, transcript)


def _defer_host_messages(loop: LoopState) -> None:
    """Messages that wait for the end are the business of whoever called the loop."""
    host, fiber = loop.setup.host, loop.setup.fiber
    assert host is not None
    if loop.setup.parent_id is None:
        # No turn is left that the others could be said in. Those of an inner loop wait for the outer one.
        for delivery in (Delivery.INTERRUPT_IMMEDIATE, Delivery.FINISH_STEP):
            loop.deferred.extend(host.take_messages(fiber, delivery))
    loop.deferred.extend(host.take_messages(fiber, Delivery.WAIT_FOR_COMPLETION))


def _transcript(loop: LoopState) -> dict[str, Value]:
    kept = [reduced for reduced in map(reduced_message, loop.recorded) if reduced is not None]
    return build(
        loop.setup.ids,
        TranscriptParts(
            id=loop.setup.session_id,
            messages=kept,
            other_events=loop.events,
            summary=loop.summary,
            state="active" if loop.status == DONE else "paused",
        ),
    )


def _result(loop: LoopState, duration_ms: int, path: str | None, transcript: dict[str, Value]) -> dict[str, Value]:
    return {
        "status": loop.status,
        "text": "".join(loop.texts),
        "visible_text": loop.visible_text,
        "iterations": loop.iterations,
        "duration_ms": duration_ms,
        "tools_used": loop.tools_used,
        "successful_tools": list(loop.successful),
        "rejected_tools": list(loop.rejected),
        "tool_calling_mode": loop.setup.options.tool_format,
        "deferred_user_messages": loop.deferred,
        "daemon_state": loop.daemon_state,
        "daemon_snapshot_path": path,
        "task_ledger": loop.ledger.to_value(),
        "ledger_done_rejections": loop.ledger_rejections,
        "trace": loop.setup.fiber.runtime.state(AgentTrace).summary(loop.setup.agent_id),
        "transcript": transcript,
    }
