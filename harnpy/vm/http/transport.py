"""The HTTP client of model calls and of the http builtins: the one file that knows aiohttp.

It sends bytes and hands out bytes. Failures come out as TransportFailure in words that error classification knows;
what they mean for a call is decided above. Proxies and SSL_CERT_FILE are honoured as in other HTTP clients.
"""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import harnpy
from harnpy.vm.http.name_lookup import NameLookup
from harnpy.vm.http.proxies import UnusableProxy, proxy_for

if TYPE_CHECKING:
    import ssl

    import aiohttp
    from yarl import URL

CONNECT_TIMEOUT_SECONDS = 30.0

# Open files: as many as are asked for at most, those that are left to the rest of the program, and the number of
# connections where the system does not say. Calls beyond wait for a connection to become free.
_MOST_FILES = 16384
_OTHER_FILES = 200
_CONNECTIONS_WITHOUT_LIMIT = 400

# An answer of more is a server gone wild, unless it was asked for. Counted after decompression.
MAX_REPLY_BYTES = 64 * 1024 * 1024

# What a line of a reply's head may have; some servers send policies and tokens of many kilobytes.
_HEADER_BYTES = 128 * 1024

# How long a connection may take to end after the last event, to be used again instead of being closed.
_DRAIN_SECONDS = 0.05


class TransportFailure(Exception):
    """A request that failed below HTTP. kind is client, timeout, connect, request_build, body, too_large or unknown.

    client means that nothing can be sent at all with the certificates or the proxy that the environment names.

    repeatable is false where sending the same again would fail in the same way.
    """

    def __init__(self, kind: str, detail: str, repeatable: bool = True) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.repeatable = repeatable


def _note_end(closed: asyncio.Future[None]) -> None:
    """Take the error with which a connection ended, lest asyncio report that nobody did."""
    if not closed.cancelled():
        closed.exception()


class Reply:
    """A reply whose head has arrived. Close it in any case. Its body may have max_bytes; None is any number."""

    def __init__(self, response: aiohttp.ClientResponse, max_bytes: int | None = MAX_REPLY_BYTES) -> None:
        self._response = response
        self._max_bytes = max_bytes
        self._remaining = math.inf if max_bytes is None else max_bytes
        connection = response.connection
        self._protocol = None if connection is None else connection.protocol
        # Only to be had while the connection lasts.
        self._closed = None if self._protocol is None else self._protocol.closed
        if self._closed is not None:
            # Connections serve many replies: one such callback is enough.
            self._closed.remove_done_callback(_note_end)
            self._closed.add_done_callback(_note_end)

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def content_type(self) -> str:
        """In lower case, without parameters; "" if missing."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def header(self, name: str) -> str | None:
        value: str | None = self._response.headers.get(name)
        return value

    def headers(self) -> Mapping[str, str]:
        """All headers, their names in lower case."""
        return {name.lower(): value for name, value in self._response.headers.items()}

    def raw_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Every header as it was sent, in its order."""
        return self._response.raw_headers

    async def next_piece(self) -> bytes:
        """The next part of the body as it arrives; b"" at its end. Raises TransportFailure."""
        content, closed = self._response.content, self._closed
        if closed is not None:
            closed.add_done_callback(self._tell_of_its_end)
        try:
            # An empty piece is no end: a compressed reply may have brought nothing but a part of its head.
            while not (piece := await content.readany()) and not content.at_eof():
                pass
        except Exception as error:
            raise _failure(error, "body") from None
        finally:
            if closed is not None:
                closed.remove_done_callback(self._tell_of_its_end)
        self._remaining -= len(piece)
        if self._remaining < 0:
            raise TransportFailure("too_large", f"the answer is larger than {self._max_bytes:,} bytes", False)
        return piece

    def _tell_of_its_end(self, _: object) -> None:
        """Where a body cannot be parsed, aiohttp closes the connection, but whoever waits for more is not always told."""
        content, protocol = self._response.content, self._protocol
        if protocol is not None and content.exception() is None and not content.is_eof():
            content.set_exception(protocol.exception() or ConnectionError("the connection was closed"))

    async def read(self) -> bytes:
        """The rest of the body. Raises TransportFailure."""
        pieces = []
        while piece := await self.next_piece():
            pieces.append(piece)
        return b"".join(pieces)

    async def drain(self) -> None:
        """Read on to the end, which is normally there already, so that the connection can be used again."""
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while await self.next_piece():
                    pass
        except (TimeoutError, TransportFailure):
            pass

    async def close(self) -> None:
        """Give the connection back, or drop it if the body was not read to its end."""
        self._response.close()


