"""A program's last word on what its model sees: `context_callback` and `context_filter` (chapter 12 section 12.1.9)."""

from __future__ import annotations

from collections.abc import Callable

from harnpy.agents.loop_state import LoopState
from harnpy.llm.json_values import Json
from harnpy.llm.messages import wire_messages
from harnpy.vm.display import display
from harnpy.vm.values import Value

_RECENT = 10
_RESULTS_KIND = '<runtime_feedback kind="tool_results">'


def shaped_context(loop: LoopState, messages: list[Json], system: str | None) -> tuple[list[Json], str | None]:
    """Messages and system prompt of the next call as the loop's callback leaves them.

    It may return nil, a list of messages, or a dict with `messages` and `system`. Raises what it raises.
    """
    callback = loop.setup.options.context_callback
    if callback is None:
        return messages, system
    answer = loop.setup.fiber.call(callback, _information(loop, messages, system))
    if type(answer) is list:
        return wire_messages("", answer), system
    if type(answer) is dict:
        if type(answer.get("messages")) is list:
            messages = wire_messages("", answer["messages"])
        if answer.get("system") is not None:
            system = display(answer["system"]) or None
    return messages, system


def _information(loop: LoopState, messages: list[Json], system: str | None) -> dict[str, Value]:
    visible, recorded = loop.visible, loop.recorded
    return {
        "iteration": loop.turn,
        "system": system,
        "messages": list(messages),
        "visible_messages": list(visible),
        "recorded_messages": list(recorded),
        "recent_visible_messages": visible[-_RECENT:],
        "recent_recorded_messages": recorded[-_RECENT:],
        "latest_visible_user_message": _latest(visible, _is_from_user),
        "latest_visible_assistant_message": _latest(visible, _is_from_assistant),
        "latest_recorded_user_message": _latest(recorded, _is_from_user),
        "latest_recorded_assistant_message": _latest(recorded, _is_from_assistant),
        "latest_tool_result": _latest(visible, _is_tool_result),
        "latest_recorded_tool_result": _latest(recorded, _is_tool_result),
    }


def _latest(messages: list[Value], fits: Callable[[Value], bool]) -> Value:
    return next((message for message in reversed(messages) if fits(message)), None)


def _is_from_user(message: Value) -> bool:
    return bool(message.get("role") == "user") and not _is_tool_result(message)


def _is_from_assistant(message: Value) -> bool:
    return bool(message.get("role") == "assistant")


def _is_tool_result(message: Value) -> bool:
    if message.get("role") in ("tool", "tool_result"):
        return True
    content = message.get("content")
    if type(content) is str:
        return content.startswith(_RESULTS_KIND)
    return type(content) is list and any(
        type(block) is dict and block.get("type") == "tool_result" for block in content
    )
