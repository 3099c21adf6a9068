"""Anthropic's messages wire format (chapter 11 sections 9.1, 11.1, 11.3).

Pure functions: options to request body, reply to raw result, stream event to deltas.
"""

from __future__ import annotations

from dataclasses import replace

from harnpy.llm.blocks import output_text, reasoning, tool_call_block, tool_use_block
from harnpy.llm.deltas import (
    Delta,
    Done,
    Failure,
    RawResult,
    RedactedThinking,
    Signature,
    Stop,
    TextDelta,
    ThinkingDelta,
    ToolArguments,
    ToolCall,
    ToolStart,
    Usage,
    UsageReport,
    cache_counts,
    count,
)
from harnpy.llm.failures import api_error, parse_error
from harnpy.llm.json_values import Json, compact_json, parse_json
from harnpy.llm.options import LlmOptions

# The tool by which a structured answer is asked for: its arguments are the answer.
JSON_TOOL = "json_response"

_DEFAULT_MAX_TOKENS = 8192
_WITHOUT_PREFILL = ("claude-opus-4-6", "claude-sonnet-4-6", "claude-haiku-4-6", "-4.6")


def accepts_prefill(model: str) -> bool:
    """Whether a model still takes an assistant message to continue; from 4.6 on none does."""
    lowered = model.lower()
    return not any(part in lowered for part in _WITHOUT_PREFILL)


def answers_by_tool(options: LlmOptions) -> bool:
    """Whether the structured answer of this call will come as arguments of JSON_TOOL."""
    return options.json_mode and options.wire_schema is not None


def request_body(options: LlmOptions) -> dict[str, Json]:
    """The body without streaming flags."""
    messages = list(options.messages)
    if options.prefill is not None and accepts_prefill(options.model):
        messages.append({"role": "assistant", "content": options.prefill})
    body: dict[str, Json] = {
        "model": options.model,
        "messages": messages,
        "max_tokens": options.max_tokens or _DEFAULT_MAX_TOKENS,
    }
    if options.system is not None:
        body["system"] = _system(options.system) if options.cache else options.system
    for name in ("temperature", "top_p", "top_k"):
        value = getattr(options, name)
        if value is not None:
            body[name] = value
    if options.stop is not None:
        body["stop_sequences"] = options.stop
    tools = list(options.native_tools or ())
    choice = options.tool_choice
    if answers_by_tool(options):
        tools.append(
            {
                "name": JSON_TOOL,
                "description": "Give the answer as structured JSON that fits this schema.",
                "input_schema": options.wire_schema,
            }
        )
        choice = {"type": "tool", "name": JSON_TOOL}
    if tools:
        body["tools"] = tools
    if choice is not None:
        body["tool_choice"] = choice
    if options.thinking_budget is not None:
        body["thinking"] = {"type": "enabled", "budget_tokens": options.thinking_budget}
    return body


def streaming_body(options: LlmOptions) -> dict[str, Json]:
    """The reduced body of `llm_stream`."""
    body: dict[str, Json] = {
        "model": options.model,
        "messages": options.messages,
        "max_tokens": options.max_tokens or _DEFAULT_MAX_TOKENS,
        "stream": True,
    }
    if options.system is not None:
        body["system"] = options.system
    if options.temperature is not None:
        body["temperature"] = options.temperature
    return body


def decode_response(reply: Json, provider: str, model: str) -> RawResult:
    """The raw result of a reply that was not streamed.

    Raises a thrown string if the reply reports an error or has no content.
    """
    content = reply.get("content") if isinstance(reply, dict) else None
    text: list[str] = []
    thinking: list[str] = []
    calls: list[ToolCall] = []
    blocks: list[Json] = []
    wire: list[Json] = []
    sealed = False
    for block in content if isinstance(content, list) else []:
        if not isinstance(block, dict):
            continue
        match block.get("type"):
            case "text":
                text.append(_text(block.get("text")))
                blocks.append(output_text(text[-1]))
                wire.append({"type": "text", "text": text[-1]})
            case "thinking":
                thinking.append(_text(block.get("thinking")))
                blocks += [reasoning(thinking[-1])] if thinking[-1] else []
                if _text(block.get("signature")):
                    sealed = True
                    wire.append({"type": "thinking", "thinking": thinking[-1], "signature": block["signature"]})
            case "redacted_thinking":
                sealed = True
                wire.append(block)
            case "tool_use":
                calls.append(
                    {
                        "id": _text(block.get("id")),
                        "name": _text(block.get("name")),
                        "arguments": block.get("input", {}),
                    }
                )
                blocks.append(tool_call_block(calls[-1]))
                wire.append(tool_use_block(calls[-1]))
    if not calls and not any(text):
        error = reply.get("error") if isinstance(reply, dict) else None
        if isinstance(error, dict) and isinstance(error.get("message"), str):
            raise api_error(provider, error["message"])
        if not isinstance(content, list):
            raise parse_error(provider, "the reply has no content")
    usage = _usage(reply.get("usage"))
    reason = reply.get("stop_reason")
    result: RawResult = {
        "text": "".join(text),
        "tool_calls": calls,
        "input_tokens": usage.input_tokens or 0,
        "output_tokens": usage.output_tokens or 0,
        "cache_read_tokens": usage.cache_read_tokens or 0,
        "cache_write_tokens": usage.cache_write_tokens or 0,
        "model": model,
        "provider": provider,
        "thinking": "".join(thinking) or None,
        "stop_reason": reason if isinstance(reason, str) else None,
        "blocks": blocks,
    }
    if sealed:
        result["wire_content"] = wire
    return result


