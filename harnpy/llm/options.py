"""The options of a model call: extraction from Harn arguments, defaults and warnings (chapter 11 section 3).

What comes out is frozen plain data, so that retries, transcripts and other layers can hold on to it. The API key is
not part of it: it stays with the gateway that sends requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harnpy.llm.json_values import Json, to_json
from harnpy.llm.messages import wire_messages
from harnpy.llm.providers.styles import Style, style_of
from harnpy.llm.providers.table import Configuration, glob_matches
from harnpy.llm.resolve import NO_KEY, ApiKey, Environment, ModelChooser, default_tool_format, resolve_key
from harnpy.llm.tools_wire import native_tools
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.values import Value, truthy

DEFAULT_MAX_TOKENS = 16384
DEFAULT_TIMEOUT_SECONDS = 120
DEFAULT_THINKING_BUDGET = 10000
DEFAULT_RETRIES = 2
DEFAULT_BACKOFF_MS = 2000
DEFAULT_SCHEMA_RETRIES = 1

# Options that a provider does not take, with the name under which each is reported, in this order.
_UNSUPPORTED: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("seed", "frequency_penalty", "presence_penalty"),
    "openai": ("top_k", "thinking", "cache"),
    "openrouter": ("top_k", "thinking", "cache"),
    "huggingface": ("top_k", "thinking", "cache"),
    "local": ("top_k", "thinking", "cache"),
    "ollama": ("frequency_penalty", "presence_penalty", "cache"),
    "embedded": ("thinking", "cache"),
}

_FLOAT_DEFAULTS = ("temperature", "top_p", "frequency_penalty", "presence_penalty")


@dataclass(frozen=True, slots=True)
class StructuredOutput:
    """What a call wants its answer to be. schema is the Harn dict that validates it, None for no validation.

    mode is `off`, `warn` or `error`. nudge is True for the built-in wording, False for no retry, or the text to use.
    """

    expected: bool
    schema: dict[str, Value] | None
    mode: str
    retries: int
    nudge: bool | str


# Without slots: what has a dict is copied in one step.
@dataclass(frozen=True)
class LlmOptions:
    """One model call. Times are in seconds unless the name says ms; None means that the option is absent.

    assets holds by id what blocks with an `asset_id` stand for.
    tools is the Harn value as given; native_tools its wire form, None without the option. timeout_given and
    idle_timeout_given are what the caller or the environment asked for, which tells a default from a wish.
    """

    provider: str
    model: str
    style: Style
    key_source: str
    messages: list[Json]
    system: str | None
    max_tokens: int
    temperature: float | None
    top_p: float | None
    top_k: int | None
    stop: list[str] | None
    seed: int | None
    frequency_penalty: float | None
    presence_penalty: float | None
    json_mode: bool
    wire_schema: Json
    structured: StructuredOutput
    thinking_budget: int | None
    tools: Value
    native_tools: list[Json] | None
    tool_choice: Json
    tool_format: str
    cache: bool
    stream: bool
    timeout: int
    timeout_given: int | None
    idle_timeout_given: int | None
    prefill: str | None
    overrides: dict[str, Json]
    retries: int
    backoff_ms: int
    user_visible: bool
    assets: dict[str, Json] = field(default_factory=dict)

    def with_messages(self, messages: list[Json]) -> LlmOptions:
        """The same call about other messages."""
        return self if messages is self.messages else _changed(self, messages=messages)

    def for_turn(self, messages: list[Json], system: str | None, prefill: str | None) -> LlmOptions:
        """The same call for one turn of a conversation."""
        return _changed(self, messages=messages, system=system, prefill=prefill)


def _changed(options: LlmOptions, **changes: Any) -> LlmOptions:
    """As dataclasses.replace, which takes many times as long for so many fields; every turn of an agent does this."""
    changed = object.__new__(LlmOptions)
    changed.__dict__.update(options.__dict__, **changes)
    return changed


class OptionReader:
    """Reads an options dict by the rules of section 3; nil is the same as absent."""

    def __init__(self, options: Value) -> None:
        self.options: dict[str, Value] = options if type(options) is dict else {}

    def has(self, key: str) -> bool:
        return self.options.get(key) is not None

    def text(self, key: str) -> str | None:
        value = self.options.get(key)
        return None if value is None else display(value)

    def integer(self, key: str) -> int | None:
        value = self.options.get(key)
        return max(0, value) if type(value) is int else None

    def signed_integer(self, key: str) -> int | None:
        value = self.options.get(key)
        return value if type(value) is int else None

    def number(self, key: str) -> float | None:
        value = self.options.get(key)
        return value if type(value) in (int, float) else None

    def flag(self, key: str) -> bool:
        return truthy(self.options.get(key))

    def texts(self, key: str) -> list[str] | None:
        value = self.options.get(key)
        return [display(item) for item in value] if type(value) is list and value else None

    def dictionary(self, key: str) -> dict[str, Value] | None:
        value = self.options.get(key)
        return value if type(value) is dict else None


def extract_options(
    prompt: Value,
    system: Value,
    options: Value,
    *,
    chooser: ModelChooser,
    env: Environment,
    remember_key: Callable[[ApiKey], None],
    warn: Callable[[str], None],
    needs_key: bool = True,
) -> LlmOptions:
    """The options of a call from its three arguments; needs_key is whether it goes to a provider.

    Raises thrown strings: for a missing key, an unknown provider, the removed `transcript` option, malformed tools.
    """
    read = OptionReader(options)
    configuration = chooser.configuration
    chosen = chooser.choose(read.text("provider"), read.text("model"), read.text("model_tier"))
    key = resolve_key(configuration, env, chosen.provider) if needs_key else NO_KEY
    remember_key(key)
    style = style_of(configuration, chosen.provider)
    defaults = model_defaults(configuration, chosen.model)
    numbers = {name: _number_or_default(read, defaults, name) for name in _FLOAT_DEFAULTS}
    top_k = read.integer("top_k")
    max_tokens = read.integer("max_tokens")
    idle_timeout = read.integer("idle_timeout")
    timeout = read.integer("timeout")
    retries = read.integer("llm_retries")
    backoff = read.integer("llm_backoff_ms")
    schema = read.dictionary("schema")
    json_mode = read.text("response_format") == "json"
    if "transcript" in read.options:
        raise thrown(
            "llm_call / agent_loop: the `transcript` option was removed. Open a session with agent_session_open(id), "
            "which also resumes one that exists, and pass `session_id: id` instead."
        )
    extracted = LlmOptions(
        provider=chosen.provider,
        model=chosen.model,
        style=style,
        key_source=key.source,
        messages=wire_messages("" if prompt is None else display(prompt), read.options.get("messages")),
        system=None if system is None else display(system),
        max_tokens=DEFAULT_MAX_TOKENS if max_tokens is None else max_tokens,
        temperature=numbers["temperature"],
        top_p=numbers["top_p"],
        top_k=top_k if top_k is not None else _integer_default(defaults, "top_k"),
        stop=read.texts("stop"),
        seed=read.signed_integer("seed"),
        frequency_penalty=numbers["frequency_penalty"],
        presence_penalty=numbers["presence_penalty"],
        json_mode=json_mode,
        wire_schema=None if schema is None else to_json(schema),
        structured=_structured_output(read, schema, json_mode),
        thinking_budget=_thinking_budget(read.options.get("thinking")),
        tools=read.options.get("tools"),
        native_tools=native_tools(read.options["tools"], style) if "tools" in read.options else None,
        tool_choice=to_json(read.options.get("tool_choice")),
        tool_format=default_tool_format(configuration, env, read.text("tool_format"), chosen),
        cache=read.flag("cache"),
        stream=read.flag("stream") if read.has("stream") else _streams_by_default(env),
        timeout=_first(timeout, env_seconds(env, "HARN_LLM_TIMEOUT"), DEFAULT_TIMEOUT_SECONDS),
        timeout_given=timeout,
        idle_timeout_given=idle_timeout if idle_timeout is not None else env_seconds(env, "HARN_LLM_IDLE_TIMEOUT"),
        overrides=to_json(read.dictionary(chosen.provider) or {}),
        prefill=read.text("prefill") or None,
        retries=DEFAULT_RETRIES if retries is None else retries,
        backoff_ms=DEFAULT_BACKOFF_MS if backoff is None else backoff,
        user_visible=read.flag("user_visible"),
        assets=_assets(read.options.get("assets")),
    )
    for name in _UNSUPPORTED.get(extracted.provider, ()):
        if _is_set(extracted, name):
            warn(f'"{name}" is not supported by provider "{extracted.provider}", ignoring')
    return extracted


def model_defaults(configuration: Configuration, model: str) -> dict[str, Json]:
    """The defaults that the configuration has for a model id; of several matching globs the later ones win."""
    merged: dict[str, Json] = {}
    for glob in sorted(configuration.model_defaults):
        if glob_matches(glob, model):
            merged.update(configuration.model_defaults[glob])
    return merged


def env_seconds(env: Environment, name: str) -> int | None:
    """An environment variable that holds an unsigned whole number of seconds; None for anything else."""
    text = env(name)
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None


def _structured_output(read: OptionReader, schema: dict[str, Value] | None, json_mode: bool) -> StructuredOutput:
    output_schema = read.dictionary("output_schema")
    mode = read.text("output_validation")
    retries = read.integer("schema_retries")
    nudge = read.options.get("schema_retry_nudge")
    return StructuredOutput(
        expected=json_mode or schema is not None or output_schema is not None,
        schema=output_schema if read.has("output_schema") else schema,
        mode=mode if mode in ("warn", "error") else "off",
        retries=DEFAULT_SCHEMA_RETRIES if retries is None else retries,
        nudge=nudge if type(nudge) is bool else True if nudge is None else display(nudge),
    )


def _assets(given: Value) -> dict[str, Json]:
    """The assets of a call by their ids, from a list of transcript assets or from the transcript that holds them."""
    if type(given) is dict:
        given = given.get("assets")
    assets = [to_json(asset) for asset in given if type(asset) is dict] if type(given) is list else []
    return {asset["id"]: asset for asset in assets if type(asset.get("id")) is str}


def _thinking_budget(value: Value) -> int | None:
    if type(value) is dict:
        budget = value.get("budget_tokens")
        return budget if type(budget) is int else DEFAULT_THINKING_BUDGET
    return DEFAULT_THINKING_BUDGET if truthy(value) else None


def _streams_by_default(env: Environment) -> bool:
    return (env("HARN_LLM_STREAM") or "").strip().lower() not in ("0", "false")


def _number_or_default(read: OptionReader, defaults: Mapping[str, Json], name: str) -> float | None:
    given = read.number(name)
    default = defaults.get(name)
    return given if given is not None else default if type(default) in (int, float) else None


def _integer_default(defaults: Mapping[str, Json], name: str) -> int | None:
    default = defaults.get(name)
    return default if type(default) is int else None


def _first(*candidates: int | None) -> int:
    return next(candidate for candidate in candidates if candidate is not None)


def _is_set(options: LlmOptions, name: str) -> bool:
    if name == "thinking":
        return options.thinking_budget is not None
    if name == "cache":
        return options.cache
    return getattr(options, name) is not None
