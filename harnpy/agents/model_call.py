"""Phase B of a turn: the model is called and its answer is taken apart (chapter 12 section 12.1.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harnpy.agents.feedback import (
    action_nudge,
    feedback,
    ledger_result,
    parse_guidance,
    protocol_violation,
    sentinel_without_action,
    truncated_narration,
    verification_gate,
)
from harnpy.agents.ledger import LedgerError
from harnpy.agents.loop_state import LoopState, Turn
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.agent_events import PhaseChanged, ResponseInterpreted
from harnpy.llm.deltas import RawResult, ToolCall
from harnpy.llm.options import LlmOptions
from harnpy.llm.pipeline import observed_call
from harnpy.llm.spans import current_span_id
from harnpy.llm.tagged import LEDGER_TOOL, parse_tagged

_PHASE = re.compile(r"^[^\S\n]*+next_phase:([^\n]*+)", re.MULTILINE)
_PROSE_TAG = re.compile(r"</?assistant_prose>")
_LEDGER_CALL = "ledger_call"
_SHOWN_ERRORS = 2
_WARNED_CHARACTERS = 200


def model_turn(loop: LoopState, request: LlmOptions) -> Turn:
    """Make the call and take the answer apart. Raises the error of the call."""
    result = observed_call(loop.setup.context, request, loop.turn)
    turn = _interpreted(loop, result)
    _record(loop, turn, _shape_narration(loop, turn))
    if turn.parse_errors:
        turn.pending.append(parse_guidance(turn.parse_errors, len(turn.calls)))
        _warn_about_errors(loop, turn)
    if turn.tagged.violations and not loop.setup.native:
        turn.pending.append(protocol_violation(turn.tagged.violations, loop.setup.options.done_sentinel))
    _check_ending(loop, turn)
    _apply_ledger_calls(loop, turn)
    return turn


def _interpreted(loop: LoopState, result: RawResult) -> Turn:
    setup = loop.setup
    text = result["text"]
    if loop.prefill is not None and not text.startswith(loop.prefill):
        text = loop.prefill + text
    loop.texts.append(text)
    loop.last_text = text
    tagged = parse_tagged(text, setup.tools.names)
    narration = (tagged.prose or text).strip(WHITE_SPACE)
    provided = result["tool_calls"]
    if provided:
        calls = _with_distinct_ids(loop, provided) if setup.native else list(provided)
        return Turn(result, text, tagged, calls, True, calls, (), narration)
    calls = list(tagged.calls) if setup.has_tools else []
    if calls and setup.native:
        setup.context.info("agent", "native-mode stage accepted text-mode tool calls (model fell back to text)")
        calls = [{**call, "id": f"call_{loop.iterations}_{number}"} for number, call in enumerate(calls)]
    return Turn(result, text, tagged, calls, False, calls, tagged.errors if setup.has_tools else (), narration)


def _with_distinct_ids(loop: LoopState, calls: Sequence[ToolCall]) -> list[ToolCall]:
    """The calls of a turn so that each result names one of them: providers refuse ids that are empty or there twice."""
    seen: set[str] = set()
    distinct: list[ToolCall] = []
    for number, call in enumerate(calls):
        if not call["id"] or call["id"] in seen:
            call = {**call, "id": f"call_{loop.iterations}_{number}"}
        seen.add(call["id"])
        distinct.append(call)
    return distinct


def _record(loop: LoopState, turn: Turn, shaped: str) -> None:
    """What the answer adds to the transcript beside its messages, and to logs, with its narration as people see it."""
    result = turn.result
    payload = {
        "model": result["model"],
        "input_tokens": result["input_tokens"],
        "output_tokens": result["output_tokens"],
        "tool_calls": result["tool_calls"],
        "tool_calling_mode": loop.setup.options.tool_format,
    }
    loop.record("provider_payload", "assistant", "internal", "", payload)
    if result["thinking"]:
        loop.record("private_reasoning", "assistant", "private", result["thinking"])
    if loop.setup.is_wanted(ResponseInterpreted):
        loop.setup.emit(
            ResponseInterpreted(
                loop.iterations,
                loop.setup.options.tool_format,
                shaped,
                tuple(turn.calls),
                turn.parse_errors,
                current_span_id(loop.setup.fiber),
                loop.setup.agent_id,
            )
        )


def _warn_about_errors(loop: LoopState, turn: Turn) -> None:
    shown = "; ".join(turn.parse_errors[:_SHOWN_ERRORS])[:_WARNED_CHARACTERS]
    loop.setup.context.warn(
        f"{len(turn.parse_errors)} tool-call parse error(s): {shown} (parsed_calls={len(turn.calls)})"
    )


def _shape_narration(loop: LoopState, turn: Turn) -> str:
    """The narration as people see it; the turn's visible text is that with its done block."""
    policy = loop.setup.options.turn_policy
    limit = None if policy is None else policy.max_prose_chars
    shaped = turn.narration
    if limit is not None and len(shaped) > limit:
        turn.prose_too_long = True
        shaped = truncated_narration(shaped, limit)
    loop.visible_text = shaped
    done = turn.tagged.done_marker
    if done is not None:
        block = f"<done>{done}</done>"
        loop.visible_text = f"{shaped}\n\n{block}" if shaped else block
    return shaped


