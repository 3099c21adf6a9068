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


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of a health check that was sent to url: a status and the body, or no status and what failed."""

    url: str
    status: int | None
    text: str


def check_health(context: CallContext, provider: str) -> Health:
    """Send the configured health check of a provider. Only a cancellation or a deadline is raised."""
    entry = context.configuration.providers.get(provider)
    if entry is None:
        return Health(False, f"Unknown provider: {provider}")
    check = entry.healthcheck
    if check is None:
        return Health(False, f"No healthcheck configured for {provider}")
    reply = probe(context, entry, check)
    if reply.status is None:
        return Health(False, f"{provider} healthcheck failed: {reply.text}")
    if 200 <= reply.status < 300:
        return Health(True, f"{provider} is reachable (HTTP {reply.status})", reply.status, reply.url)
    return Health(False, f"{provider} returned HTTP {reply.status}: {reply.text}", reply.status, reply.url)


def key_if_any(context: CallContext, provider: str) -> ApiKey:
    """The key of a provider, made known to the gateway; NO_KEY if it is missing."""
    try:
        key = resolve_key(context.configuration, context.env, provider)
    except HarnError:
        return NO_KEY
    context.remember_key(key)
    return key


def probe(context: CallContext, entry: Provider, check: HealthCheck, timeout: float = TIMEOUT_SECONDS) -> Probe:
    """Send a health check, with the provider's key if there is one, and wait for timeout seconds at most."""
    url = check.url or join_url(base_url(entry, context.env), check.path or "")
    posts = check.method.upper() == "POST"
    request = fetch_request(
        entry,
        key_if_any(context, entry.name).source,
        "POST" if posts else "GET",
        url,
        body=(check.body or "") if posts else None,
        timeout=timeout,
    )
    reply: FetchedReply = context.fiber.effect(context.gateway.fetch, request)
    return Probe(url, reply["status"], reply["text"])
