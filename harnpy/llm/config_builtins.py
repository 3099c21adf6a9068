"""The builtins that show and extend the configuration of providers (chapter 11 section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.context import CallContext
from harnpy.llm.health import check_health
from harnpy.llm.options import OptionReader
from harnpy.llm.providers.table import EMBEDDED_SCHEME, Provider
from harnpy.llm.resolve import infer_provider, tier_model, tier_of
from harnpy.llm.state import LlmState
from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harnpy.vm.fiber import Fiber

# Looking at the configuration reads its files the first time.
_READING = frozenset({"env", "fs.read", "output"})


@builtin("llm_infer_provider(model_id: string) -> string", effects=_READING)
def llm_infer_provider(fiber: Fiber, model_id: Value = None) -> str:
    """The provider that a model id suggests."""
    return infer_provider(CallContext(fiber).configuration, _text(model_id))


@builtin("llm_model_tier(model_id: string) -> string", effects=_READING)
def llm_model_tier(fiber: Fiber, model_id: Value = None) -> str:
    """The tier of a model id: `small`, `mid`, `frontier`, or what the configuration names."""
    return tier_of(CallContext(fiber).configuration, _text(model_id))


@builtin("llm_resolve_model(alias: string) -> dict", effects=_READING)
def llm_resolve_model(fiber: Fiber, alias: Value = None) -> Value:
    """`{id, provider}` of an alias; provider is nil for any other text, which is its own id."""
    name = _text(alias)
    found = CallContext(fiber).configuration.aliases.get(name)
    return {"id": name, "provider": None} if found is None else {"id": found.model, "provider": found.provider}


@builtin("llm_pick_model(target: string, options: dict | nil = nil) -> dict", effects=_READING)
def llm_pick_model(fiber: Fiber, target: Value = None, options: Value = None) -> Value:
    """`{id, provider, tier}` for a tier, alias or model id, preferably of `options.provider`."""
    configuration = CallContext(fiber).configuration
    name = _text(target)
    preferred = OptionReader(options).text("provider") or None
    found = tier_model(configuration, name, preferred)
    model = name if found is None else found.model
    provider = (preferred or infer_provider(configuration, name)) if found is None else found.provider
    return {"id": model, "provider": provider, "tier": tier_of(configuration, model)}


@builtin("llm_providers() -> list", effects=_READING)
def llm_providers(fiber: Fiber) -> Value:
    """The names of all providers, configured and registered ones, sorted."""
    context = CallContext(fiber)
    return sorted({*_listed(context.configuration.providers), *context.state.registered})


@builtin("provider_register(name: string) -> bool")
def provider_register(fiber: Fiber, name: Value = None) -> bool:
    """Makes a provider's name known to llm_providers. Returns true; raises for an empty name."""
    text = _text(name)
    if not text:
        raise runtime_error("provider_register: name is required")
    fiber.runtime.state(LlmState).registered.add(text)
    return True


@builtin("llm_config(provider: string | nil = nil)", effects=_READING)
def llm_config(fiber: Fiber, provider: Value = None) -> Value:
    """The entry of a provider as a dict, nil if it is not configured; without a name a dict of all entries.

    Entries name neither keys nor the variables that hold them.
    """
    providers = CallContext(fiber).configuration.providers
    if provider is None:
        return {name: _entry(providers[name]) for name in sorted(_listed(providers))}
    found = providers.get(display(provider))
    return None if found is None else _entry(found)


@builtin('llm_healthcheck(provider: string = "anthropic")', effects={"clock", "env", "fs.read", "llm", "output"})
def llm_healthcheck(fiber: Fiber, provider: Value = None) -> Value:
    """Asks a provider whether it can be reached: `{valid: bool, message: string, metadata: dict}`. Never throws.

    metadata is `{status, url}` if there was a reply. Takes 15 seconds at most.
    """
    health = check_health(CallContext(fiber), "anthropic" if provider is None else display(provider))
    metadata = {} if health.status is None else {"status": health.status, "url": health.url}
    return {"valid": health.valid, "message": health.message, "metadata": metadata}


def _entry(provider: Provider) -> Value:
    entry: dict[str, Value] = {
        "base_url": provider.base_url,
        "auth_style": provider.auth_style,
        "chat_endpoint": provider.chat_endpoint,
    }
    optional: dict[str, Value] = {
        "completion_endpoint": provider.completion_endpoint,
        "auth_header": provider.auth_header,
        "extra_headers": dict(provider.extra_headers) or None,
        "features": list(provider.features) or None,
        "rpm": provider.requests_per_minute,
        "tpm": provider.tokens_per_minute,
    }
    return entry | {key: value for key, value in optional.items() if value is not None}


def _text(value: Value) -> str:
    return "" if value is None else display(value)


def _listed(providers: Mapping[str, Provider]) -> list[str]:
    """The names of the providers that programs find in lists. The one that needs an extra is found by its name only."""
    return [name for name, entry in providers.items() if entry.base_url != EMBEDDED_SCHEME or entry.self_configured]