class Transport:
    """An HTTP client of one runtime; it lives on that runtime's event loop and pools connections.

    connect_timeout is in seconds, None for ever; max_reply_bytes the most that a reply's body may have. A plain client
    sends no header that it was not told to send but `Accept: */*` and what the connection needs, and leaves bodies as
    they are; any other names its user agent and decompresses.
    """

    def __init__(
        self,
        connect_timeout: float | None = CONNECT_TIMEOUT_SECONDS,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        *,
        plain: bool = False,
    ) -> None:
        self._connect_timeout = connect_timeout
        self._max_reply_bytes = max_reply_bytes
        self._plain = plain
        self._session: aiohttp.ClientSession | None = None
        self._urls: dict[str, URL] = {}
        self._proxies: dict[tuple[str, str, int], str | None] | None = None
        self._ssl_context: ssl.SSLContext | None = None

    async def post(
        self, url: str, headers: Mapping[str, str], content: bytes, idle_timeout: float | None = None
    ) -> Reply:
        """Send a POST and wait for the head of the reply.

        idle_timeout is the longest time in seconds between two arrivals of data, the first included. Raises
        TransportFailure; never one whose text holds a header.
        """
        return await self.request("POST", url, headers, content, idle_timeout=idle_timeout)

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        *,
        idle_timeout: float | None = None,
        connect_timeout: float | None = None,
    ) -> Reply:
        """As post, with another method; connect_timeout in seconds is that of the transport unless given."""
        try:
            target = self._urls.get(url) or self._parsed(url)
        except ValueError as error:
            raise _failure(error, "unknown", _origin(url)) from None
        return await self.send(
            method,
            target,
            headers,
            content,
            idle_timeout=idle_timeout,
            connect_timeout=self._connect_timeout if connect_timeout is None else connect_timeout,
            max_reply_bytes=self._max_reply_bytes,
        )

    async def send(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str] | Sequence[tuple[str, str]],
        content: bytes | None,
        *,
        idle_timeout: float | None = None,
        connect_timeout: float | None = None,
        max_reply_bytes: int | None = None,
    ) -> Reply:
        """Send a request to a URL that is taken as it is, and wait for the head of the reply.

        None stands for no limit: of the time between two arrivals of data, of the time to connect, in seconds, and
        of what the body may have. Raises TransportFailure.
        """
        import aiohttp

        session = self._session or self._open_session()
        # The loop has stood still while the program was busy: let it notice first which connections servers have closed.
        await asyncio.sleep(0)
        try:
            return Reply(
                await session.request(
                    method,
                    url,
                    headers=headers,
                    data=content,
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout, sock_read=idle_timeout),
                    allow_redirects=False,
                    ssl=self._trust() if url.scheme == "https" else True,
                    proxy=None if self._proxies is None else self._proxy(url),
                ),
                max_reply_bytes,
            )
        except TransportFailure:
            raise
        except Exception as error:
            raise _failure(error, "unknown", _origin(str(url))) from None

    async def close(self) -> None:
        """Close every connection. The transport can be used again afterwards."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=_connection_limit(),
                resolver=aiohttp.ThreadedResolver(cast("asyncio.AbstractEventLoop", NameLookup())),
            ),
            # Load balancers set cookies; nobody asked for state between calls.
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=None if self._plain else {"user-agent": f"harnpy/{harnpy.__version__}"},
            skip_auto_headers=("user-agent", "content-type", "accept-encoding") if self._plain else None,
            auto_decompress=not self._plain,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        )
        self._proxies = {} if any(name.lower().endswith("_proxy") for name in os.environ) else None
        return self._session

    def _proxy(self, url: URL) -> str | None:
        """Which proxy the environment names for a URL; None if none."""
        assert self._proxies is not None
        place = (url.scheme, url.raw_host or "", url.port or 0)
        if place not in self._proxies:
            try:
                self._proxies[place] = proxy_for(*place)
            except UnusableProxy as error:
                raise TransportFailure("client", str(error), False) from None
        return self._proxies[place]

    def _parsed(self, url: str) -> URL:
        import aiohttp
        from yarl import URL

        try:
            parsed = self._urls[url] = URL(url)
        except ValueError:
            raise aiohttp.InvalidURL(url) from None
        return parsed

    def _trust(self) -> ssl.SSLContext:
        """Which certificates are trusted: SSL_CERT_FILE, SSL_CERT_DIR, or those that come with httpx."""
        if self._ssl_context is None:
            import httpx

            try:
                self._ssl_context = httpx.create_ssl_context()
            except OSError as error:
                detail = f"the trusted certificates cannot be read (SSL_CERT_FILE, SSL_CERT_DIR): {_reason(error)}"
                raise TransportFailure("client", detail, False) from None
        return self._ssl_context


def _connection_limit() -> int:
    """How many connections may be open at once: what the limit of open files leaves, after raising it if that can be."""
    try:
        import resource
    except ImportError:
        return _CONNECTIONS_WITHOUT_LIMIT
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):
            pass
    return max(_MOST_FILES if soft == resource.RLIM_INFINITY else soft, 2 * _OTHER_FILES) - _OTHER_FILES


def _origin(url: str) -> str:
    """The URL as error texts name it: without query and credentials."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}".partition("?")[0]