def with_json_answer(result: RawResult) -> RawResult:
    """The result with the arguments of the JSON tool as its structured answer instead of as a tool call.

    They also become the text if the model wrote none. Arguments cut short, which come as text, are no answer.
    """
    answers = [call for call in result["tool_calls"] if call["name"] == JSON_TOOL]
    if not answers:
        return result
    arguments = answers[0]["arguments"]
    damaged = isinstance(arguments, str)
    text = result["text"] or (arguments if damaged else compact_json(arguments))
    blocks = [block for block in result["blocks"] if block.get("name") != JSON_TOOL]
    if not result["text"]:
        blocks.append(output_text(text))
    answered: RawResult = {
        **result,
        "text": text,
        "tool_calls": [call for call in result["tool_calls"] if call["name"] != JSON_TOOL],
        "blocks": blocks,
    }
    if not damaged:
        answered["structured"] = arguments
    if "wire_content" in result:
        answered["wire_content"] = [block for block in result["wire_content"] if block.get("name") != JSON_TOOL]
    return answered


def decode_event(data: str) -> list[Delta]:
    """The deltas of one stream event. Unknown events and events that are not JSON give none."""
    if data.strip() == "[DONE]":
        return [Done()]
    try:
        event = parse_json(data)
    except ValueError:
        return []
    if not isinstance(event, dict):
        return []
    match event.get("type"):
        case "message_start":
            message = event.get("message")
            usage = _usage(message.get("usage")) if isinstance(message, dict) else Usage()
            # What this event calls output tokens is an estimate; message_delta has the count.
            return [UsageReport(replace(usage, output_tokens=None))]
        case "content_block_start":
            return _block_start(event)
        case "content_block_delta":
            return _block_delta(event)
        case "message_delta":
            return _message_delta(event)
        case "message_stop":
            return [Done()]
        case "error":
            error = event.get("error")
            if not isinstance(error, dict):
                error = {}
            return [Failure(_text(error.get("type")), _text(error.get("message")) or "unspecified error")]
    return []


def _block_start(event: dict[str, Json]) -> list[Delta]:
    block = event.get("content_block")
    if not isinstance(block, dict):
        return []
    if block.get("type") == "text" and _text(block.get("text")):
        return [TextDelta(block["text"])]
    if block.get("type") == "redacted_thinking":
        return [RedactedThinking(block)]
    if block.get("type") != "tool_use":
        return []
    start = ToolStart(_index(event), _text(block.get("id")), _text(block.get("name")))
    # Some servers send the whole input here and no pieces of it later.
    return [start, ToolArguments(start.index, compact_json(block["input"]))] if block.get("input") else [start]


def _block_delta(event: dict[str, Json]) -> list[Delta]:
    delta = event.get("delta")
    if not isinstance(delta, dict):
        return []
    match delta.get("type"):
        case "text_delta":
            text = _text(delta.get("text"))
            return [TextDelta(text)] if text else []
        case "thinking_delta":
            thought = _text(delta.get("thinking"))
            return [ThinkingDelta(thought)] if thought else []
        case "signature_delta":
            signature = _text(delta.get("signature"))
            return [Signature(signature)] if signature else []
        case "input_json_delta":
            return [ToolArguments(_index(event), _text(delta.get("partial_json")))]
    return []


def _message_delta(event: dict[str, Json]) -> list[Delta]:
    deltas: list[Delta] = []
    if isinstance(event.get("usage"), dict):
        deltas.append(UsageReport(_usage(event["usage"])))
    delta = event.get("delta")
    reason = delta.get("stop_reason") if isinstance(delta, dict) else None
    if isinstance(reason, str):
        deltas.append(Stop(reason))
    return deltas


def _system(system: str) -> list[Json]:
    return [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]


def _usage(usage: Json) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    return Usage(count(usage.get("input_tokens")), count(usage.get("output_tokens")), *cache_counts(usage))


def _index(event: dict[str, Json]) -> int:
    return count(event.get("index")) or 0


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
