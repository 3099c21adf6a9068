"""From options to the request that the gateway sends: URL, headers, body, times (chapter 11 sections 5.1, 9, 10).

A request is plain data without the key, so that it can pass the effect seam, be traced and be written down; the
gateway adds the key, which it knows by the name of the variable it came from.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

from harnpy.llm.json_values import Json
from harnpy.llm.media import with_assets
from harnpy.llm.options import LlmOptions
from harnpy.llm.own_blocks import ProviderMessages, provider_messages
from harnpy.llm.providers import anthropic, completions, embedded, ollama, openai
from harnpy.llm.providers.styles import Style, style_of
from harnpy.llm.providers.table import Configuration, Provider
from harnpy.llm.resolve import Environment, require_provider
from harnpy.llm.tools_wire import native_tools

DEFAULT_STREAM_TIMEOUT_SECONDS = 1800
DEFAULT_STREAM_IDLE_TIMEOUT_SECONDS = 30


class WireRequest(TypedDict):
    """One request. Times are in seconds. key_source names the key, auth_header and auth_prefix say how it is sent.

    json_tool says that the structured answer arrives as arguments of the JSON tool.
    """

    call_id: str
    provider: str
    model: str
    style: str
    url: str
    headers: dict[str, str]
    key_source: str
    auth_header: str
    auth_prefix: str
    body: dict[str, Json]
    stream: bool
    timeout: float
    idle_timeout: float | None
    json_tool: bool


class FetchRequest(TypedDict):
    """A request to a provider that is no model call. timeout is in seconds; the other parts are as in WireRequest."""

    provider: str
    method: str
    url: str
    headers: dict[str, str]
    key_source: str
    auth_header: str
    auth_prefix: str
    body: str | None
    timeout: float


class FetchedReply(TypedDict):
    """The body of the reply to a FetchRequest, whatever its status; without one, status is None and text says why."""

    status: int | None
    text: str


def fetch_request(
    entry: Provider, key_source: str, method: str, url: str, *, body: str | None = None, timeout: float
) -> FetchRequest:
    """A request to url with the provider's authentication and headers; a body is JSON."""
    header, prefix = _auth(entry)
    content = {} if body is None else {"content-type": "application/json"}
    return {
        "provider": entry.name,
        "method": method,
        "url": url,
        "headers": {**content, **_extra_headers(entry)},
        "key_source": key_source,
        "auth_header": header,
        "auth_prefix": prefix,
        "body": body,
        "timeout": timeout,
    }


def with_auth(request: WireRequest | FetchRequest, key: str) -> dict[str, str]:
    """The headers of a request, the one with the key first; the only place where a key becomes part of something."""
    auth = {request["auth_header"]: request["auth_prefix"] + key} if key and request["auth_header"] else {}
    return {**auth, **request["headers"]}


def chat_request(
    configuration: Configuration,
    env: Environment,
    options: LlmOptions,
    call_id: str,
    *,
    provider: str,
    key_source: str,
    stream: bool,
    conversation: ProviderMessages | None = None,
) -> WireRequest:
    """The request of one `llm_call` attempt to provider, which is the options' own or its fallback.

    conversation is what the messages were converted by in earlier calls of the same conversation.
    """
    entry = require_provider(configuration, provider)
    style = style_of(configuration, provider)
    options = _with_wire_messages(options, style, conversation)
    if style is Style.ANTHROPIC:
        body = anthropic.request_body(options)
    elif style is Style.OLLAMA:
        # The native API can do without, but what comes back then has another shape for nothing.
        stream = True
        body = ollama.request_body(options, env, native=ollama.is_native(entry.chat_endpoint))
    elif style is Style.EMBEDDED:
        body = embedded.request_body(options)
    else:
        body = openai.request_body(options, chat_template=_takes_template_arguments(entry))
    body.update(options.overrides)
    if stream:
        body["stream"] = True
        if style is Style.OPENAI:
            body["stream_options"] = {"include_usage": True}
    request = _request(entry, env, style, options, call_id, key_source, body)
    request["stream"] = stream
    request["timeout"] = options.timeout
    # Without streaming nothing arrives until all of it is there.
    request["idle_timeout"] = options.idle_timeout_given if stream else None
    request["json_tool"] = style is Style.ANTHROPIC and anthropic.answers_by_tool(options)
    return request


