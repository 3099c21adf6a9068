"""Which provider, which model and which key a call uses (chapter 11 section 4).

Everything here is decided by the configuration, the call's own options and environment variables, which are read
through a function that the caller passes in. Nothing here sends anything or knows a wire format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from harnpy.llm.providers.table import Alias, Configuration, Provider
from harnpy.vm.errors import HarnError, thrown

Environment: TypeAlias = Callable[[str], "str | None"]

MOCK = "mock"

# Providers by which a tier is tried when nothing else points at one, nearest and cheapest first.
_TIER_ORDER = ("local", "ollama", "openrouter", "together", "huggingface", "openai", "anthropic")

_DEFAULT_MODELS = {
    "embedded": "smollm2-135m",
    "openai": "gpt-4o",
    "ollama": "llama3.2",
    "openrouter": "anthropic/claude-sonnet-4-20250514",
}
_DEFAULT_MODEL = "claude-sonnet-4-20250514"
_DEFAULT_LOCAL_MODEL = "gpt-4o"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key and the variable that it came from. Its repr shows the variable only."""

    source: str
    value: str = field(repr=False)


NO_KEY = ApiKey("", "")


def infer_provider(configuration: Configuration, model: str) -> str:
    """The provider that a model id suggests: the configured rules in order, then fixed prefixes."""
    for rule in configuration.inference_rules:
        if rule.matches(model):
            return rule.result
    if model.startswith("local:"):
        return "local"
    if model.startswith("claude-"):
        return "anthropic"
    if model.startswith(("gpt-", "o1", "o3")):
        return "openai"
    if "/" in model:
        return "openrouter"
    return "ollama" if ":" in model else "anthropic"


def tier_of(configuration: Configuration, model: str) -> str:
    """The tier of a model id: the configured rules in order, then what its name suggests, then the default tier."""
    for rule in configuration.tier_rules:
        if rule.matches(model):
            return rule.result
    lowered = model.lower()
    if "9b" in lowered or "a3b" in lowered:
        return "small"
    if lowered.startswith("claude-") or lowered == "gpt-4o":
        return "frontier"
    return configuration.default_tier


def tier_model(configuration: Configuration, target: str, provider: str | None) -> Alias | None:
    """What the configuration names for a tier (or alias) called target, preferably of provider."""
    names = [target]
    if provider is not None:
        names += [f"{provider}/{target}", f"{provider}:{target}"]
    names.append(f"tier/{target}")
    for name in names:
        if name in configuration.aliases:
            return configuration.aliases[name]
    return None


def tier_candidates(configuration: Configuration, target: str) -> list[Alias]:
    """Every aliased model whose id has that tier, by provider, then id, without duplicates."""
    pairs = {
        (alias.provider, alias.model)
        for alias in configuration.aliases.values()
        if tier_of(configuration, alias.model) == target
    }
    return [Alias(model, provider) for provider, model in sorted(pairs)]


def split_provider_prefix(configuration: Configuration, model: str) -> tuple[str | None, str]:
    """Read `PROVIDER:MODEL`. The provider is None where the text before the colon names none, or is an alias."""
    head, colon, rest = model.partition(":")
    if colon and rest and model not in configuration.aliases and (head in configuration.providers or head == MOCK):
        return head, rest
    return None, model


def default_tool_format(configuration: Configuration, env: Environment, option: str | None, chosen: Alias) -> str:
    """How tools are offered to a model when the call does not say: `native` or `text` (section 3.1)."""
    if option is not None:
        return option
    from_environment = (env("HARN_AGENT_TOOL_FORMAT") or "").strip()
    if from_environment:
        return from_environment
    for name in sorted(configuration.aliases):
        alias = configuration.aliases[name]
        same = alias.model == chosen.model and alias.provider == chosen.provider
        if alias.tool_format is not None and (same or name == chosen.model):
            return alias.tool_format
    provider = configuration.providers.get(chosen.provider)
    return "native" if provider is not None and "native_tools" in provider.features else "text"


def resolve_key(configuration: Configuration, env: Environment, provider: str) -> ApiKey:
    """The key of a provider; an empty one where it needs none.

    Raises a thrown string that names the missing variables, or the unknown provider.
    """
    if provider == MOCK:
        return NO_KEY
    entry = require_provider(configuration, provider)
    if entry.auth_style == "none" or not entry.auth_env:
        return NO_KEY
    if len(entry.auth_env) == 1:
        name = entry.auth_env[0]
        value = env(name)
        if value is None:
            raise _missing_key(configuration, provider, f"set {name} environment variable")
        return ApiKey(name, value.strip())
    for name in entry.auth_env:
        value = (env(name) or "").strip()
        if value:
            return ApiKey(name, value)
    raise _missing_key(configuration, provider, f"set one of {', '.join(entry.auth_env)} environment variables")


def require_provider(configuration: Configuration, provider: str) -> Provider:
    """The entry of a provider. Raises a thrown string for a name that is not configured."""
    entry = configuration.providers.get(provider)
    if entry is None:
        known = ", ".join(sorted([*configuration.providers, MOCK]))
        raise thrown(
            f"Unknown provider '{provider}': it is not in the provider configuration @ {configuration.source} "
            f"(known providers: {known})"
        )
    return entry


def _missing_key(configuration: Configuration, provider: str, remedy: str) -> HarnError:
    return thrown(
        f"Missing API key: {remedy} (provider '{provider}' selected via LLM_PROVIDER / llm.toml "
        f"@ {configuration.source}; set HARN_LLM_PROVIDER=mock or LLM_PROVIDER=mock for offline use)"
    )


