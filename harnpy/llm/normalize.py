"""From a raw result to the dict that `llm_call` returns (chapter 11 section 12)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harnpy.llm.blocks import tool_use_block
from harnpy.llm.deltas import RawResult, ToolCall
from harnpy.llm.json_values import Json, compact_json
from harnpy.llm.options import LlmOptions
from harnpy.llm.providers.styles import Style
from harnpy.llm.tagged import parse_tagged
from harnpy.llm.tools_wire import tool_names
from harnpy.llm.transcript import TranscriptParts, build, plain_event
from harnpy.vm.values import Value


def result_dict(options: LlmOptions, result: RawResult) -> dict[str, Value]:
    """The result without transcript and data. Keys that do not apply are absent."""
    text = result["text"]
    tagged = parse_tagged(text, tool_names(options.tools))
    hides_protocol = options.tools is not None and not result["tool_calls"]
    built: dict[str, Value] = {
        "text": text,
        "prose": tagged.prose or text,
        "visible_text": tagged.prose if hides_protocol else text,
        "model": result["model"],
        "provider": result["provider"],
        "input_tokens": result["input_tokens"],
        "output_tokens": result["output_tokens"],
        "cache_read_tokens": result["cache_read_tokens"],
        "cache_write_tokens": result["cache_write_tokens"],
        "blocks": result["blocks"],
    }
    optional: dict[str, Value] = {
        "canonical_text": tagged.canonical,
        "tool_calls": result["tool_calls"] or list(tagged.calls),
        "protocol_violations": list(tagged.violations),
        "tool_parse_errors": list(tagged.errors),
        "thinking": result["thinking"],
        "private_reasoning": result["thinking"],
    }
    built |= {key: value for key, value in optional.items() if value}
    if tagged.done_marker is not None:
        built["done_marker"] = tagged.done_marker
    if result["stop_reason"] is not None:
        built["stop_reason"] = result["stop_reason"]
    return built


def result_transcript(options: LlmOptions, result: RawResult, ids: Iterator[str]) -> dict[str, Value]:
    """The transcript of one call: the messages sent, the answer, and what the provider said about it."""
    messages = [*options.messages, assistant_message(options.style, result)]
    payload = {
        "model": result["model"],
        "input_tokens": result["input_tokens"],
        "output_tokens": result["output_tokens"],
        "tool_calls": result["tool_calls"],
    }
    events = [plain_event(ids, "provider_payload", "assistant", "internal", "", payload)]
    if result["thinking"]:
        events.append(plain_event(ids, "private_reasoning", "assistant", "private", result["thinking"]))
    kept = [reduced for reduced in map(reduced_message, messages) if reduced is not None]
    return build(ids, TranscriptParts(messages=kept, other_events=events, state="active"))


def assistant_message(style: Style, result: RawResult) -> dict[str, Json]:
    """The answer as a message in the provider's own shape, so that it can be sent back."""
    calls = result["tool_calls"]
    if calls:
        sealed = result.get("wire_content")
        return assistant_calls(style, result["text"], calls, wire_content=sealed, reasoning=result["thinking"])
    return _with_reasoning({"role": "assistant", "content": result["blocks"] or result["text"]}, result["thinking"])


def assistant_calls(
    style: Style,
    text: str,
    calls: Sequence[ToolCall],
    *,
    wire_content: Json | None = None,
    reasoning: str | None = None,
) -> dict[str, Json]:
    """The assistant message that made the calls, in the provider's own shape (chapter 12 section 12.4.6).

    wire_content is that of the result, if it has any: the provider checks that its sealed thinking comes back unchanged
    with the results of the tools. reasoning is the thinking as text, for whoever reads the transcript.
    """
    message: dict[str, Json] = {"role": "assistant"}
    if wire_content is not None:
        message["content"] = wire_content
    elif style is Style.ANTHROPIC:
        leading = [{"type": "text", "text": text}] if text else []
        message["content"] = [*leading, *map(tool_use_block, calls)]
    else:
        message["content"] = text
        message["tool_calls"] = [_function_call(call) for call in calls]
    return _with_reasoning(message, reasoning)


def _with_reasoning(message: dict[str, Json], reasoning: str | None) -> dict[str, Json]:
    return {**message, "reasoning": reasoning} if reasoning else message


def _function_call(call: ToolCall) -> Json:
    function = {"name": call["name"], "arguments": compact_json(call["arguments"])}
    return {"id": call["id"], "type": "function", "function": function}


def reduced_message(message: dict[str, Json]) -> dict[str, Value] | None:
    """A message as transcripts keep it: whole if it belongs to a tool exchange, else role and content."""
    role = message.get("role")
    if type(role) is not str:
        return None
    if role == "tool" or "tool_calls" in message:
        return message
    if "content" not in message:
        return None
    content = message["content"]
    if role == "user" and type(content) is list:
        for block in content:
            if type(block) is dict and block.get("type") == "tool_result":
                return {
                    "role": "tool_result",
                    "tool_use_id": block.get("tool_use_id", ""),
                    "content": block.get("content", ""),
                }
    return {"role": role, "content": content}
