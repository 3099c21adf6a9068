"""Asking a provider whether it is reachable (`llm_healthcheck`, chapter 11 section 6)."""

from __future__ import annotations

from dataclasses import dataclass

from harnpy.llm.context import CallContext
from harnpy.llm.providers.table import HealthCheck, Provider
from harnpy.llm.request import FetchedReply, base_url, fetch_request, join_url
from harnpy.llm.resolve import NO_KEY, ApiKey, resolve_key
from harnpy.vm.errors import HarnError

TIMEOUT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Health:
    """status and url are those of the reply; None and "" if none arrived."""

    valid: bool
    message: str
    status: int | None = None
    url: str = ""


def check_health(context: CallContext, provider: str) -> Health:
    """Send the configured health check of a provider. Only a cancellation or a deadline is raised."""
    entry = context.configuration.providers.get(provider)
    if entry is None:
        return Health(False, f"Unknown provider: {provider}")
    check = entry.healthcheck
    if check is None:
        return Health(False, f"No healthcheck configured for {provider}")
    url = check.url or join_url(base_url(entry, context.env), check.path or "")
    reply = _ask(context, entry, check, url)
    status = reply["status"]
    if status is None:
        return Health(False, f"{provider} healthcheck failed: {reply['text']}")
    if 200 <= status < 300:
        return Health(True, f"{provider} is reachable (HTTP {status})", status, url)
    return Health(False, f"{provider} returned HTTP {status}: {reply['text']}", status, url)


def key_if_any(context: CallContext, provider: str) -> ApiKey:
    """The key of a provider, made known to the gateway; NO_KEY if it is missing."""
    try:
        key = resolve_key(context.configuration, context.env, provider)
    except HarnError:
        return NO_KEY
    context.remember_key(key)
    return key


def _ask(context: CallContext, entry: Provider, check: HealthCheck, url: str) -> FetchedReply:
    posts = check.method.upper() == "POST"
    request = fetch_request(
        entry,
        key_if_any(context, entry.name).source,
        "POST" if posts else "GET",
        url,
        body=(check.body or "") if posts else None,
        timeout=TIMEOUT_SECONDS,
    )
    reply: FetchedReply = context.fiber.effect(context.gateway.fetch, request)
    return reply
