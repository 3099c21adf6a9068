"""Builtins that count and pick in a transcript, or in anything that has messages and events (chapter 11 section 26.7)."""

from __future__ import annotations

from collections import Counter

from harnpy.llm.transcript import message_role
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

_VISIBLE = ("public", "visible")


@builtin("transcript_stats(transcript: dict) -> dict", pure=True)
def transcript_stats(transcript: Value = None) -> Value:
    """Counts of a transcript's messages by role, of its tool calls and of its visible events. Never throws."""
    messages = _dicts(transcript, "messages")
    roles = Counter(map(message_role, messages))
    calls = [message.get("tool_calls") for message in messages]
    return {
        "message_count": len(messages),
        "user_message_count": roles["user"],
        "assistant_message_count": roles["assistant"],
        "user_facing_message_count": roles["user"] + roles["assistant"],
        "tool_result_message_count": roles["tool"] + roles["tool_result"],
        "tool_call_count": sum(len(each) for each in calls if type(each) is list),
        "visible_event_count": sum(event.get("visibility") in _VISIBLE for event in _dicts(transcript, "events")),
    }


@builtin("transcript_events_by_kind(transcript: dict, kind: string) -> list", pure=True)
def transcript_events_by_kind(transcript: Value = None, kind: Value = None) -> list[Value]:
    """The events of this kind in a transcript, or in anything that has events. Never throws."""
    wanted = display(kind)
    return [event for event in _dicts(transcript, "events") if event.get("kind") == wanted]


def _dicts(value: Value, key: str) -> list[dict[str, Value]]:
    """The dicts in the list that value has under key; none if it has no such list."""
    entries = value.get(key) if type(value) is dict else None
    return [entry for entry in entries if type(entry) is dict] if type(entries) is list else []
