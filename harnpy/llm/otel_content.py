"""Messages and answers as the conventions for generative AI write them into span attributes: JSON texts."""

from __future__ import annotations

from harnpy.llm.deltas import RawResult
from harnpy.llm.json_values import Json, compact_json
from harnpy.llm.messages import content_text


def input_messages(messages: list[Json]) -> str:
    """The messages that were sent."""
    return compact_json([_message(message) for message in messages])


def output_messages(result: RawResult) -> str:
    """The answer as the one message that it is."""
    parts: list[Json] = [{"type": "reasoning", "content": result["thinking"]}] if result["thinking"] else []
    parts += _text_parts(result["text"])
    parts += [_call_part(call["id"], call["name"], call["arguments"]) for call in result["tool_calls"]]
    reason = result["stop_reason"] or "stop"
    return compact_json([{"role": "assistant", "parts": parts, "finish_reason": reason}])


def system_instructions(system: str) -> str:
    """The system prompt."""
    return compact_json(_text_parts(system))


def _message(message: Json) -> Json:
    role = message.get("role", "user")
    content = message.get("content")
    if role == "tool":
        response = {"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}
        return {"role": "tool", "parts": [response]}
    calls = message.get("tool_calls")
    parts = _text_parts(content_text(content)) + (list(map(_sent_call, calls)) if isinstance(calls, list) else [])
    return {"role": role, "parts": parts}


def _sent_call(call: Json) -> Json:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return _call_part(None, "", call)
    return _call_part(call.get("id"), function.get("name"), function.get("arguments"))


def _call_part(identifier: Json, name: Json, arguments: Json) -> Json:
    return {"type": "tool_call", "id": identifier, "name": name, "arguments": arguments}


def _text_parts(text: str) -> list[Json]:
    return [{"type": "text", "content": text}] if text else []
