"""Builtins that grow a conversation, which is a plain list of messages or a transcript (chapter 11 section 25)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harnpy.llm.context import CallContext
from harnpy.llm.transcript import ID_EFFECTS, build, is_transcript, parts_of
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("conversation() -> list", pure=True)
def conversation() -> list[Value]:
    """An empty list of messages, to add messages to."""
    return []


@builtin("add_message(conversation: list | dict, role: string, content: any)", effects=ID_EFFECTS)
def add_message(fiber: Fiber, conversation: Value = None, role: Value = None, content: Value = MISSING) -> Value:
    """The conversation, a message list or a transcript, with a message of this role at its end.

    Throws `add_message: first argument must be a message list or transcript`.
    """
    return _added(fiber, "add_message", conversation, _message("user" if role is None else display(role), content))


@builtin("add_user(conversation: list | dict, content: any)", effects=ID_EFFECTS)
def add_user(fiber: Fiber, conversation: Value = None, content: Value = MISSING) -> Value:
    """The conversation, a message list or a transcript, with a message of the user at its end.

    content is text or a list of blocks. Throws `add_user: first argument must be a message list or transcript`.
    """
    return _added(fiber, "add_user", conversation, _message("user", content))


@builtin("add_assistant(conversation: list | dict, content: any)", effects=ID_EFFECTS)
def add_assistant(fiber: Fiber, conversation: Value = None, content: Value = MISSING) -> Value:
    """The conversation, a message list or a transcript, with a message of the assistant at its end.

    content is text or a list of blocks. Throws `add_assistant: first argument must be a message list or transcript`.
    """
    return _added(fiber, "add_assistant", conversation, _message("assistant", content))


@builtin("add_system(conversation: list | dict, content: any)", effects=ID_EFFECTS)
def add_system(fiber: Fiber, conversation: Value = None, content: Value = MISSING) -> Value:
    """The conversation, a message list or a transcript, with a system message at its end.

    content is text or a list of blocks. Throws `add_system: first argument must be a message list or transcript`.
    """
    return _added(fiber, "add_system", conversation, _message("system", content))


@builtin("add_tool_result(conversation: list | dict, tool_use_id: string, result: any)", effects=ID_EFFECTS)
def add_tool_result(fiber: Fiber, conversation: Value = None, tool_use_id: Value = "", result: Value = "") -> Value:
    """The conversation, a message list or a transcript, with the result of a tool call at its end, as text.

    Throws `add_tool_result: first argument must be a message list or transcript`.
    """
    message = {"role": "tool_result", "tool_use_id": display(tool_use_id), "content": display(result)}
    return _added(fiber, "add_tool_result", conversation, message)


def _message(role: str, content: Value) -> dict[str, Value]:
    return {"role": role, "content": "" if content is MISSING else content}


def _added(fiber: Fiber, name: str, conversation: Value, message: dict[str, Value]) -> Value:
    if type(conversation) is list:
        return [*conversation, message]
    if not is_transcript(conversation):
        raise thrown(f"{name}: first argument must be a message list or transcript")
    parts = parts_of(conversation)
    return build(CallContext(fiber).ids(), replace(parts, messages=[*parts.messages, message]))
