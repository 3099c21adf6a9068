"""HTTP for model calls: the one file that knows httpx and aiohttp.

It sends bytes and hands out bytes. Failures come out as TransportFailure in words that error classification knows;
what they mean for a call is decided above. Proxies and SSL_CERT_FILE are honoured as in other HTTP clients.
"""

from __future__ import annotations

import asyncio
import http.cookiejar
from collections.abc import Mapping
from typing import TYPE_CHECKING

import harnpy

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT_SECONDS = 30.0

# Below the usual limit of 1024 open files a process; calls beyond wait for a connection to become free.
_MAX_CONNECTIONS = 800

# How long a connection may take to end after the last event, to be used again instead of being closed.
_DRAIN_SECONDS = 0.05


class TransportFailure(Exception):
    """A request that failed below HTTP. kind is timeout, connect, request_build, body or unknown."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class Reply:
    """A reply whose head has arrived. Close it in any case."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._body = response.aiter_bytes()

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def content_type(self) -> str:
        """In lower case, without parameters; "" if missing."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def header(self, name: str) -> str | None:
        value: str | None = self._response.headers.get(name)
        return value

    def headers(self) -> Mapping[str, str]:
        """All headers, their names in lower case."""
        return dict(self._response.headers.items())

    async def next_piece(self) -> bytes:
        """The next part of the body as it arrives; b"" at its end. Raises TransportFailure."""
        try:
            return await anext(self._body, b"")
        except Exception as error:
            raise _failure(error, "body") from None

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
        """Give the connection back, or drop it if the body was not read to its end. Never raises an Exception."""
        try:
            await self._response.aclose()
        except Exception:
            # The connection is gone already, which is what closing is for.
            return


class Transport:
    """The HTTP client of one runtime; it lives on that runtime's event loop and pools connections.

    connect_timeout is in seconds.
    """

    def __init__(self, connect_timeout: float = CONNECT_TIMEOUT_SECONDS) -> None:
        self._connect_timeout = connect_timeout
        self._client: httpx.AsyncClient | None = None

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
        import httpx

        client = self._client or self._open_client()
        connect = self._connect_timeout if connect_timeout is None else connect_timeout
        try:
            request = client.build_request(
                method,
                url,
                headers=dict(headers),
                content=content,
                timeout=httpx.Timeout(None, connect=connect, read=idle_timeout),
            )
            return Reply(await client.send(request, stream=True))
        except Exception as error:
            raise _failure(error, "unknown", _origin(url)) from None

    async def close(self) -> None:
        """Close every connection. The transport can be used again afterwards."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _open_client(self) -> httpx.AsyncClient:
        import aiohttp
        import httpx
        from httpx_aiohttp import AiohttpTransport

        def session() -> aiohttp.ClientSession:
            return aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_MAX_CONNECTIONS, ssl=transport.ssl_context),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
            )

        transport = AiohttpTransport(client=session)
        # Providers' load balancers set cookies; nobody asked for state between calls.
        no_cookies = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=()))
        self._client = httpx.AsyncClient(
            transport=transport,
            cookies=no_cookies,
            headers={"user-agent": f"harnpy/{harnpy.__version__}"},
        )
        return self._client


def _origin(url: str) -> str:
    """The URL as error texts name it: without query and credentials."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}".partition("?")[0]


def _failure(error: Exception, default_kind: str, url: str = "") -> TransportFailure:
    """What went wrong, judged by the aiohttp error below the httpx one: httpx-aiohttp's own mapping is coarse."""
    import aiohttp
    import httpx

    cause = error.__cause__ or error
    at = f" ({url})" if url else ""
    match cause:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return TransportFailure("connect", f"tls error: {cause}")
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
        case aiohttp.ClientPayloadError():
            return TransportFailure("body", "unexpected eof: the connection ended in the middle of the reply")
        case ConnectionError() | aiohttp.ClientOSError():
            return TransportFailure(default_kind if default_kind == "body" else "connect", f"connection reset{at}")
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError() | httpx.InvalidURL():
            hint = "" if url.startswith(("http://", "https://")) else ": it has to begin with http:// or https://"
            return TransportFailure("request_build", f"invalid URL{at}{hint}")
        case httpx.DecodingError():
            return TransportFailure("body", "the reply's compression is damaged")
        case ValueError():
            return TransportFailure("request_build", f"the request cannot be sent: {cause}{at}")
        case aiohttp.ClientResponseError():
            return TransportFailure(default_kind, f"not an HTTP reply: {cause.message}{at}")
    return TransportFailure(default_kind, f"{type(cause).__name__}: {cause}{at}")


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
