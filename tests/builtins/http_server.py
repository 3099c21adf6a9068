"""An HTTP server on a loopback socket whose answers are bytes, so that it can break every rule; it records requests.

With certificates it speaks TLS. Paths answer as they were told by `on`, in order, the last answer again and again; other
paths have status 599.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from loopback_server import LoopbackServer, reset
from provider_server import Certificates, Cut, Reset, Stall


class Gathering:
    """In an answer: wait until as many requests as this wait here together."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.arrived = 0
        self.complete = asyncio.Event()


Piece: TypeAlias = bytes | Stall | Cut | Reset | Gathering


@dataclass
class Request:
    """One request as received. headers are those of the wire, in order; connection tells which one it came on."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        """The value of a header, None without it; fails when there are two."""
        values = [value for each, value in self.headers if each.lower() == name.lower()]
        assert len(values) < 2, self.headers
        return values[0] if values else None

    @property
    def names(self) -> list[str]:
        return sorted(name.lower() for name, _ in self.headers)


Answer: TypeAlias = bytes | Sequence[Piece]
Handler: TypeAlias = Answer | Callable[[Request], Answer]


def answer(body: bytes = b"", status: int = 200, *headers: tuple[str, str], length: int | None = None) -> bytes:
    """A whole answer; length lies about the body if it is given."""
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> list[Piece]:
    """An answer without a length, each piece a chunk and a write of its own."""
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    return [head, *(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces), end]


def redirect(location: str, status: int = 302) -> bytes:
    """An answer that leads elsewhere."""
    return answer(b"this way", status, ("location", location))


class HttpServer(LoopbackServer):
    """Speaks TLS with certificates."""

    def __init__(self, certificates: Certificates | None = None, host: str = "127.0.0.1") -> None:
        super().__init__(certificates.context() if certificates is not None else None, host)
        self._handlers: dict[str, list[Handler]] = {}
        self.requests: list[Request] = []
        self.connections = 0
        self.open_connections = 0
        self.departures = 0
        self.stalls = 0

    def on(self, path: str, *answers: Handler) -> str:
        """Answer requests of a path so; the URL of it."""
        self._handlers[path] = list(answers)
        return self.url + path

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = self.connections
        self._change(open_connections=1)
        try:
            while True:
                request = await _read_request(reader, writer, connection)
                if request is None:
                    break
                with self._changed:
                    self.requests.append(request)
                    self._changed.notify_all()
                if not await self._answer(self._chosen(request), reader, writer):
                    break
        except asyncio.CancelledError:
            writer.transport.abort()  # the test is over: TLS would wait for the answer of a client that has gone
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self._change(open_connections=-1)

    def _chosen(self, request: Request) -> Answer:
        handlers = self._handlers.get(request.target.partition("?")[0])
        if not handlers:
            return answer(b"nothing here", 599)
        handler = handlers.pop(0) if len(handlers) > 1 else handlers[0]
        return handler(request) if callable(handler) else handler

    async def _answer(self, given: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send one answer; whether the connection can go on."""
        try:
            for piece in [given] if isinstance(given, bytes) else given:
                if isinstance(piece, bytes):
                    writer.write(piece)
                    await writer.drain()
                elif isinstance(piece, Gathering):
                    piece.arrived += 1
                    if piece.arrived >= piece.count:
                        piece.complete.set()
                    await piece.complete.wait()
                elif isinstance(piece, Stall):
                    self._change(stalls=1)
                    await reader.read()
                    self._change(departures=1)
                    return False
                else:
                    if isinstance(piece, Reset):
                        reset(writer)
                    return False
        except ConnectionError:
            self._change(departures=1)
            return False
        return True

    def _change(self, open_connections: int = 0, departures: int = 0, stalls: int = 0) -> None:
        with self._changed:
            self.stalls += stalls
            self.open_connections += open_connections
            self.departures += departures
            self._changed.notify_all()


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    named = {name.lower(): value for name, value in headers}
    if named.get("expect") == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(int(named.get("content-length", "0")))
    return Request(method, target, headers, body, connection)


class Tunnel(LoopbackServer):
    """A proxy that connects whoever asks with what was asked for, and records what that was."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_for: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, place, _ = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ", 2)
        assert method == "CONNECT"
        self.asked_for.append(place)
        host, _, port = place.rpartition(":")
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
