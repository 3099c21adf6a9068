"""Phase D of a turn: its results reach the model, and whether the loop goes on is decided (chapter 12 section 12.1.4)."""

from __future__ import annotations

from harnpy.agents.daemon import idle
from harnpy.agents.dispatch import Dispatched
from harnpy.agents.feedback import DEFAULT_NUDGE, action_nudge, feedback, parse_errors, suppressed_errors
from harnpy.agents.history import assistant_message
from harnpy.agents.host import Delivery
from harnpy.agents.loop_compaction import joined_summary
from harnpy.agents.loop_state import LoopState, Turn
from harnpy.agents.tool_messages import tool_result
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.agent_events import ContextCompacted
from harnpy.llm.token_estimate import estimate_tokens
from harnpy.vm.compare import utf8_length
from harnpy.vm.display import display
from harnpy.vm.values import Value

STUCK = "stuck"

_EXCERPT_CHARACTERS = 240


def after_tools(loop: LoopState, turn: Turn, dispatched: Dispatched) -> bool:
    """End a turn that called tools; whether another one follows. Raises what a callback raises."""
    loop.tools_used.extend(dispatched.used)
    if dispatched.observations:
        loop.append(feedback("tool_results", "".join(dispatched.observations)))
    if loop.take_host_messages(Delivery.FINISH_STEP):
        loop.text_only_turns = 0
    loop.single_tool_turns = loop.single_tool_turns + 1 if len(turn.calls) == 1 else 0
    succeeded = [display(result["tool_name"]) for result in dispatched.results if result["status"] == "ok"]
    loop.successful.update(dict.fromkeys(succeeded))
    # All names of tools since the first turn are in it, which would make a long loop quadratic for nobody.
    information = None
    if loop.setup.options.post_turn_callback is not None or loop.setup.is_followed:
        information = _turn_information(loop, turn, dispatched, succeeded)
        loop.setup.notify("turn_end", {"iteration": loop.turn, "turn_info": information})
    stops = loop.setup.options.stop_after_successful_tools
    if stops and not set(succeeded).isdisjoint(stops):
        return False
    if information is not None and _program_stops(loop, information):
        return False
    compact_if_due(loop)
    if turn.parse_errors:
        loop.append(parse_errors(turn.parse_errors))
    if turn.sentinel_hit and turn.parse_errors:
        loop.setup.context.warn(suppressed_errors(turn.parse_errors))
    return not turn.sentinel_hit


def after_text(loop: LoopState, turn: Turn) -> bool:
    """End a turn without tool calls; whether another one follows."""
    options = loop.setup.options
    loop.append(assistant_message(loop.setup, turn))
    for call_id, answer in turn.ledger_answers:
        loop.append(tool_result(loop.setup.model.style, call_id, answer))
    for message in turn.pending:
        loop.append(message)
    if turn.sentinel_hit:
        return False
    if turn.parse_errors:
        loop.append(parse_errors(turn.parse_errors))
        loop.text_only_turns = 0
        return True
    if not options.persistent:
        return options.daemon is not None and idle(loop, options.daemon)
    if loop.take_host_messages(Delivery.FINISH_STEP):
        loop.reset_patience()
        return True
    return _nudge(loop, turn)


def _nudge(loop: LoopState, turn: Turn) -> bool:
    """Ask a model that only talks to act, as often as it is worth it."""
    options = loop.setup.options
    loop.text_only_turns += 1
    if loop.text_only_turns > options.max_nudges:
        loop.status = STUCK
        tail = turn.text.strip(WHITE_SPACE)
        excerpt = tail if len(tail) <= _EXCERPT_CHARACTERS else tail[:_EXCERPT_CHARACTERS] + "…"
        loop.setup.notify(
            "loop_stuck",
            {"max_nudges": options.max_nudges, "last_iteration": loop.turn, "tail_excerpt": excerpt},
        )
        return False
    nudge = action_nudge(options.turn_policy, native=options.native, after_prose=turn.prose_too_long)
    loop.append(feedback("nudge", nudge or options.nudge or DEFAULT_NUDGE))
    return True


def _turn_information(loop: LoopState, turn: Turn, dispatched: Dispatched, succeeded: list[str]) -> dict[str, Value]:
    return {
        "tool_names": [call["name"] for call in turn.calls],
        "tool_results": dispatched.results,
        "successful_tool_names": succeeded,
        "tool_count": len(turn.calls),
        "iteration": loop.turn,
        "consecutive_single_tool_turns": loop.single_tool_turns,
        "session_tools_used": list(loop.tools_used),
        "session_successful_tools": list(loop.successful),
    }


def _program_stops(loop: LoopState, information: dict[str, Value]) -> bool:
    """Whether the program's own callback ends the loop; what it says goes to the model."""
    callback = loop.setup.options.post_turn_callback
    if callback is None:
        return False
    answer = loop.setup.fiber.call(callback, information)
    message, stop = answer, answer
    if type(answer) is dict:
        message, stop = answer.get("message"), answer.get("stop")
    if type(message) is str and message.strip(WHITE_SPACE):
        loop.append(feedback("post_turn_callback", message))
    return stop is True


def compact_if_due(loop: LoopState) -> None:
    """Archive old messages if the model's view of the conversation has grown too long."""
    setup = loop.setup
    compaction = setup.options.compaction
    if compaction is None or not compaction.settings.due(loop.visible, setup.system or ""):
        return
    before = estimate_tokens(loop.visible)
    compacted = compaction.compact(setup.fiber, loop.visible, setup.model)
    if compacted is None:
        return
    loop.visible = list(compacted.messages)
    loop.summary = joined_summary(loop.summary, compacted.summary)
    saved = max(0, before - estimate_tokens(loop.visible))
    setup.emit(ContextCompacted(saved, utf8_length(compacted.summary), loop.turn, setup.agent_id))