def _failure(error: Exception, default_kind: str, url: str = "") -> TransportFailure:
    """What went wrong, in words that error classification knows."""
    import aiohttp

    cause = error
    at = f" ({url})" if url else ""
    match cause:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return TransportFailure("connect", f"tls error: {_tls_reason(cause)}{at}", False)
        case aiohttp.ClientConnectorDNSError():
            return TransportFailure("connect", f"dns error: cannot resolve the host name{at}")
        case aiohttp.ClientProxyConnectionError():
            return TransportFailure("connect", f"connection refused by the proxy: {_reason(cause.os_error)}{at}")
        case aiohttp.ClientHttpProxyError():
            return TransportFailure("connect", f"the proxy refused: {cause.status} {cause.message}{at}")
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return TransportFailure("connect", f"connection refused{at}")
        case aiohttp.ClientConnectorError():
            return TransportFailure("connect", f"connection refused: {_reason(cause.os_error)}{at}")
        case aiohttp.ConnectionTimeoutError():
            return TransportFailure("timeout", f"Deadline exceeded: connecting timed out{at}")
        case TimeoutError():
            return TransportFailure("timeout", f"Deadline exceeded: no data came in time, the wait timed out{at}")
        case aiohttp.ServerDisconnectedError():
            return TransportFailure("connect", f"connection closed by the server without a reply{at}")
        case aiohttp.ClientPayloadError() if "content-encoding" in str(cause).lower():
            return TransportFailure("body", "the reply's compression is damaged")
        case aiohttp.ClientPayloadError():
            return TransportFailure("body", "unexpected eof: the connection ended in the middle of the reply")
        case ConnectionError() | aiohttp.ClientOSError():
            return TransportFailure(default_kind if default_kind == "body" else "connect", f"connection reset{at}")
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            hint = "" if url.startswith(("http://", "https://")) else ": it has to begin with http:// or https://"
            return TransportFailure("request_build", f"invalid URL{at}{hint}", False)
        case ValueError():
            return TransportFailure("request_build", f"the request cannot be sent: {cause}{at}", False)
        case aiohttp.ClientResponseError():
            first_line = cause.message.partition("\n")[0].rstrip(":")  # further ones show bytes of the reply
            return TransportFailure(default_kind, f"not an HTTP reply: {first_line}{at}")
    return TransportFailure(default_kind, f"{type(cause).__name__}: {cause}{at}")


def _tls_reason(error: aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError) -> str:
    """What OpenSSL says, without the place in its source."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or str(cause)


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
