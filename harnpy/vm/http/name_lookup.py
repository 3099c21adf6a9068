"""Looking up host names in threads that nobody waits for: a name server that does not answer holds up no program's end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from harnpy.vm.daemon_threads import in_thread

# Lookups at a time; further ones wait for a place.
_AT_ONCE = 32


class NameLookup:
    """What a resolver of aiohttp asks of an event loop: `getaddrinfo` and `getnameinfo`, as there."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def getaddrinfo(self, host: Any, port: Any, **hints: Any) -> Any:
        return await self._in_thread(lambda: socket.getaddrinfo(host, port, **hints))

    async def getnameinfo(self, address: Any, flags: int = 0) -> Any:
        return await self._in_thread(lambda: socket.getnameinfo(address, flags))

    async def _in_thread(self, function: Callable[[], Any]) -> Any:
        await self._places.acquire()
        done = in_thread(function, "harn-name-lookup")
        done.add_done_callback(lambda _: self._places.release())
        return await asyncio.shield(done)  # a lookup that nobody waits for any more still has its place
