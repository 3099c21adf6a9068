"""Requests to a scripted provider, sent through a gateway without a runtime around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from patient_loop import PatientLoop
from provider_server import ProviderServer
from support import HANG_SECONDS

from harnpy.llm.deltas import RawResult
from harnpy.llm.gateway import Gateway
from harnpy.llm.observe import CallDelta, Event, EventBus
from harnpy.llm.request import WireRequest
from harnpy.llm.resolve import ApiKey
from harnpy.vm.http.transport import Transport

KEY = "sk-secret-0123456789"

_T = TypeVar("_T")


def wire_request(url: str, style: str = "openai", **changes: Any) -> WireRequest:
    """A request of either style; changes replace its parts."""
    request: WireRequest = {
        "call_id": "call-1",
        "provider": style,
        "model": "m-1",
        "style": style,
        "url": url,
        "headers": {},
        "key_source": "TEST_KEY",
        "auth_header": "Authorization",
        "auth_prefix": "Bearer ",
        "body": {"model": "m-1", "messages": [{"role": "user", "content": "hi"}]},
        "stream": True,
        "timeout": HANG_SECONDS,
        "idle_timeout": None,
        "json_tool": False,
    }
    request.update(changes)  # type: ignore[typeddict-item]
    return request


def send(server: ProviderServer | str, style: str = "openai", **changes: Any) -> RawResult:
    """Perform one call with a gateway of its own."""
    result, _ = send_watched(server, style, **changes)
    return result


def send_watched(server: ProviderServer | str, style: str = "openai", **changes: Any) -> tuple[RawResult, list[Event]]:
    """As send; also the events that the call put on the bus."""
    url = server if isinstance(server, str) else server.url
    events: list[Event] = []
    bus = EventBus()
    bus.subscribe(events.append)

    async def perform() -> RawResult:
        gateway = Gateway(bus, Transport(connect_timeout=changes.pop("connect_timeout", HANG_SECONDS)))
        gateway.remember_key(ApiKey("TEST_KEY", KEY))
        try:
            return await gateway.send(wire_request(url, style, **changes))
        finally:
            await gateway.close()

    return _run(perform(), server), events


def visible(events: list[Event]) -> list[str]:
    """The pieces of text among events."""
    return [event.text for event in events if isinstance(event, CallDelta) and event.text]


def pump(
    server: ProviderServer, style: str = "openai", accept: Callable[[str], bool] | None = None, **changes: Any
) -> list[str]:
    """The chunks that a stream delivers, a failure as `error: TEXT`; accept says whether more is wanted after each."""
    chunks: list[str] = []

    async def deliver(chunk: str) -> bool:
        chunks.append(chunk)
        return accept is None or accept(chunk)

    async def fail(text: str) -> None:
        chunks.append(f"error: {text}")

    async def perform() -> None:
        gateway = Gateway(EventBus())
        gateway.remember_key(ApiKey("TEST_KEY", KEY))
        try:
            await gateway.pump(wire_request(server.url, style, **changes), deliver, fail)
        finally:
            await gateway.close()

    _run(perform(), server)
    return chunks


def _run(coroutine: Coroutine[Any, Any, _T], server: ProviderServer | str) -> _T:
    """Run a coroutine. Of a scripted server's clients no time passes but in a Stall, where the next limit is exceeded."""
    if isinstance(server, str):
        return asyncio.run(coroutine)
    with asyncio.Runner(loop_factory=lambda: PatientLoop(lambda: server.stalls > 0)) as runner:
        return runner.run(coroutine)
