"""The output blocks of an answer (chapter 11 section 11)."""

from __future__ import annotations

from harnpy.llm.deltas import ToolCall
from harnpy.llm.json_values import Json


def output_text(text: str) -> dict[str, Json]:
    return {"type": "output_text", "text": text, "visibility": "public"}


def reasoning(text: str) -> dict[str, Json]:
    return {"type": "reasoning", "text": text, "visibility": "private"}


def tool_call_block(call: ToolCall) -> dict[str, Json]:
    return {
        "type": "tool_call",
        "id": call["id"],
        "name": call["name"],
        "arguments": call["arguments"],
        "visibility": "internal",
    }


def tool_use_block(call: ToolCall) -> dict[str, Json]:
    """A call in Anthropic's shape."""
    return {"type": "tool_use", "id": call["id"], "name": call["name"], "input": call["arguments"]}
