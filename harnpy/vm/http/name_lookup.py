"""Looking up host names in threads that nobody waits for: a name server that does not answer holds up no program's end.

The threads of asyncio's own executor are waited for when Python ends, however long the system goes on asking.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

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
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def finish(result: Any, error: Exception | None) -> None:
            self._places.release()
            if done.done():
                return  # cancelled meanwhile
            if error is not None:
                done.set_exception(error)
            else:
                done.set_result(result)

        def work() -> None:
            result, failure = None, None
            try:
                result = function()
            except Exception as error:
                failure = error
            with suppress(RuntimeError):  # the loop has been closed
                loop.call_soon_threadsafe(finish, result, failure)

        threading.Thread(target=work, name="harn-name-lookup", daemon=True).start()
        return await done
