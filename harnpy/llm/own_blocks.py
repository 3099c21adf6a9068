"""Content blocks of results and transcripts, which no provider knows, as providers take them.

Blocks in a provider's own shape travel as they are (chapter 11 section 7.2). What `llm_call` returns has a shape of
its own (section 11); messages of a transcript that are sent again would be rejected with it.
"""

from __future__ import annotations

from harnpy.llm.json_values import Json
from harnpy.llm.providers.styles import Style

_OWN_TYPES = ("output_text", "reasoning", "tool_call")


def provider_messages(messages: list[Json], style: Style) -> list[Json]:
    """messages without blocks of Harn's own shape. Reasoning goes: no provider takes it back without its signature."""
    return [_provider_message(message, style) for message in messages]


def _provider_message(message: dict[str, Json], style: Style) -> dict[str, Json]:
    content = message.get("content")
    if not isinstance(content, list) or not any(_is_own(block) for block in content):
        return message
    blocks = [block for block in (_provider_block(block, style) for block in content) if block is not None]
    texts = [block["text"] for block in blocks if isinstance(block, dict) and block.get("type") == "text"]
    if len(texts) == len(blocks):
        # The form that every server takes.
        return {**message, "content": "".join(texts) or "".join(_text(block) for block in content)}
    return {**message, "content": blocks}


def _provider_block(block: Json, style: Style) -> Json:
    if not _is_own(block):
        return block
    if block["type"] == "output_text":
        return {"type": "text", "text": _text(block)}
    if block["type"] == "tool_call" and style is Style.ANTHROPIC:
        named = {"id": block.get("id", ""), "name": block.get("name", "")}
        return {"type": "tool_use", **named, "input": block.get("arguments", {})}
    return None


def _is_own(block: Json) -> bool:
    return isinstance(block, dict) and block.get("type") in _OWN_TYPES


def _text(block: Json) -> str:
    text = block.get("text") if isinstance(block, dict) else None
    return text if isinstance(text, str) else ""
