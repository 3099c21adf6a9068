"""Servers on loopback sockets, for tests: what answers a connection is up to them, the thread and its end are here."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import Self

from support import HANG_SECONDS


class LoopbackServer:
    """Runs in a thread of its own from `with` to its end; serve deals with one connection.

    url and port are where it listens. Who waits for something in the server is told by notifying `_changed`.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.url = ""
        self.port = 0
        self._tls = tls
        self._host = host
        self._changed = threading.Condition()
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Deal with one connection."""
        raise NotImplementedError

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Wait for what happens in the server."""
        with self._changed:
            assert self._changed.wait_for(reached, timeout=HANG_SECONDS), "it does not happen"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(HANG_SECONDS)
        return self

    def __exit__(self, *failure: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(HANG_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self.serve, self._host, 0, ssl=self._tls, backlog=2000)
        )
        self.port = server.sockets[0].getsockname()[1]
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"{'http' if self._tls is None else 'https'}://{host}:{self.port}"
        self._started.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop), return_exceptions=True))
        self._loop.close()


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a TCP reset."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
