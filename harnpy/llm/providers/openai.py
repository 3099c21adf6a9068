"""OpenAI's chat completions wire format, which most other providers speak too (chapter 11 sections 9.2, 11.2, 11.4).

Pure functions: options to request body, reply to raw result, stream event to deltas.
"""

from __future__ import annotations

from harnpy.llm.blocks import output_text, reasoning, tool_call_block
from harnpy.llm.deltas import (
    Delta,
    Done,
    Failure,
    RawResult,
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
from harnpy.llm.failures import api_error, empty_answer_error, parse_error
from harnpy.llm.json_values import Json, parse_json
from harnpy.llm.messages import content_text
from harnpy.llm.options import LlmOptions
from harnpy.llm.think import split_thinking


def request_body(options: LlmOptions, *, chat_template: bool) -> dict[str, Json]:
    """The body without streaming flags. chat_template adds vLLM's template arguments, which OpenAI itself rejects."""
    messages = list(options.messages)
    if options.system is not None:
        messages.insert(0, {"role": "system", "content": options.system})
    if options.prefill is not None:
        messages.append({"role": "assistant", "content": options.prefill})
    body: dict[str, Json] = {"model": options.model, "messages": messages}
    if options.max_tokens > 0:
        body["max_tokens"] = options.max_tokens
    for name in ("temperature", "top_p", "stop", "seed", "frequency_penalty", "presence_penalty"):
        value = getattr(options, name)
        if value is not None:
            body[name] = value
    if options.json_mode:
        body["response_format"] = _response_format(options.wire_schema)
    if options.native_tools:
        body["tools"] = options.native_tools
    if options.tool_choice is not None:
        body["tool_choice"] = options.tool_choice
    if chat_template:
        template: dict[str, Json] = {"enable_thinking": options.thinking_budget is not None}
        if options.prefill is not None:
            template |= {"add_generation_prompt": False, "continue_final_message": True}
        body["chat_template_kwargs"] = template
    return body


def streaming_body(options: LlmOptions) -> dict[str, Json]:
    """The reduced body of `llm_stream`."""
    system = [] if options.system is None else [{"role": "system", "content": options.system}]
    body: dict[str, Json] = {"model": options.model, "messages": [*system, *options.messages]}
    body |= {"max_tokens": options.max_tokens, "stream": True}
    if options.temperature is not None:
        body["temperature"] = options.temperature
    return body


def decode_response(reply: Json, provider: str, model: str) -> RawResult:
    """The raw result of a reply that was not streamed.

    Raises a thrown string if the reply reports an error, has no choices, or bills tokens for nothing.
    """
    failure = _failure(reply)
    if failure is not None:
        raise api_error(provider, failure.message)
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise parse_error(provider, "the reply has no choices")
    message = choices[0].get("message")
    if not isinstance(message, dict):
        message = {}
    visible, inline = split_thinking(content_text(message.get("content")).strip())
    thoughts = [content_text(message.get(key)).strip() for key in ("reasoning", "reasoning_content")]
    thinking = "\n".join(part for part in (*thoughts, inline) if part)
    text = visible or thinking
    calls = [_tool_call(call) for call in _dicts(message.get("tool_calls")) if isinstance(call.get("function"), dict)]
    usage = usage_of(reply.get("usage"))
    if not text and not calls and usage.output_tokens:
        raise empty_answer_error(model, usage.output_tokens)
    finish = choices[0].get("finish_reason")
    return {
        "text": text,
        "tool_calls": calls,
        "input_tokens": usage.input_tokens or 0,
        "output_tokens": usage.output_tokens or 0,
        "cache_read_tokens": usage.cache_read_tokens or 0,
        "cache_write_tokens": usage.cache_write_tokens or 0,
        "model": model,
        "provider": provider,
        "thinking": thinking or None,
        "stop_reason": finish if isinstance(finish, str) else None,
        "blocks": [
            *([reasoning(thinking)] if thinking else []),
            *([output_text(text)] if text else []),
            *(tool_call_block(call) for call in calls),
        ],
    }


def decode_event(data: str) -> list[Delta]:
    """The deltas of one stream event. An event that is not JSON gives none."""
    if data.strip() == "[DONE]":
        return [Done()]
    try:
        event = parse_json(data)
    except ValueError:
        return []
    if not isinstance(event, dict):
        return []
    deltas: list[Delta] = []
    failure = _failure(event)
    if failure is not None:
        return [failure]
    choices = event.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        delta = choices[0].get("delta")
        if isinstance(delta, dict):
            _decode_delta(delta, deltas)
        reason = choices[0].get("finish_reason")
        if isinstance(reason, str):
            deltas.append(Stop(reason))
    if isinstance(event.get("usage"), dict):
        deltas.append(UsageReport(usage_of(event["usage"])))
    return deltas


def _decode_delta(delta: dict[str, Json], deltas: list[Delta]) -> None:
    for key in ("reasoning", "reasoning_content"):
        thought = content_text(delta.get(key))
        if thought:
            deltas.append(ThinkingDelta(thought))
    content = delta.get("content")
    if isinstance(content, str) and content:
        deltas.append(TextDelta(content))
    for call in _dicts(delta.get("tool_calls")):
        index = count(call.get("index")) or 0
        function = call.get("function")
        if not isinstance(function, dict):
            function = {}
        deltas.append(ToolStart(index, _text(call.get("id")), _text(function.get("name"))))
        fragment = _text(function.get("arguments"))
        if fragment:
            deltas.append(ToolArguments(index, fragment))


def _response_format(schema: Json) -> Json:
    if schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "response", "schema": schema, "strict": True}}


def _failure(reply: Json) -> Failure | None:
    error = reply.get("error") if isinstance(reply, dict) else None
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        return Failure(_text(error.get("type")) or _code(error.get("code")), error["message"])
    return None


def _tool_call(call: dict[str, Json]) -> ToolCall:
    function = call["function"]
    return {"id": _text(call.get("id")), "name": _text(function.get("name")), "arguments": _arguments(function)}


def _arguments(function: dict[str, Json]) -> Json:
    arguments = function.get("arguments")
    if isinstance(arguments, dict):
        return arguments
    text = _text(arguments)
    if not text.strip():
        return {}
    try:
        return parse_json(text)
    except ValueError as error:
        raw = text.encode("utf-8", "replace")[:200].decode("utf-8", "ignore")
        return {"__parse_error": f"Could not parse tool arguments as JSON: {error}. Raw input: {raw}"}


def usage_of(usage: Json) -> Usage:
    """The token counts of a `usage` object, whichever of the dialects it is written in."""
    if not isinstance(usage, dict):
        return Usage()
    return Usage(count(usage.get("prompt_tokens")), count(usage.get("completion_tokens")), *cache_counts(usage))


def _dicts(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _code(value: Json) -> str:
    """The code of an error: a word with most servers, the HTTP status with gateways such as OpenRouter."""
    return str(value) if type(value) is int else _text(value)