def stream_request(configuration: Configuration, env: Environment, options: LlmOptions, call_id: str) -> WireRequest:
    """The reduced request of `llm_stream`."""
    entry = require_provider(configuration, options.provider)
    style = style_of(configuration, options.provider)
    options = _with_wire_messages(options, style)
    if style is Style.OLLAMA:
        body = ollama.streaming_body(options, native=ollama.is_native(entry.chat_endpoint))
    elif style is Style.EMBEDDED:
        body = embedded.request_body(options)
    else:
        body = (anthropic if style is Style.ANTHROPIC else openai).streaming_body(options)
    request = _request(entry, env, style, options, call_id, options.key_source, body)
    given, idle = options.timeout_given, options.idle_timeout_given
    request["timeout"] = DEFAULT_STREAM_TIMEOUT_SECONDS if given is None else given
    request["idle_timeout"] = DEFAULT_STREAM_IDLE_TIMEOUT_SECONDS if idle is None else idle
    return request


def completion_request(
    configuration: Configuration, env: Environment, options: LlmOptions, call_id: str, prefix: str, suffix: str
) -> WireRequest | None:
    """The request of `llm_completion`; None if the provider has no endpoint for completions."""
    entry = require_provider(configuration, options.provider)
    if style_of(configuration, options.provider) is Style.EMBEDDED and not suffix:
        # The packaged models have not learned to fill a gap.
        body = embedded.completion_body(options, prefix) | options.overrides
        request = _request(entry, env, Style.EMBEDDED, options, call_id, options.key_source, body)
        request["stream"] = False
        return request
    if not entry.completion_endpoint:
        return None
    style = completions.format_of(entry.completion_endpoint)
    if style == completions.GENERATE:
        body = ollama.completion_body(options, prefix, suffix, env)
    else:
        body = completions.request_body(options, prefix, suffix)
    body.update(options.overrides)
    request = _request(
        entry, env, style_of(configuration, options.provider), options, call_id, options.key_source, body
    )
    request["style"] = style
    request["url"] = join_url(base_url(entry, env), entry.completion_endpoint)
    request["stream"] = False
    return request


def base_url(entry: Provider, env: Environment) -> str:
    """The base URL of a provider: the variable that overrides it, else the configured one."""
    if entry.base_url_env is not None:
        value = (env(entry.base_url_env) or "").strip().strip('"').strip("'")
        if value:
            value = ollama.host_url(value) if entry.name == "ollama" else value
            lacking = entry.base_url_env_version
            return value if value.rstrip("/").endswith(lacking) else value.rstrip("/") + lacking
    return entry.base_url


def join_url(base: str, endpoint: str) -> str:
    """base and endpoint with exactly one slash between them; a version that both carry appears once."""
    if not endpoint:
        return base
    base, endpoint = base.rstrip("/"), endpoint.lstrip("/")
    if base.endswith("/v1"):
        endpoint = endpoint.removeprefix("v1/")
    return f"{base}/{endpoint}"


def _request(
    entry: Provider,
    env: Environment,
    style: Style,
    options: LlmOptions,
    call_id: str,
    key_source: str,
    body: dict[str, Json],
) -> WireRequest:
    header, prefix = _auth(entry)
    return {
        "call_id": call_id,
        "provider": entry.name,
        "model": options.model,
        "style": style.value,
        "url": join_url(base_url(entry, env), entry.chat_endpoint),
        "headers": _extra_headers(entry),
        "key_source": key_source,
        "auth_header": header,
        "auth_prefix": prefix,
        "body": body,
        "stream": True,
        "timeout": options.timeout,
        "idle_timeout": None,
        "json_tool": False,
    }


def _with_wire_messages(options: LlmOptions, style: Style, conversation: ProviderMessages | None = None) -> LlmOptions:
    """The call with tools, assets and blocks of Harn's own shape as style has them; Ollama flattens blocks to text."""
    if options.native_tools and style is not options.style:
        # A fallback provider of another style than the one that the options were read for.
        options = replace(options, native_tools=native_tools(options.tools, style))
    messages = with_assets(options.messages, options.assets, style)
    if style is not Style.OLLAMA:
        convert = provider_messages if conversation is None else conversation.of
        messages = convert(messages, style)
    return options.with_messages(messages)


def _auth(entry: Provider) -> tuple[str, str]:
    """The header that carries the key, "" for none, and what stands before the key in it (section 10)."""
    if entry.auth_style == "none":
        return "", ""
    if entry.auth_style == "header":
        return entry.auth_header or "x-api-key", ""
    return "Authorization", "Bearer "


def _extra_headers(entry: Provider) -> dict[str, str]:
    return {name: entry.extra_headers[name] for name in sorted(entry.extra_headers)}


def _takes_template_arguments(entry: Provider) -> bool:
    """vLLM's chat_template_kwargs go to servers that users run themselves; services reject unknown keys."""
    return (entry.name == "local" or entry.self_configured) and "openrouter" not in entry.name.lower()
