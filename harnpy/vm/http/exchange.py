"""One request and its reply as operations: each hop of a redirect and each attempt passes the effect seam by itself.

What passes is plain data that names the host and the file. Credentials do not pass: an exchange keeps them and puts them
in when it sends, so that nothing which watches the seam sees them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import IO, TYPE_CHECKING, Any, TypedDict

from harnpy.vm.effects import Repeat, operation
from harnpy.vm.http.transport import Reply, Transport, TransportFailure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from harnpy.vm.clock import Clock

# Stands in a request for the value of a header that is a credential.
HIDDEN = "(hidden)"
CREDENTIALS = frozenset({"authorization", "cookie", "cookie2", "proxy-authorization", "x-api-key", "api-key"})

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class HttpRequest(TypedDict):
    """url is fit for the wire and has no userinfo; host and port are where it leads. The names of headers are in lower case.

    The body of a success goes into the file save_to, if there is one; of any other reply at most max_bytes are read, None
    is any number. The bodies of redirects are skipped if they are followed, those of server errors if another attempt
    comes after this one.
    """

    method: str
    url: str
    host: str
    port: int
    headers: list[tuple[str, str]]
    body: bytes | None
    max_bytes: int | None
    save_to: str | None
    follows: bool
    tries_again: bool


class HttpReply(TypedDict):
    """Header names and values as they were sent. saved is the number of bytes in the file, None if there is none."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    saved: int | None


class HttpFailure(Exception):
    """An exchange that failed. stage is where: client (nothing can be sent), request, body, or file (saving it).

    again says whether another attempt may do better: nobody was reached, or it took too long.
    """

    def __init__(self, stage: str, detail: str, again: bool = False) -> None:
        super().__init__(detail)
        self.stage = stage
        self.detail = detail
        self.again = again


class Exchange:
    """One attempt with all its redirects, which must be over within timeout seconds of the start of the first.

    secrets are the values of headers that requests hide, by name.
    """

    def __init__(self, transport: Transport, clock: Clock, timeout: float, secrets: Mapping[str, str]) -> None:
        self._transport = transport
        self._clock = clock
        self._timeout = timeout
        self._ends = clock.monotonic() + timeout
        self._secrets = secrets
        self._file: IO[bytes] | None = None

    def sending(self, method: str) -> Callable[[HttpRequest], Coroutine[Any, Any, HttpReply]]:
        """The operation that sends requests of a method (RFC 9110 section 9.2)."""
        if method in ("GET", "HEAD", "OPTIONS", "TRACE"):
            return self.fetch
        return self.replace if method in ("PUT", "DELETE") else self.submit

    @operation("net", Repeat.PURE)
    async def fetch(self, request: HttpRequest) -> HttpReply:
        """Send a request that only reads. Raises HttpFailure."""
        return await self._perform(request)

    @operation("net", Repeat.IDEMPOTENT)
    async def replace(self, request: HttpRequest) -> HttpReply:
        """Send a request that does once what it does twice. Raises HttpFailure."""
        return await self._perform(request)

    @operation("net", Repeat.COMMITTED)
    async def submit(self, request: HttpRequest) -> HttpReply:
        """Send any other request. Raises HttpFailure."""
        return await self._perform(request)

    def close(self) -> None:
        """Let go of the file, also of one that a cancelled operation was writing."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    async def _perform(self, request: HttpRequest) -> HttpReply:
        stage = "request"
        try:
            async with self._limited():
                reply = await self._send(request)
                stage = "body"
                try:
                    return await self._received(reply, request)
                finally:
                    await reply.close()
        except TimeoutError:
            place = request["url"].partition("?")[0]
            # No number of milliseconds: three digits would be taken for a status by what classifies errors.
            raise HttpFailure(stage, f"Deadline exceeded: no complete reply within `timeout` ({place})", True) from None
        except TransportFailure as failure:
            raise _failure(stage, failure) from None

    @asynccontextmanager
    async def _limited(self) -> AsyncIterator[None]:
        """Raises TimeoutError when the time is over, at once if it is over now."""
        remaining = self._ends - self._clock.monotonic()
        if self._timeout <= 0 or remaining <= 0:
            raise TimeoutError
        async with asyncio.timeout(None) as limit:
            timer = self._clock.call_later(asyncio.get_running_loop(), remaining, lambda: limit.reschedule(0))
            try:
                yield
            finally:
                timer.cancel()

    async def _send(self, request: HttpRequest) -> Reply:
        from yarl import URL

        headers = [
            (name, self._secrets.get(name, value) if value == HIDDEN else value) for name, value in request["headers"]
        ]
        url = URL(request["url"], encoded=True)
        return await self._transport.send(
            request["method"], url, headers, request["body"], max_reply_bytes=request["max_bytes"]
        )

    async def _received(self, reply: Reply, request: HttpRequest) -> HttpReply:
        status, headers = reply.status, list(reply.raw_headers())
        skipped = status in REDIRECTS and request["follows"] and any(name.lower() == b"location" for name, _ in headers)
        if skipped or (status >= 500 and request["tries_again"]):
            await reply.drain()
            return {"status": status, "headers": headers, "body": b"", "saved": None}
        if request["save_to"] is not None and 200 <= status < 300:
            return {"status": status, "headers": headers, "body": b"", "saved": await self._saved(reply, request)}
        return {"status": status, "headers": headers, "body": await reply.read(), "saved": None}

    async def _saved(self, reply: Reply, request: HttpRequest) -> int:
        """Write the body into the file; how many bytes it has."""
        assert request["save_to"] is not None
        written = 0
        try:
            file = self._file = open(request["save_to"], "wb")  # noqa: SIM115, a fiber that is cancelled closes it
            while piece := await reply.next_piece():
                file.write(piece)
                written += len(piece)
            file.flush()
            os.fsync(file.fileno())
            self.close()
        except OSError as error:
            from harnpy.vm.os_errors import reason

            raise HttpFailure("file", reason(error)) from None
        return written


def _failure(stage: str, failure: TransportFailure) -> HttpFailure:
    if failure.kind == "client":
        return HttpFailure("client", failure.detail)
    if failure.kind == "too_large":
        return HttpFailure("body", f"{failure.detail} (option `max_bytes`, or `save_to` for a file)")
    return HttpFailure(stage, failure.detail, failure.kind in ("connect", "timeout") and failure.repeatable)
