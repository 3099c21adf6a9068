"""The errors of model calls: their exact texts and which category each belongs to (chapter 11 section 16.2).

Every function returns the error and the caller raises it. `begun` says whether any of the answer had arrived. All of
them are repeatable, since a call hands out its answer whole or not at all, but for requests that cannot even be built.
"""

from __future__ import annotations

from http import HTTPStatus

from harnpy.vm.errors import Category, HarnError, categorized_error, thrown

_CONTEXT_OVERFLOW = (
    "maximum context length",
    "context length",
    "context_length_exceeded",
    "prompt is too long",
    "prompt_tokens_exceeded",
    "this model's maximum context",
    "exceeds the maximum",
)

# Where Python's phrases differ between its own versions or from RFC 7231.
_REASONS = {
    413: "Payload Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    418: "I'm a teapot",
    422: "Unprocessable Entity",
}

# How much of a reply that makes no sense an error shows.
_SHOWN_BYTES = 200

# What providers call the errors that they report inside a reply with status 200.
_REPORTED = {
    "api_error": Category.SERVER_ERROR,
    "authentication_error": Category.AUTH,
    "invalid_api_key": Category.AUTH,
    "insufficient_quota": Category.RATE_LIMIT,
    "model_not_found": Category.NOT_FOUND,
    "not_found_error": Category.NOT_FOUND,
    "overloaded_error": Category.OVERLOADED,
    "permission_error": Category.AUTH,
    "rate_limit_error": Category.RATE_LIMIT,
    "rate_limit_exceeded": Category.RATE_LIMIT,
    "server_error": Category.SERVER_ERROR,
    "timeout_error": Category.TIMEOUT,
}


def api_error(provider: str, detail: str) -> HarnError:
    """A request that failed without a reply, or a reply that says it failed."""
    return thrown(f"{provider} API error: {detail}")


def stream_error(provider: str, kind: str, detail: str) -> HarnError:
    """A streaming request that failed before its reply began; kind is timeout, connect, request_build, body, unknown."""
    return thrown(f"{provider} stream error ({kind}): {detail}")


def parse_error(provider: str, detail: str) -> HarnError:
    """A reply that is not what the wire format promises."""
    return thrown(f"{provider} response parse error: {detail}")


def no_json_error(provider: str, content_type: str, body: bytes, reason: str) -> HarnError:
    """A reply that should be one JSON document and is not; its beginning tells what answered instead."""
    if not body.strip():
        return parse_error(provider, "the reply is empty")
    kind = "" if content_type in ("", "application/json") else f" but {content_type}"
    start = " ".join(body[:_SHOWN_BYTES].decode("utf-8", "replace").split())
    more = "..." if len(body) > _SHOWN_BYTES else ""
    return parse_error(provider, f"the reply is not JSON{kind} ({reason}): {start}{more}")


def status_error(provider: str, status: int, body: str, retry_after: str | None) -> HarnError:
    """A reply with a status outside 200 to 299."""
    tag = "context_overflow" if _overflows(body) else "rate_limited" if status == 429 else "http_error"
    suffix = "" if retry_after is None else f" (retry-after: {retry_after})"
    return thrown(f"{provider} HTTP {status} {_reason(status)} [{tag}]: {body}{suffix}")


def reported_error(provider: str, kind: str, message: str) -> HarnError:
    """An error that the provider sends in the middle of a stream that had begun well."""
    text = f"{provider} API error: {kind}: {message}" if kind else f"{provider} API error: {message}"
    category = _REPORTED.get(kind)
    return thrown(text) if category is None else categorized_error(category, text)


def cut_error(provider: str, detail: str) -> HarnError:
    """A reply whose connection ended before the provider said that the answer is complete."""
    return categorized_error(
        Category.TRANSIENT_NETWORK, f"{provider} stream ended before the answer was complete: {detail}"
    )


def timeout_error(provider: str, detail: str) -> HarnError:
    """A reply that began but did not end in time."""
    return categorized_error(Category.TIMEOUT, f"{provider} stream timed out before the answer was complete: {detail}")


def empty_answer_error(model: str, output_tokens: int) -> HarnError:
    """Tokens are billed, nothing came: the server's parser has swallowed the answer."""
    return thrown(
        f"openai-compatible model {model} reported completion_tokens={output_tokens} "
        "but delivered no content, reasoning, or tool calls"
    )


def ollama_empty_answer_error(model: str, output_tokens: int) -> HarnError:
    """As empty_answer_error, in the words of Ollama's native API."""
    return thrown(
        f"ollama model {model} reported eval_count={output_tokens} but delivered no content or thinking: the server's "
        "parser for this model probably dropped the answer; another model, or another template for it, is worth a try"
    )


def marked(error: HarnError, begun: bool, repeatable: bool, partial_text: str) -> HarnError:
    """error with what a retry, and whoever shows what there is of an answer, want to know about it."""
    error.begun = begun
    error.partial_text = partial_text
    error.repeatable = repeatable
    return error


def _reason(status: int) -> str:
    if status in _REASONS:
        return _REASONS[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "<unknown status code>"


def _overflows(body: str) -> bool:
    lowered = body.lower()
    return any(phrase in lowered for phrase in _CONTEXT_OVERFLOW) or ("max_tokens" in lowered and "exceed" in lowered)
