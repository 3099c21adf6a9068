"""Transcript values: a conversation with its events (chapter 11 section 26). Plain Harn dicts, made and never changed.

New ids come from an iterator that the caller passes in, since drawing one touches the world.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harnpy.llm.transcript_blocks import INTERNAL, PUBLIC, content_blocks, event_visibility, render_blocks, text_block
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.values import Value

VERSION = 2

# What making ids touches.
ID_EFFECTS = frozenset({"clock", "random"})

_MESSAGE_KINDS = ("message", "tool_result")


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What happens to a transcript as a whole: the kind and the text of the event that says so."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptParts:
    """What a transcript is made of. other_events are those that belong to no message; None means absent.

    Without an id a transcript gets a new one.
    """

    id: str | None = None
    messages: list[Value] = field(default_factory=list)
    other_events: list[Value] = field(default_factory=list)
    assets: list[Value] = field(default_factory=list)
    summary: str | None = None
    metadata: Value = None
    state: str | None = None


def is_transcript(value: Value) -> bool:
    return type(value) is dict and value.get("_type") == "transcript"


def require_transcript(value: Value, name: str) -> dict[str, Value]:
    """value, if it is a transcript. Throws the error of the builtin called name otherwise."""
    if not is_transcript(value):
        raise thrown(f"{name}: argument must be a transcript")
    transcript: dict[str, Value] = value
    return transcript


def message_list(transcript: dict[str, Value]) -> list[Value]:
    """Throws for messages that are no list; a transcript without any has an empty one."""
    return _required_list(transcript, "messages")


def asset_list(transcript: dict[str, Value]) -> list[Value]:
    """Throws for assets that are no list; a transcript without any has an empty one."""
    return _required_list(transcript, "assets")


def event_list(transcript: dict[str, Value]) -> list[Value]:
    events = transcript.get("events")
    return events if type(events) is list else []


def text_entry(transcript: dict[str, Value], key: str) -> str | None:
    """The id, summary or state of a transcript; what is empty or no string counts as absent."""
    value = transcript.get(key)
    return value if type(value) is str and value else None


def parts_of(transcript: dict[str, Value]) -> TranscriptParts:
    """What of a transcript outlives its rebuilding. Throws for messages and assets that are no lists."""
    return TranscriptParts(
        id=text_entry(transcript, "id"),
        messages=message_list(transcript),
        other_events=[event for event in event_list(transcript) if not _tells_of_message(event)],
        assets=asset_list(transcript),
        summary=text_entry(transcript, "summary"),
        metadata=transcript.get("metadata"),
        state=text_entry(transcript, "state"),
    )


def build(ids: Iterator[str], parts: TranscriptParts, lifecycle: Lifecycle | None = None) -> dict[str, Value]:
    """A transcript: one new event per message, then the other events in their order, then that of lifecycle."""
    transcript: dict[str, Value] = {
        "_type": "transcript",
        "version": VERSION,
        "id": next(ids) if parts.id is None else parts.id,
        "messages": parts.messages,
        "events": [*(message_event(ids, message) for message in parts.messages), *parts.other_events],
        "assets": parts.assets,
    }
    if lifecycle is not None:
        transcript["events"].append(plain_event(ids, lifecycle.kind, "system", INTERNAL, lifecycle.text))
    if parts.summary:
        transcript["summary"] = parts.summary
    if parts.metadata is not None:
        transcript["metadata"] = parts.metadata
    if parts.state is not None:
        transcript["state"] = parts.state
    return transcript


def message_event(ids: Iterator[str], message: Value) -> dict[str, Value]:
    """The event of one message."""
    role = message_role(message)
    default = INTERNAL if role == "tool_result" else PUBLIC
    content = message.get("content") if type(message) is dict else None
    if type(content) is str:
        visibility, text, blocks = default, content, [text_block(content, default)]
    else:
        blocks = content_blocks(content, default)
        visibility, text = event_visibility(blocks, default), render_blocks(blocks)
    return {
        "id": next(ids),
        "kind": "tool_result" if role == "tool_result" else "message",
        "role": role,
        "visibility": visibility,
        "text": text,
        "blocks": blocks,
    }


def message_role(message: Value) -> str:
    """The role of a message: `user` where it does not say."""
    role = message.get("role") if type(message) is dict else None
    return "user" if role is None else display(role)


def plain_event(
    ids: Iterator[str], kind: str, role: str, visibility: str, text: str, metadata: Value = None
) -> dict[str, Value]:
    """A lifecycle or payload event."""
    event: dict[str, Value] = {
        "id": next(ids),
        "kind": kind,
        "role": role,
        "visibility": visibility,
        "text": text,
        "blocks": [text_block(text, visibility)],
    }
    if metadata is not None:
        event["metadata"] = metadata
    return event


def _required_list(transcript: dict[str, Value], key: str) -> list[Value]:
    value = transcript.get(key, [])
    if type(value) is not list:
        raise thrown(f"transcript.{key} must be a list")
    return value


def _tells_of_message(event: Value) -> bool:
    return type(event) is dict and event.get("kind") in _MESSAGE_KINDS
