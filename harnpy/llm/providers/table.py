"""The built-in providers, aliases and inference rules, as immutable data (chapter 11 section 5).

A configuration is the complete answer to "which providers are there and what do they look like"; the built-in one is
what a run uses when no provider file is loaded. Nothing here reads the environment, a file or the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from harnpy.llm.json_values import Json

# The base URL of a provider that runs a model in this process; behind it may stand a folder with GGUF files.
EMBEDDED_SCHEME = "embedded:"

_NOTHING: Mapping[str, Json] = MappingProxyType({})


def _nothing() -> Mapping[str, Json]:
    return _NOTHING


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How to ask a provider whether it is reachable; url wins over base URL plus path."""

    method: str
    path: str | None = None
    url: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. auth_env names the variables that may hold its key, in order; empty means that it needs none.

    base_url_env_version is what a value of base_url_env lacks compared with base_url: SDKs of some providers take the
    host alone where the wire path begins with a version. self_configured is false for the well-known services.
    """

    name: str
    base_url: str
    base_url_env: str | None = None
    base_url_env_version: str = ""
    auth_style: str = "bearer"
    auth_header: str | None = None
    auth_env: tuple[str, ...] = ()
    extra_headers: Mapping[str, str] = field(default_factory=_nothing)
    chat_endpoint: str = ""
    completion_endpoint: str | None = None
    healthcheck: HealthCheck | None = None
    features: tuple[str, ...] = ()
    fallback: str | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    self_configured: bool = True


@dataclass(frozen=True, slots=True)
class Alias:
    model: str
    provider: str
    tool_format: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A match on a model id and what follows from it: a provider name or a tier name."""

    result: str
    exact: str | None = None
    pattern: str | None = None
    contains: str | None = None

    def matches(self, model: str) -> bool:
        """Exact text, then glob, then substring; one of them is enough."""
        return (
            (self.exact is not None and model == self.exact)
            or (self.pattern is not None and glob_matches(self.pattern, model))
            or (self.contains is not None and self.contains in model)
        )


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that a provider file can say. source is what error texts call it.

    model_prices: by glob, USD for a million tokens under `input`, `output`, `cache_read` and `cache_write`.
    """

    providers: Mapping[str, Provider]
    aliases: Mapping[str, Alias]
    inference_rules: tuple[Rule, ...]
    tier_rules: tuple[Rule, ...]
    default_tier: str = "mid"
    model_defaults: Mapping[str, Mapping[str, Json]] = field(default_factory=_nothing)
    model_prices: Mapping[str, Mapping[str, float]] = field(default_factory=_nothing)
    source: str = "<built-in defaults>"


def glob_matches(pattern: str, text: str) -> bool:
    """The globs of provider configuration: `X*`, `*X`, `*X*`, one inner `*`, or equality."""
    if "*" not in pattern:
        return pattern == text
    if len(pattern) > 1 and pattern.startswith("*") and pattern.endswith("*"):
        return pattern[1:-1] in text
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    if pattern.startswith("*"):
        return text.endswith(pattern[1:])
    if pattern.count("*") != 1:
        return pattern == text
    head, _, tail = pattern.partition("*")
    return len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)


def _openai_style(
    name: str,
    base_url: str,
    *auth_env: str,
    base_url_env: str | None = None,
    health: HealthCheck,
) -> Provider:
    return Provider(
        name,
        base_url,
        base_url_env=base_url_env,
        auth_env=auth_env,
        chat_endpoint="/chat/completions",
        completion_endpoint="/completions",
        healthcheck=health,
        self_configured=False,
    )


_MODELS = HealthCheck("GET", path="/models")

_PROVIDERS = (
    Provider(
        "anthropic",
        "https://api.anthropic.com/v1",
        base_url_env="ANTHROPIC_BASE_URL",
        base_url_env_version="/v1",
        auth_style="header",
        auth_header="x-api-key",
        auth_env=("ANTHROPIC_API_KEY",),
        extra_headers=MappingProxyType({"anthropic-version": "2023-06-01"}),
        chat_endpoint="/messages",
        healthcheck=HealthCheck(
            "POST",
            path="/messages/count_tokens",
            body='{"model":"claude-sonnet-4-20250514","messages":[{"role":"user","content":"x"}]}',
        ),
        features=("prompt_caching", "thinking"),
        self_configured=False,
    ),
    _openai_style(
        "openai", "https://api.openai.com/v1", "OPENAI_API_KEY", base_url_env="OPENAI_BASE_URL", health=_MODELS
    ),
    _openai_style(
        "openrouter",
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        health=HealthCheck("GET", path="/auth/key"),
    ),
    _openai_style(
        "huggingface",
        "https://router.huggingface.co/v1",
        "HF_TOKEN",
        "HUGGINGFACE_API_KEY",
        health=HealthCheck("GET", url="https://huggingface.co/api/whoami-v2"),
    ),
    _openai_style(
        "together",
        "https://api.together.xyz/v1",
        "TOGETHER_AI_API_KEY",
        base_url_env="TOGETHER_AI_BASE_URL",
        health=_MODELS,
    ),
    Provider(
        "ollama",
        "http://localhost:11434",
        base_url_env="OLLAMA_HOST",
        auth_style="none",
        chat_endpoint="/api/chat",
        completion_endpoint="/api/generate",
        healthcheck=HealthCheck("GET", path="/api/tags"),
        self_configured=False,
    ),
    Provider(
        "local",
        "http://localhost:8000",
        base_url_env="LOCAL_LLM_BASE_URL",
        auth_style="none",
        chat_endpoint="/v1/chat/completions",
        completion_endpoint="/v1/completions",
        healthcheck=HealthCheck("GET", path="/v1/models"),
        self_configured=False,
    ),
    Provider(
        "embedded",
        EMBEDDED_SCHEME,
        base_url_env="HARN_EMBEDDED_MODELS",
        auth_style="none",
        self_configured=False,
    ),
)

# Names that `llm_providers` knows whatever is configured (section 6).
REGISTERED_AT_START = (
    "mock",
    "anthropic",
    "ollama",
    "openai",
    "openrouter",
    "together",
    "groq",
    "deepseek",
    "fireworks",
    "huggingface",
    "local",
)

_FRONTIER = Alias("claude-sonnet-4-20250514", "anthropic")
_MID = Alias("gpt-4o-mini", "openai")
_SMALL = Alias("Qwen/Qwen3.5-9B", "openrouter")
_GEMMA_26B = Alias("gemma-4-26b-a4b-it", "local")

BUILT_IN = Configuration(
    providers=MappingProxyType({provider.name: provider for provider in _PROVIDERS}),
    aliases=MappingProxyType(
        {
            "frontier": _FRONTIER,
            "tier/frontier": _FRONTIER,
            "mid": _MID,
            "tier/mid": _MID,
            "small": _SMALL,
            "tier/small": _SMALL,
            "local-gemma4": _GEMMA_26B,
            "local-gemma4-26b": _GEMMA_26B,
            "local-gemma4-31b": Alias("gemma-4-31b-it", "local"),
            "local-gemma4-e4b": Alias("gemma-4-e4b-it", "local"),
            "local-gemma4-e2b": Alias("gemma-4-e2b-it", "local"),
        }
    ),
    inference_rules=(
        Rule("anthropic", pattern="claude-*"),
        Rule("openai", pattern="gpt-*"),
        Rule("openai", pattern="o1*"),
        Rule("openai", pattern="o3*"),
        Rule("local", pattern="local:*"),
        Rule("openrouter", contains="/"),
        Rule("ollama", contains=":"),
    ),
    tier_rules=(
        Rule("small", contains="9b"),
        Rule("small", contains="a3b"),
        Rule("small", contains="gemma-4-e2b"),
        Rule("small", contains="gemma-4-e4b"),
        Rule("mid", contains="gemma-4-26b"),
        Rule("frontier", contains="gemma-4-31b"),
        Rule("mid", contains="gemma4:26b"),
        Rule("frontier", contains="gemma4:31b"),
        Rule("frontier", pattern="claude-*"),
        Rule("frontier", exact="gpt-4o"),
    ),
)
