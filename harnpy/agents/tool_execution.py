"""Running one tool: which of the ways it has applies, and what the model is told of the outcome (section 12.5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.agents.call_checks import CheckedCall, denied_text
from harnpy.agents.handlers import call_handler
from harnpy.agents.host import REJECTED, Host, HostError
from harnpy.agents.loop_state import LoopSetup, LoopState
from harnpy.agents.read_only_tools import read_only_tool
from harnpy.agents.tool_recording import ToolRecordings, rejection_reason
from harnpy.agents.tool_spans import tool_span
from harnpy.llm.agent_events import ToolStarted
from harnpy.llm.calls import bare_message
from harnpy.llm.json_values import Json, pretty_json, to_json
from harnpy.vm.classification import category_of_error
from harnpy.vm.display import display
from harnpy.vm.errors import Category, HarnError
from harnpy.vm.span_log import SpanLog, TracedSpans
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_ERROR_MARKS = ("Error:", "ERROR:")
_LONGEST_DOUBLING = 5
_NO_RETRY = " Do not retry this tool."


@dataclass(slots=True)
class ToolRun:
    """What came of a tool. rejection is why it refused to run, None if it ran; span is the one around its run.

    started_at is in Unix seconds, None if it did not start. asked_model is whether the tool made model calls of its own,
    which is only asked while tools are recorded.
    """

    text: str
    rejection: str | None = None
    duration_ms: int = 0
    started_at: float | None = None
    span: tool_span | None = None
    asked_model: bool = False

    @property
    def status(self) -> str:
        """`ok`, `error` or `rejected`."""
        if self.rejection is not None:
            return "rejected"
        return "error" if self.text.startswith(_ERROR_MARKS) else "ok"


def run_tool(loop: LoopState, fiber: Fiber, known: CheckedCall) -> ToolRun:
    """Run the tool of a call on behalf of fiber. Raises only what ends the loop: a deadline around it, a cancellation, and
    a recording that is missing.
    """
    world = fiber.runtime.world
    started_at, started = fiber.effect(world.wall_time), fiber.effect(world.monotonic)
    setup = loop.setup
    span = _span(loop, fiber, known) if fiber.runtime.state(SpanLog).enabled else None
    if setup.is_wanted(ToolStarted):
        setup.emit(ToolStarted(known.name, known.id, loop.turn, setup.agent_id, known.json_arguments))
    if span is None:
        run = _replayed_or_executed(setup, fiber, known)
    else:
        with span:
            run = _replayed_or_executed(setup, fiber, known)
        run.span = span
    run.started_at = started_at
    run.duration_ms = int((fiber.effect(world.monotonic) - started) * 1000)
    return run


def _span(loop: LoopState, fiber: Fiber, known: CheckedCall) -> tool_span:
    return tool_span(
        fiber,
        known.name,
        tool_use_id=known.id,
        call_id=_model_call_id(fiber),
        iteration=loop.turn,
        classification=known.classification,
        declared_paths=known.paths,
    )


def _model_call_id(fiber: Fiber) -> str | None:
    """The id of the call that asked for the tool; it stands in the span of the loop, if there is one."""
    traced = fiber.task.get(TracedSpans)
    around = traced.innermost(fiber.runtime.state(SpanLog).current) if traced.stack else None
    call_id = None if around is None else around.metadata.get("call_id")
    return call_id if type(call_id) is str else None


def rejected(tool: str, reason: str) -> ToolRun:
    return ToolRun(denied_text(tool, reason), reason)


def _replayed_or_executed(setup: LoopSetup, fiber: Fiber, known: CheckedCall) -> ToolRun:
    recordings = fiber.runtime.state(ToolRecordings)
    recorded = recordings.answer(known)
    if recorded is not None:
        return ToolRun(recorded.result, rejection_reason(recorded.result) if recorded.is_rejected else None)
    if not recordings.recording:
        return _executed(setup, fiber, known.name, known.arguments)
    with recordings.watched(fiber) as mark:
        run = _executed(setup, fiber, known.name, known.arguments)
    run.asked_model = mark.asked_model
    return run


def _executed(setup: LoopSetup, fiber: Fiber, name: str, arguments: Value) -> ToolRun:
    entry = setup.tools.handled(name)
    expired = fiber.has_passed_deadline
    try:
        if entry is not None:
            return ToolRun(display(call_handler(fiber, entry, arguments)))
        built_in = read_only_tool(name)
        if built_in is not None:
            return ToolRun(built_in(fiber, arguments))
    except HarnError as error:
        if fiber.has_passed_deadline and not expired:
            raise  # of a deadline around the loop, which is not the tool's to survive
        return _failed(name, error)
    if setup.host is not None:
        return _run_by_host(setup, fiber, setup.host, name, to_json(arguments))
    return rejected(
        name,
        f"Tool '{name}' is not available in the current environment. Use only the tools of the tool-calling contract."
        f"{_NO_RETRY}",
    )


def _failed(name: str, error: HarnError) -> ToolRun:
    if category_of_error(error) is Category.TOOL_REJECTED:
        return rejected(name, f"{bare_message(error)}{_NO_RETRY}")
    return ToolRun(f"Error: {error.text}")


def _run_by_host(setup: LoopSetup, fiber: Fiber, host: Host, name: str, arguments: Json) -> ToolRun:
    """A tool of the host's; what fails otherwise than by a refusal is tried again."""
    retries = setup.options.tool_retries
    attempt = 0
    while True:
        try:
            return _host_result(name, host.builtin_call(fiber, name, arguments))
        except HostError as error:
            if error.code == REJECTED:
                return rejected(name, f"{error.message}{_NO_RETRY}")
            if attempt >= retries:
                return ToolRun(f"Error: {error.message}")
        attempt += 1
        delay_ms = setup.options.tool_backoff_ms * 2 ** min(attempt, _LONGEST_DOUBLING)
        fiber.effect(fiber.runtime.world.sleep, delay_ms / 1000)


def _host_result(name: str, result: Json) -> ToolRun:
    if isinstance(result, str):
        return ToolRun(result)
    if result is None:
        return ToolRun("(no output)")
    run = ToolRun(pretty_json(result))
    if isinstance(result, dict) and result.get("error") == "permission_denied":
        reason = result.get("reason")
        run.rejection = reason if isinstance(reason, str) else "permission denied"
    return run
