"""From options to the request that the gateway sends: URL, headers, body, times (chapter 11 sections 5.1, 9, 10).

A request is plain data without the key, so that it can pass the effect seam, be traced and be written down; the
gateway adds the key, which it knows by the name of the variable it came from.
"""

from __future__ import annotations

from typing import TypedDict

from harnpy.llm.json_values import Json
from harnpy.llm.options import LlmOptions
from harnpy.llm.providers import anthropic, embedded, openai
from harnpy.llm.providers.styles import Style, style_of
from harnpy.llm.providers.table import Configuration, Provider
from harnpy.llm.resolve import Environment, require_provider
from harnpy.vm.errors import thrown

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


def chat_request(
    configuration: Configuration,
    env: Environment,
    options: LlmOptions,
    call_id: str,
    *,
    provider: str,
    key_source: str,
    stream: bool,
) -> WireRequest:
    """The request of one `llm_call` attempt to provider, which is the options' own or its fallback."""
    entry = require_provider(configuration, provider)
    style = _supported_style(configuration, provider)
    if style is Style.ANTHROPIC:
        body = anthropic.request_body(options)
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
    request["idle_timeout"] = options.idle_timeout_given
    request["json_tool"] = style is Style.ANTHROPIC and anthropic.answers_by_tool(options)
    return request


def stream_request(configuration: Configuration, env: Environment, options: LlmOptions, call_id: str) -> WireRequest:
    """The reduced request of `llm_stream`."""
    entry = require_provider(configuration, options.provider)
    style = _supported_style(configuration, options.provider)
    if style is Style.ANTHROPIC:
        body = anthropic.streaming_body(options)
    elif style is Style.EMBEDDED:
        body = embedded.request_body(options)
    else:
        body = openai.streaming_body(options)
    request = _request(entry, env, style, options, call_id, options.key_source, body)
    given, idle = options.timeout_given, options.idle_timeout_given
    request["timeout"] = DEFAULT_STREAM_TIMEOUT_SECONDS if given is None else given
    request["idle_timeout"] = DEFAULT_STREAM_IDLE_TIMEOUT_SECONDS if idle is None else idle
    return request


def base_url(entry: Provider, env: Environment) -> str:
    """The base URL of a provider: the variable that overrides it, else the configured one."""
    if entry.base_url_env is not None:
        value = (env(entry.base_url_env) or "").strip().strip('"').strip("'")
        if value:
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
    header = {"none": "", "header": entry.auth_header or "x-api-key"}.get(entry.auth_style, "Authorization")
    return {
        "call_id": call_id,
        "provider": entry.name,
        "model": options.model,
        "style": style.value,
        "url": join_url(base_url(entry, env), entry.chat_endpoint),
        "headers": {name: entry.extra_headers[name] for name in sorted(entry.extra_headers)},
        "key_source": key_source,
        "auth_header": header,
        "auth_prefix": "Bearer " if header == "Authorization" and entry.auth_style != "header" else "",
        "body": body,
        "stream": True,
        "timeout": options.timeout,
        "idle_timeout": None,
        "json_tool": False,
    }


def _supported_style(configuration: Configuration, provider: str) -> Style:
    style = style_of(configuration, provider)
    if style is Style.OLLAMA:
        raise thrown(
            f"provider '{provider}' (the default without ANTHROPIC_API_KEY): Ollama's native API (/api/chat) is not supported "
            "in this version; its OpenAI-compatible one is: use provider `local` with "
            "LOCAL_LLM_BASE_URL=http://localhost:11434. To use another provider, set HARN_LLM_PROVIDER and its key; "
            "HARN_LLM_PROVIDER=mock needs neither key nor network"
        )
    return style


def _takes_template_arguments(entry: Provider) -> bool:
    """vLLM's chat_template_kwargs go to servers that users run themselves; services reject unknown keys."""
    return (entry.name == "local" or entry.self_configured) and "openrouter" not in entry.name.lower()