class ModelChooser:
    """Chooses provider and model for calls of one run.

    availability remembers per provider whether its key was found; warn(key, text) says a warning once per key.
    """

    def __init__(
        self,
        configuration: Configuration,
        env: Environment,
        availability: dict[str, bool],
        warn: Callable[[tuple[str, ...], str], None],
    ) -> None:
        self.configuration = configuration
        self._env = env
        self._availability = availability
        self._warn = warn

    def choose(self, provider: str | None, model: str | None, tier: str | None) -> Alias:
        """The provider and model of a call with these three options (None where an option is absent)."""
        if provider is not None and provider.lower() == "auto":
            provider = None
        chosen = provider or self._provider(model, tier)
        return Alias(self._model(chosen, provider, model, tier), chosen)

    def available(self, provider: str) -> bool:
        """Whether a key for provider can be found; asked once per provider and run."""
        known = self._availability.get(provider)
        if known is None:
            try:
                resolve_key(self.configuration, self._env, provider)
                known = True
            except HarnError:
                known = False
            self._availability[provider] = known
        return known

    def tier(self, target: str, preferred: str | None) -> Alias | None:
        """The model for a tier: the configured one if it can be reached, else the nearest that can (section 4.3)."""
        requested = tier_model(self.configuration, target, preferred)
        wanted = requested is not None and preferred in (None, requested.provider)
        if requested is not None and wanted and self.available(requested.provider):
            return requested
        selected = self._selected_by_environment()
        if selected is not None and self.available(selected.provider):
            self._warn_fallback(target, requested, selected)
            return selected
        candidates = tier_candidates(self.configuration, target)
        for provider in self._tier_providers(preferred):
            if not self.available(provider):
                continue
            for candidate in candidates:
                if candidate.provider == provider:
                    self._warn_fallback(target, requested, candidate)
                    return candidate
        return requested

    def _provider(self, model: str | None, tier: str | None) -> str:
        from_environment = self._env("HARN_LLM_PROVIDER")
        if from_environment:
            return from_environment
        if model is not None:
            prefix, _ = split_provider_prefix(self.configuration, model)
            if prefix is not None:
                return prefix
        if self._env("LOCAL_LLM_BASE_URL") is not None and (
            model is not None or self._env("HARN_LLM_MODEL") is not None or self._env("LOCAL_LLM_MODEL") is not None
        ):
            return "local"
        if model is not None:
            return self._provider_of(model)
        if tier is not None:
            choice = self.tier(tier, None)
            if choice is not None:
                return choice.provider
        model_in_environment = self._env("HARN_LLM_MODEL")
        if model_in_environment is not None:
            return self._provider_of(model_in_environment)
        for provider in ("anthropic", "ollama"):
            if self.available(provider):
                return provider
        return "local" if self.available("local") else "anthropic"

    def _provider_of(self, model: str) -> str:
        alias = self.configuration.aliases.get(model)
        if alias is not None:
            return alias.provider
        prefix, _ = split_provider_prefix(self.configuration, model)
        return prefix or infer_provider(self.configuration, model)

    def _model(self, chosen: str, provider: str | None, model: str | None, tier: str | None) -> str:
        if model is not None:
            return self._model_id(model, chosen)
        if tier is not None:
            choice = self.tier(tier, chosen)
            if choice is not None:
                return choice.model
        named = self._env("HARN_LLM_MODEL")
        if named is not None and self._environment_model_applies(named, chosen, provider):
            return self._model_id(named, chosen)
        if chosen == "local":
            local = self._env("LOCAL_LLM_MODEL")
            if local is not None:
                return self._model_id(local, chosen)
            return named if named is not None else _DEFAULT_LOCAL_MODEL
        return _DEFAULT_MODELS.get(chosen, _DEFAULT_MODEL)

    def _environment_model_applies(self, named: str, chosen: str, provider: str | None) -> bool:
        alias = self.configuration.aliases.get(named)
        if alias is not None:
            return alias.provider == chosen
        from_environment = self._env("HARN_LLM_PROVIDER")
        if from_environment:
            return from_environment == chosen
        # The variable chose the provider, so it has to choose the model as well.
        return provider is None and self._provider_of(named) == chosen

    def _model_id(self, model: str, chosen: str) -> str:
        alias = self.configuration.aliases.get(model)
        if alias is not None:
            return alias.model
        prefix, rest = split_provider_prefix(self.configuration, model)
        return rest if prefix == chosen else model

    def _selected_by_environment(self) -> Alias | None:
        model = self._env("HARN_LLM_MODEL")
        if model is None:
            model = self._env("LOCAL_LLM_MODEL")
        if model is None:
            return None
        provider = self._env("HARN_LLM_PROVIDER")
        if not provider:
            local = self._env("LOCAL_LLM_BASE_URL") is not None
            provider = "local" if local else infer_provider(self.configuration, model)
        return Alias(model, provider)

    def _tier_providers(self, preferred: str | None) -> Iterator[str]:
        named = self._env("HARN_LLM_MODEL")
        local = self._env("LOCAL_LLM_MODEL")
        order = (
            preferred,
            self._env("HARN_LLM_PROVIDER"),
            "local" if self._env("LOCAL_LLM_BASE_URL") is not None else None,
            infer_provider(self.configuration, named) if named is not None else None,
            infer_provider(self.configuration, local) if local is not None else None,
            *_TIER_ORDER,
        )
        return iter(dict.fromkeys(provider for provider in order if provider))

    def _warn_fallback(self, target: str, requested: Alias | None, chosen: Alias) -> None:
        if requested is not None and requested.provider == chosen.provider:
            return
        wanted = "the default tier mapping" if requested is None else requested.provider
        self._warn(
            ("tier", target, wanted, chosen.model, chosen.provider),
            f"model_tier '{target}' could not use provider '{wanted}' in the current environment; "
            f"falling back to reachable provider '{chosen.provider}' with model '{chosen.model}'",
        )
