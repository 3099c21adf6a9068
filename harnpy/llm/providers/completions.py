"""Going on with a text: the wire formats of completion endpoints (chapter 11 section 15.4).

Pure functions: options to request body, reply to raw result. Ollama has an endpoint of its own, `/api/generate`;
everybody else who has one speaks OpenAI's `/completions`.
"""

from __future__ import annotations

from harnpy.llm.blocks import output_text
from harnpy.llm.deltas import RawResult, count
from harnpy.llm.failures import api_error, parse_error
from harnpy.llm.json_values import Json
from harnpy.llm.options import LlmOptions
from harnpy.llm.providers import openai

# What WireRequest.style calls these formats.
COMPLETIONS = "completions"
GENERATE = "generate"

_GENERATE_ENDPOINT = "/api/generate"


def format_of(endpoint: str) -> str:
    """The wire format of a completion endpoint."""
    return GENERATE if _GENERATE_ENDPOINT in endpoint else COMPLETIONS


def label(provider: str) -> str:
    """What error texts call a provider when it was asked for a completion."""
    return f"{provider} completion"


def request_body(options: LlmOptions, prefix: str, suffix: str) -> dict[str, Json]:
    """The body for `/completions`; overrides are the caller's business."""
    body: dict[str, Json] = {"model": options.model, "prompt": prefix, "max_tokens": options.max_tokens}
    if suffix:
        body["suffix"] = suffix
    for name in ("temperature", "top_p", "stop", "seed"):
        value = getattr(options, name)
        if value is not None:
            body[name] = value
    return body


def decode_completion(reply: Json, provider: str, model: str) -> RawResult:
    """The raw result of a reply of `/completions`. Raises a thrown string if it reports an error or has no choices."""
    error = reply.get("error") if isinstance(reply, dict) else None
    if isinstance(error, dict):
        error = error.get("message")
    if isinstance(error, str):
        raise api_error(label(provider), error)
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise parse_error(label(provider), "the reply has no choices")
    result = _result(choices[0].get("text"), provider, model, choices[0].get("finish_reason"))
    usage = openai.usage_of(reply.get("usage"))
    result["input_tokens"] = usage.input_tokens or 0
    result["output_tokens"] = usage.output_tokens or 0
    result["cache_read_tokens"] = usage.cache_read_tokens or 0
    result["cache_write_tokens"] = usage.cache_write_tokens or 0
    return result


def decode_generate(reply: Json, provider: str, model: str) -> RawResult:
    """The raw result of a reply of `/api/generate`. Raises a thrown string if it reports an error or has no response."""
    if not isinstance(reply, dict):
        raise parse_error(label(provider), "the reply is no JSON object")
    if isinstance(reply.get("error"), str):
        raise api_error(label(provider), reply["error"])
    if not isinstance(reply.get("response"), str):
        raise parse_error(label(provider), "the reply has no response")
    result = _result(reply["response"], provider, model, reply.get("done_reason"))
    result["input_tokens"] = count(reply.get("prompt_eval_count")) or 0
    result["output_tokens"] = count(reply.get("eval_count")) or 0
    return result


def _result(text: Json, provider: str, model: str, reason: Json) -> RawResult:
    written = text if isinstance(text, str) else ""
    return {
        "text": written,
        "tool_calls": [],
        "input_tokens": 0,
        "output_tokens": 0,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "model": model,
        "provider": provider,
        "thinking": None,
        "stop_reason": reason if isinstance(reason, str) else None,
        "blocks": [output_text(written)] if written else [],
    }
