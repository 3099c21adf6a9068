"""Transcript values: a conversation with its events (chapter 11 section 26). Plain Harn dicts, made and never changed.

New ids come from an iterator that the caller passes in, since drawing one touches the world.
"""

from __future__ import annotations

from collections.abc import Iterator

from harnpy.vm.display import display
from harnpy.vm.values import Value

_LABELS = ("name", "title", "path", "asset_id")


def new_transcript(
    ids: Iterator[str], messages: list[Value], other_events: list[Value], state: str | None = None
) -> dict[str, Value]:
    """A transcript with a new id: one event per message, then the other events in their order."""
    transcript: dict[str, Value] = {
        "_type": "transcript",
        "version": 2,
        "id": next(ids),
        "messages": messages,
        "events": [*(message_event(ids, message) for message in messages), *other_events],
        "assets": [],
    }
    if state is not None:
        transcript["state"] = state
    return transcript


def message_event(ids: Iterator[str], message: Value) -> dict[str, Value]:
    """The event of one message."""
    fields: dict[str, Value] = message if type(message) is dict else {}
    role = display(fields["role"]) if fields.get("role") is not None else "user"
    default = "internal" if role == "tool_result" else "public"
    blocks = content_blocks(fields.get("content"), default)
    return {
        "id": next(ids),
        "kind": "tool_result" if role == "tool_result" else "message",
        "role": role,
        "visibility": _visibility(blocks, default),
        "text": render_blocks(blocks),
        "blocks": blocks,
    }


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
        "blocks": [{"type": "text", "text": text, "visibility": visibility}],
    }
    if metadata is not None:
        event["metadata"] = metadata
    return event


def content_blocks(content: Value, visibility: str) -> list[Value]:
    """Message content as blocks; visibility is that of blocks which do not say."""
    if content is None:
        return []
    if type(content) is list:
        return [_block(element, visibility) for element in content]
    return [_block(content, visibility)]


def _block(element: Value, visibility: str) -> dict[str, Value]:
    if type(element) is dict:
        return {"type": "text", "visibility": visibility, **element}
    return {"type": "text", "text": display(element), "visibility": visibility}


def render_blocks(blocks: list[Value]) -> str:
    """The blocks as one line of text; what is not text appears as `<KIND:LABEL>`."""
    return " ".join(filter(None, map(_rendered, blocks)))


def _rendered(block: dict[str, Value]) -> str:
    kind = display(block.get("type"))
    match kind:
        case "text" | "output_text" | "reasoning":
            text = block.get("text")
            if text is None:
                text = block.get("content")
            return "" if text is None else display(text)
        case "tool_call" | "tool_result":
            name = block.get("name")
            return f"<{kind}:{'tool' if name is None else display(name)}>"
        case "image" | "input_image":
            return f"<image:{_label(block, 'image')}>"
        case "file" | "document" | "attachment":
            return f"<{kind}:{_label(block, kind)}>"
    return f"<{kind}>"


def _label(block: dict[str, Value], kind: str) -> str:
    for key in _LABELS:
        if block.get(key) is not None:
            return display(block[key])
    return kind


def _visibility(blocks: list[Value], default: str) -> str:
    visibility = default
    for block in blocks:
        if block.get("visibility") == "public":
            return "public"
        if block.get("visibility") == "internal":
            visibility = "internal"
    return visibility