# --- whether the loop may end --------------------------------------------------------------------------------------


def _check_ending(loop: LoopState, turn: Turn) -> None:
    """Note whether the turn ends the loop, and what the model is to be told if it wanted to end it too early."""
    options = loop.setup.options
    seen = _says_done(loop, turn)
    phase_changed = _changes_phase(loop, turn)
    verified = not options.exit_when_verified or loop.last_run_exit_code == 0
    acted = bool(loop.tools_used or turn.calls)
    unresolved = loop.ledger.unresolved
    allowed = seen and verified and acted and not unresolved
    turn.sentinel_hit = options.persistent and (allowed or phase_changed)
    if not (options.persistent and seen):
        return
    if unresolved:
        turn.pending.append(feedback("ledger_not_satisfied", loop.ledger.rejection()))
        loop.ledger_rejections += 1
    if not verified:
        turn.pending.append(verification_gate(loop.last_run_exit_code))
    if not acted and loop.setup.has_tools:
        nudge = action_nudge(options.turn_policy, native=options.native, after_prose=turn.prose_too_long)
        turn.pending.append(sentinel_without_action(options.turn_policy, nudge))


def _says_done(loop: LoopState, turn: Turn) -> bool:
    sentinel = loop.setup.options.done_sentinel
    if turn.tagged.done_marker == sentinel.strip(WHITE_SPACE):
        return True
    return (loop.setup.native or not loop.setup.has_tools) and sentinel in turn.text


def _changes_phase(loop: LoopState, turn: Turn) -> bool:
    current = loop.setup.options.break_unless_phase
    if current is None:
        return False
    lines: list[str] = _PHASE.findall(_PROSE_TAG.sub("", turn.text))
    named = [phase for line in lines if (phase := line.strip(WHITE_SPACE))]
    if not named or named[-1] == current:
        return False
    loop.setup.emit(PhaseChanged(current, named[-1], loop.turn, loop.setup.agent_id))
    return True


# --- the ledger ----------------------------------------------------------------------------------------------------


def _apply_ledger_calls(loop: LoopState, turn: Turn) -> None:
    """Calls of the ledger are the loop's own business: they are done here and not dispatched."""
    if not any(call["name"] == LEDGER_TOOL for call in turn.calls):
        return
    for call in turn.calls:
        if call["name"] != LEDGER_TOOL:
            continue
        answer = _ledger_answer(loop, call)
        if loop.setup.native and turn.from_provider:
            turn.ledger_answers.append((call["id"], answer))
        else:
            turn.pending.append(ledger_result(call["id"] or _LEDGER_CALL, answer))
    turn.calls = [call for call in turn.calls if call["name"] != LEDGER_TOOL]


def _ledger_answer(loop: LoopState, call: ToolCall) -> str:
    arguments = call["arguments"]
    if isinstance(arguments, dict) and isinstance(arguments.get("__parse_error"), str):
        return f"ledger error: {arguments['__parse_error']}"
    try:
        summary = loop.ledger.apply(arguments)
    except LedgerError as error:
        return f"ledger error: {error}"
    loop.tools_used.append(LEDGER_TOOL)
    loop.successful[LEDGER_TOOL] = None
    return f"ledger: {summary}"
