"""Messages from Harn to the wire (chapter 11 section 7), and their shapes for the debugging line."""

from __future__ import annotations

from harnpy.llm.json_values import Json, compact_json, to_json
from harnpy.vm.display import display
from harnpy.vm.values import Value


def wire_messages(prompt: str, messages: Value) -> list[Json]:
    """The messages to send: the converted list if one was given, else the prompt as one user message."""
    if type(messages) is not list:
        return [{"role": "user", "content": prompt}]
    return [_wire_message(message) for message in messages if type(message) is dict]


def _wire_message(message: dict[str, Value]) -> dict[str, Json]:
    role = display(message["role"]) if message.get("role") is not None else "user"
    if role == "tool_result":
        identifier = message.get("tool_use_id")
        content = message.get("content", "")
        block = {
            "type": "tool_result",
            "tool_use_id": "" if identifier is None else display(identifier),
            "content": content if type(content) is str else compact_json(to_json(content)),
        }
        return {"role": "user", "content": [block]}
    wire: dict[str, Json] = to_json(message)
    wire["role"] = role
    wire["content"] = _without_visibility(wire.get("content", ""))
    return wire


def _without_visibility(content: Json) -> Json:
    """Visibility is a matter of transcripts; providers reject blocks with keys that they do not know."""
    if isinstance(content, list):
        return [_without_visibility(block) for block in content]
    if isinstance(content, dict):
        return {key: value for key, value in content.items() if key != "visibility"}
    return content


def content_text(content: Json) -> str:
    """Message content flattened to text (section 7.2)."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return compact_json(content)
    text = ""
    for block in content:
        if block is None:
            continue
        kind = block.get("type") if isinstance(block, dict) else None
        if kind in ("text", "output_text"):
            text += _text_of(block.get("text"))
        elif kind == "tool_result":
            text += ("\n\n" if text else "") + "[Result] " + _text_of(block.get("content"))
        elif kind in ("reasoning", "thinking"):
            text += ("\n" if text else "") + (_text_of(block.get("text")) or _text_of(block.get("thinking")))
        else:
            inner = block.get("text") if isinstance(block, dict) else None
            text += ("\n" if text else "") + (inner if isinstance(inner, str) else compact_json(block))
    return text


def _text_of(value: Json) -> str:
    return value if isinstance(value, str) else ""


def last_text(messages: list[Json]) -> str:
    """The content of the last message if it is text, else ""."""
    return _text_of(messages[-1].get("content")) if messages else ""


def message_shapes(messages: list[Json]) -> str:
    """One word group per message for HARN_DEBUG_MESSAGE_SHAPES; no content appears in it."""
    return " | ".join(_shape(index, message) for index, message in enumerate(messages))


def _shape(index: int, message: dict[str, Json]) -> str:
    calls = message.get("tool_calls")
    return (
        f"#{index}:{message.get('role', '?')}:content={_content_kind(message)}"
        f":tool_call_id={_word('tool_call_id' in message)}"
        f":tool_calls={len(calls) if isinstance(calls, list) else 0}"
        f":reasoning={_word('reasoning' in message)}"
    )


def _content_kind(message: dict[str, Json]) -> str:
    if "content" not in message:
        return "missing"
    match message["content"]:
        case None:
            return "null"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
    return "other"


def _word(flag: bool) -> str:
    return "true" if flag else "false"
