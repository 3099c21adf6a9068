"""How many tokens a model can take, and what follows for the compaction of long conversations (section 19)."""

from __future__ import annotations

from collections.abc import Iterator

from harnpy.llm.context import CallContext
from harnpy.llm.health import key_if_any
from harnpy.llm.json_values import Json, compact_json, parse_json
from harnpy.llm.options import env_seconds
from harnpy.llm.providers.table import Provider
from harnpy.llm.request import FetchedReply, base_url, fetch_request, join_url

_OLLAMA_TIMEOUT_SECONDS = 5.0
_MODELS_TIMEOUT_SECONDS = 10.0

# Providers whose list of models may tell.
_LISTING = frozenset(
    {"local", "openai", "vllm", "groq", "together", "openrouter", "deepinfra", "fireworks", "huggingface"}
)
_LISTED_KEYS = ("max_model_len", "context_length", "max_context_length", "n_ctx")

# By prefix of the model id, longer ones before those that they begin with.
_BY_PREFIX = (
    ("claude-", 200_000),
    ("gpt-4o", 128_000),
    ("gpt-4.1", 128_000),
    ("chatgpt-", 128_000),
    ("gpt-4-turbo", 128_000),
    ("gpt-4-0125-preview", 128_000),
    ("gpt-4-1106-preview", 128_000),
    ("gpt-4", 8_192),
    ("gpt-3.5-turbo", 16_385),
    ("o1", 200_000),
    ("o3", 200_000),
    ("o4", 200_000),
)
_WHOLE_IDS = frozenset({"gpt-4-0125-preview", "gpt-4-1106-preview"})

_SMALLEST_WINDOW = 4096


class ContextWindows:
    """What has been found out in a runtime, by base URL and model; None where nobody knew."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], int | None] = {}


def context_window(context: CallContext, provider: str, model: str) -> int | None:
    """The context window of a model in tokens; None if it cannot be found out. Asked once per base URL and model.

    Only a cancellation or a deadline is raised.
    """
    entry = context.configuration.providers.get(provider)
    base = "" if entry is None else base_url(entry, context.env)
    found = context.fiber.runtime.state(ContextWindows).found
    if (base, model) not in found:
        found[base, model] = _look_up(context, entry, base, model)
    return found[base, model]


def adapted_thresholds(window: int, tier1: int, hard: int | None, *, tier1_given: bool) -> tuple[int, int]:
    """The thresholds of compaction for a context window, all in estimated tokens: the first tier's and the hard limit.

    tier1_given says that the program has set tier1 itself; hard is None where it has set none. Nothing is raised.
    """
    most = max(window, _SMALLEST_WINDOW) * 3 // 4
    first = min(tier1, most if tier1_given else window * 65 // 100)
    return first, most if hard is None else min(hard, most)


def known_window(model: str) -> int | None:
    """The context window that a model id tells by itself."""
    for prefix, tokens in _BY_PREFIX:
        if model == prefix if prefix in _WHOLE_IDS else model.startswith(prefix):
            return tokens
    if "gemini-2" in model or "gemini-1.5" in model:
        return 1_000_000
    return 128_000 if "gemini" in model else None


def _look_up(context: CallContext, entry: Provider | None, base: str, model: str) -> int | None:
    known = known_window(model)
    if known is not None or entry is None:
        return known
    if entry.name == "ollama":
        return _ask_ollama(context, entry, base, model)
    return _ask_for_models(context, entry, base, model) if entry.name in _LISTING else None


def _ask_ollama(context: CallContext, entry: Provider, base: str, model: str) -> int | None:
    document = _document(
        context, entry, join_url(base, "/api/show"), _OLLAMA_TIMEOUT_SECONDS, body=compact_json({"name": model})
    )
    if document is None:
        return None
    information = document.get("model_info")
    if not isinstance(information, dict):
        information = {}
    # Current servers name the length after the architecture; it is what the model could take, not what is set.
    architecture = tuple(key for key in information if key.endswith(".context_length"))
    return (
        _first_count(information, ("general.context_length", "context_length"))
        or env_seconds(context.env, "OLLAMA_NUM_CTX")
        or _first_count(information, architecture)
    )


def _ask_for_models(context: CallContext, entry: Provider, base: str, model: str) -> int | None:
    for url in _model_urls(entry, base):
        document = _document(context, entry, url, _MODELS_TIMEOUT_SECONDS)
        listed = None if document is None else document.get("data")
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, dict) and item.get("id") == model:
                top = item.get("top_provider")
                found = _first_count(item, _LISTED_KEYS)
                return _first_count(top, ("context_length",)) if found is None and isinstance(top, dict) else found
    return None


def _model_urls(entry: Provider, base: str) -> Iterator[str]:
    yield join_url(base, "/models")
    if entry.name == "local" and not base.rstrip("/").endswith("/v1"):
        yield join_url(base, "/v1/models")


def _document(
    context: CallContext, entry: Provider, url: str, timeout: float, body: str | None = None
) -> dict[str, Json] | None:
    """The JSON object that a successful reply holds; None for anything else."""
    source = key_if_any(context, entry.name).source
    request = fetch_request(entry, source, "GET" if body is None else "POST", url, body=body, timeout=timeout)
    reply: FetchedReply = context.fiber.effect(context.gateway.fetch, request)
    if reply["status"] is None or not 200 <= reply["status"] < 300:
        return None
    try:
        document = parse_json(reply["text"].encode())
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _first_count(values: dict[str, Json], keys: tuple[str, ...]) -> int | None:
    for key in keys:
        value = values.get(key)
        if type(value) is int and value > 0:
            return value
    return None
