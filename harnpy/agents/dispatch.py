"""Phase C of a turn: the calls of the model are checked, run and answered, in order (chapter 12 section 12.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harnpy.agents import hooks
from harnpy.agents.call_checks import CheckedCall, checked
from harnpy.agents.history import assistant_message
from harnpy.agents.loop_detection import skipped_text
from harnpy.agents.loop_state import LoopState, Turn
from harnpy.agents.prefetch import prefetched
from harnpy.agents.tool_execution import ToolRun, run_tool
from harnpy.agents.tool_messages import tool_result
from harnpy.agents.tool_recording import ToolRecordings
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.agent_events import LoopIntervention, ToolExecuted, ToolNotRun, ToolRejected
from harnpy.vm.values import Value

VERIFYING_TOOL = "run"

_PASSED = ("exit_code=0", "Command succeeded", "success=true")
_NOT_PASSED = ("Command failed", "success=false", "exit_code=")
# How the workspace tool `run` ends: that line is the runtime's own, while what stands before it is the command's.
_LAST_LINE = re.compile(r"(?:\A|\n)exit_code=(-?[0-9]{1,18})\s*+\Z")
_UNFINISHED = "ERROR: the loop ended before this call was finished"


@dataclass(slots=True)
class Dispatched:
    """What the calls of one turn came to. used are the names of those that got as far as their tool; results hold
    `{tool_name, status, rejected}` for those that were executed. observations are the results as text.
    """

    used: list[str] = field(default_factory=list)
    results: list[dict[str, Value]] = field(default_factory=list)
    observations: list[str] = field(default_factory=list)


def dispatch(loop: LoopState, turn: Turn) -> Dispatched:
    """Do what the model asked for. Raises only what ends the loop; even then every call is answered."""
    loop.reset_patience()
    loop.append(assistant_message(loop.setup, turn))
    dispatched = Dispatched()
    if not loop.setup.native:
        # In a provider's own shape nothing may come between calls and results; they follow the results there.
        _take_pending(loop, turn)
    ledger = _LedgerAnswers(loop, turn)
    answered = 0
    try:
        early = prefetched(loop, turn.calls)
        for index, call in enumerate(turn.calls):
            known, run = early[index] if index < len(early) else (checked(loop.setup, call), None)
            text = _handle(loop, dispatched, known, run)
            ledger.append(before=known.id)
            _answer(loop, dispatched, known, text)
            answered += 1
        ledger.append()
    except BaseException:
        ledger.append()
        _answer_unfinished(loop, turn, answered)
        raise
    _take_pending(loop, turn)
    return dispatched


def _take_pending(loop: LoopState, turn: Turn) -> None:
    for message in turn.pending:
        loop.append(message)
    turn.pending.clear()


class _LedgerAnswers:
    """The answers of a turn's ledger calls, each of which is appended when it is its turn among all calls.

    There are providers who tell results apart by their order alone.
    """

    def __init__(self, loop: LoopState, turn: Turn) -> None:
        self._loop = loop
        self._answers = dict(turn.ledger_answers)
        self._calls = iter(turn.own_calls if self._answers else ())

    def append(self, before: str | None = None) -> None:
        """Append those that stand before the call with that id, or all that are left."""
        for call in self._calls:
            if call["id"] == before:
                return
            if call["id"] in self._answers:
                self._loop.append(tool_result(self._loop.setup.model.style, call["id"], self._answers[call["id"]]))


def _answer(loop: LoopState, dispatched: Dispatched, known: CheckedCall, text: str) -> None:
    if loop.setup.native:
        loop.append(tool_result(loop.setup.model.style, known.id, text))
    else:
        dispatched.observations.append(f"[result of {known.name}]\n{text}\n[end of {known.name} result]\n\n")


def _answer_unfinished(loop: LoopState, turn: Turn, answered: int) -> None:
    """Providers refuse a conversation with a call that nothing answers."""
    if loop.setup.native:
        for call in turn.calls[answered:]:
            loop.append(tool_result(loop.setup.model.style, call["id"], _UNFINISHED))


def _handle(loop: LoopState, dispatched: Dispatched, known: CheckedCall, run: ToolRun | None) -> str:
    """One call; the text that answers it. run is its outcome if it has been run already."""
    if known.approval == "host_granted":
        metadata = {"tool_name": known.name, "tool_use_id": known.id, "approval": known.approval}
        loop.record("tool_execution", "tool", "internal", "", metadata)
    if known.refusal is not None:
        return _refuse(loop, known)
    event_id = _announce(loop, dispatched, known)
    key = loop.repeated.key_of(known)
    skip_count = loop.repeated.skip_count(key)
    if skip_count is not None:
        return _skip(loop, known, event_id, skip_count)
    if run is None:
        run = run_tool(loop, loop.setup.fiber, known)
    loop.setup.fiber.runtime.state(ToolRecordings).note(known, run, event_id, loop.turn)
    _shape_result(loop, known, run)
    _announce_outcome(loop, known, run, event_id)
    if run.rejection is None:
        _intervene(loop, known, run, key)
    _note_outcome(loop, dispatched, known, run)
    return run.text


def _refuse(loop: LoopState, known: CheckedCall) -> str:
    """A call that does not get as far as its tool."""
    assert known.refusal is not None
    metadata: dict[str, Value] = {"tool_name": known.name, "tool_use_id": known.id, "rejected": True}
    if known.denied:
        metadata["arguments"] = known.json_arguments
        loop.rejected[known.name] = None
    if known.approval is not None:
        metadata["approval"] = known.approval
    loop.record("tool_execution", "tool", "internal", known.refusal, metadata)
    _tell_not_run(loop, known, "denied" if known.denied else "invalid", known.reason)
    return known.refusal


def _tell_not_run(loop: LoopState, known: CheckedCall, kind: str, reason: str) -> None:
    """Observers of the run hear of every call; the agent trace of programs has none of these (section 12.13.1)."""
    setup = loop.setup
    setup.emit(ToolNotRun(known.name, known.id, kind, reason, loop.turn, setup.agent_id, known.json_arguments))


def _announce(loop: LoopState, dispatched: Dispatched, known: CheckedCall) -> str:
    """A call reaches its tool: the id of the events about it."""
    setup = loop.setup
    call_id = known.id
    arguments = known.json_arguments
    loop.record("tool_intent", "assistant", "internal", known.name, {"arguments": arguments, "tool_use_id": call_id})
    dispatched.used.append(known.name)
    event_id = f"tool-{call_id}" if call_id else f"tool-iter-{loop.turn}-{len(dispatched.used)}"
    if setup.is_followed:
        kind = None if known.annotations is None else known.annotations.kind.value
        setup.notify(
            "tool_call",
            {
                "tool_call_id": event_id,
                "tool_name": known.name,
                "kind": kind,
                "status": "pending",
                "raw_input": arguments,
            },
        )
        _update(loop, known, event_id, "in_progress", None, None)
    return event_id


def _update(loop: LoopState, known: CheckedCall, event_id: str, status: str, output: Value, error: str | None) -> None:
    if not loop.setup.is_followed:
        return
    loop.setup.notify(
        "tool_call_update",
        {
            "tool_call_id": event_id,
            "tool_name": known.name,
            "status": status,
            "raw_output": output,
            "error": error,
        },
    )


def _skip(loop: LoopState, known: CheckedCall, event_id: str, count: int) -> str:
    """A call that has been repeated too often."""
    text = skipped_text(known.name, count)
    skipped: dict[str, Value] = {"loop_skipped": True, "repeat_count": count}
    metadata = {"tool_name": known.name, "tool_use_id": known.id, **skipped}
    loop.record("tool_execution", "tool", "internal", text, metadata)
    reason = f"tool loop detected (skipped after {count} repeats)"
    _update(loop, known, event_id, "failed", skipped, reason)
    _tell_not_run(loop, known, "repeated", reason)
    return text


def _shape_result(loop: LoopState, known: CheckedCall, run: ToolRun) -> None:
    """The result as the model sees it, and what it says about verification."""
    setup = loop.setup
    if setup.options.exit_when_verified and known.name == VERIFYING_TOOL:
        loop.last_run_exit_code = _exit_code(run.text, loop.last_run_exit_code)
    if setup.options.compaction is not None:
        run.text = setup.options.compaction.shortened_output(setup.fiber, known.name, run.text)
    if run.span is not None:
        run.span.ended(run.text, rejected=run.rejection is not None)
    run.text = hooks.shortened(setup.fiber, known.name, run.text)


def _exit_code(text: str, before: int | None) -> int | None:
    last = _LAST_LINE.search(text, max(0, text.rstrip(WHITE_SPACE).rfind("\n")))
    if last is not None:
        return 0 if int(last[1]) == 0 else 1
    if any(mark in text for mark in _PASSED):
        return 0
    return 1 if any(mark in text for mark in _NOT_PASSED) else before


def _announce_outcome(loop: LoopState, known: CheckedCall, run: ToolRun, event_id: str) -> None:
    refused = run.rejection is not None
    output = {"text": run.text, "tool_use_id": known.id}
    _update(loop, known, event_id, "failed" if refused else "completed", output, run.text if refused else None)


def _intervene(loop: LoopState, known: CheckedCall, run: ToolRun, key: str | bytes) -> None:
    intervention = loop.repeated.note(key, known.name, run.text)
    if intervention is None:
        return
    run.text = intervention.result
    loop.setup.emit(LoopIntervention(known.name, intervention.kind, intervention.count, loop.turn, loop.setup.agent_id))


def _note_outcome(loop: LoopState, dispatched: Dispatched, known: CheckedCall, run: ToolRun) -> None:
    setup = loop.setup
    status = run.status
    call_id = known.id
    dispatched.results.append({"tool_name": known.name, "status": status, "rejected": run.rejection is not None})
    metadata: dict[str, Value] = {"tool_name": known.name, "tool_use_id": call_id, "status": status}
    if run.rejection is not None:
        metadata["rejected"] = True
    loop.record("tool_execution", "tool", "internal", run.text, metadata)
    if run.rejection is not None:
        loop.rejected[known.name] = None
        setup.emit(ToolRejected(known.name, run.rejection, loop.turn, setup.agent_id, call_id, run.duration_ms))
        return
    setup.emit(
        ToolExecuted(
            known.name,
            call_id,
            run.duration_ms,
            status,
            known.classification,
            loop.turn,
            setup.agent_id,
            known.json_arguments,
            run.text,
            run.started_at,
        )
    )
