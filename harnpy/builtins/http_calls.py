"""A call of an http builtin: checks in the order of chapter 07 section 14.2, attempts with growing waits, redirects.

Each hop and each wait passes the effect seam; where a call waits it can be cancelled and deadlines are honoured.
"""

from __future__ import annotations

import binascii
import re

from harnpy import TYPE_CHECKING
from harnpy.builtins.file_access import attempt
from harnpy.builtins.http_bodies import with_query
from harnpy.builtins.http_mocks import HttpMocks
from harnpy.builtins.http_options import HttpOptions
from harnpy.vm.clock import seconds
from harnpy.vm.display import display
from harnpy.vm.effects import Repeat, operation_of
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harnpy.builtins.http_mocks import MockReply
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.http.addresses import Address
    from harnpy.vm.http.exchange import Exchange, HttpFailure, HttpReply
    from harnpy.vm.http.transport import Transport

_MAX_WAIT_MS = 60_000
# The wait is this or more times what doubling gives, and that plus a half at most.
_LEAST_FACTOR = 0.75

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
# A tab may stand in a value; other control characters end it or are taken for something else (RFC 9110 section 5.5).
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_PRINTABLE = re.compile(rb"[^\t\x20-\x7e]")

# Made by the client for what it sends; another value would end the message in the wrong place.
_FRAMING = frozenset({"content-length", "transfer-encoding"})
# Not sent on to another host.
_OF_HOST = frozenset({"authorization", "cookie", "cookie2", "proxy-authorization", "host"})

_STAGES = {
    "client": "failed to build client",
    "request": "request failed",
    "body": "failed to read response body",
}


class HttpClient:
    """The client of a runtime, made at its first call that reaches the network and closed with the runtime."""

    def __init__(self) -> None:
        self._transport: Transport | None = None

    def transport(self, fiber: Fiber) -> Transport:
        if self._transport is None:
            from harnpy.vm.http.transport import Transport

            # The time of a call is limited as a whole.
            self._transport = Transport(connect_timeout=None, plain=True)
            fiber.runtime.scheduler.on_close(self._transport.close)
        return self._transport


class _Outgoing:
    """A request on its way: redirects change its method, its address, its headers and its body."""

    def __init__(self, method: str, address: Address, headers: dict[str, str], body: bytes | None) -> None:
        self.method = method
        self.address = address
        self.headers = headers
        self.body = body

    def follow(self, status: int, location: str) -> None:
        """Turn to where a redirect leads. Raises ValueError where it must not lead."""
        from harnpy.vm.http.addresses import redirected

        before, self.address = self.address, redirected(self.address, location)
        dropped: set[str] = set()
        if status in (301, 302, 303):
            self.body = None
            dropped |= {name for name in self.headers if name.startswith("content-")}
            if self.method != "HEAD":
                self.method = "GET"
        if self.address.origin != before.origin:
            dropped |= _OF_HOST
        self.headers = {name: value for name, value in self.headers.items() if name not in dropped}


def call_http(fiber: Fiber, method: str, url: str, options: HttpOptions) -> dict[str, Value]:
    """The result of a call; method is in upper case. Throws what section 14.2 names."""
    url = with_query(url, options.query)
    mocked = fiber.runtime.state(HttpMocks).answer(method, url, options.body)
    if options.save_to is None:
        if mocked is not None:
            return _mocked_result(mocked, options)
        return _result(_perform(fiber, method, url, options, None), options)
    from harnpy.builtins.saved_files import saved_file

    failure = f"http: failed to write {options.save_to}"
    with saved_file(fiber, options.save_to, failure) as file:
        if mocked is not None:
            result, saved = _mocked_result(mocked, options), None
            if result["ok"]:
                data = mocked.body.encode("utf-8", "surrogatepass")
                attempt(fiber, failure, fiber.runtime.world.write_bytes, file.partial, data)
                saved = len(data)
        else:
            reply = _perform(fiber, method, url, options, file.partial)
            result, saved = _result(reply, options), reply["saved"]
        if saved is None:
            return {**result, "saved": None, "bytes": 0}
        file.finish()
        return {**result, "body": "", "saved": options.save_to, "bytes": saved}


def _mocked_result(mocked: MockReply, options: HttpOptions) -> dict[str, Value]:
    data = mocked.body.encode("utf-8", "surrogatepass") if options.base64_result else b""
    return _result_of(mocked.status, mocked.headers, mocked.body, data, options)


def _result(reply: HttpReply, options: HttpOptions) -> dict[str, Value]:
    headers = {
        name.decode("latin-1").lower(): value.decode("ascii")
        for name, value in reply["headers"]
        if not _NOT_PRINTABLE.search(value)
    }
    body = reply["body"]
    text = "" if options.base64_result else body.decode("utf-8", "replace")
    return _result_of(reply["status"], headers, text, body, options)


def _result_of(
    status: int, headers: Mapping[str, Value], text: str, data: bytes, options: HttpOptions
) -> dict[str, Value]:
    result = {"status": status, "headers": headers, "body": text, "ok": 200 <= status < 300}
    if options.base64_result:
        result["body"] = ""
        result["body_base64"] = binascii.b2a_base64(data, newline=False).decode("ascii")
    return result


# --- attempts --------------------------------------------------------------------------------------------------------


def _perform(fiber: Fiber, method: str, url: str, options: HttpOptions, save_to: str | None) -> HttpReply:
    """The reply of the last attempt. Throws."""
    from harnpy.vm.http.exchange import Exchange, HttpFailure

    make = _outgoing_maker(method, url, options)
    client = fiber.runtime.state(HttpClient).transport(fiber)
    attempts = 0
    while True:
        tries_again = attempts < options.retries
        outgoing = make()
        secrets: dict[str, str] = {}
        exchange = Exchange(client, fiber.runtime.scheduler.clock, seconds(options.timeout_ms), secrets)
        try:
            reply = _follow(fiber, exchange, outgoing, secrets, options, save_to, tries_again)
            if reply["status"] < 500 or not tries_again:
                return reply
        except HttpFailure as failure:
            if not (tries_again and failure.again):
                raise _error_of(failure, outgoing, exchange.sending(method), options) from None
        finally:
            exchange.close()
        attempts += 1
        factor = _LEAST_FACTOR + 0.5 * float(fiber.effect(fiber.runtime.world.random))
        fiber.effect(fiber.runtime.world.sleep, wait_ms(options.backoff_ms, attempts, factor) / 1000)


def wait_ms(backoff_ms: int, retry: int, factor: float) -> float:
    """The wait before a retry, counted from 1, at most a minute."""
    # More than this stays more than a minute with the least factor; doubling on would only make the numbers longer.
    most = int(_MAX_WAIT_MS / _LEAST_FACTOR) + 1
    doubled = backoff_ms << min(retry - 1, most.bit_length()) if backoff_ms < most else most
    return min(min(doubled, most) * factor, float(_MAX_WAIT_MS))


def _follow(
    fiber: Fiber,
    exchange: Exchange,
    outgoing: _Outgoing,
    secrets: dict[str, str],
    options: HttpOptions,
    save_to: str | None,
    tries_again: bool,
) -> HttpReply:
    """The reply at the end of all redirects. Raises HttpFailure."""
    from harnpy.vm.http.exchange import CREDENTIALS, HIDDEN, REDIRECTS, HttpFailure

    hops = 0
    while True:
        secrets.clear()
        secrets.update((name, value) for name, value in outgoing.headers.items() if name in CREDENTIALS)
        reply: HttpReply = fiber.effect(
            exchange.sending(outgoing.method),
            {
                "method": outgoing.method,
                "url": outgoing.address.url,
                "host": outgoing.address.host,
                "port": outgoing.address.port,
                "headers": [(name, HIDDEN if name in secrets else value) for name, value in outgoing.headers.items()],
                "body": outgoing.body,
                "max_bytes": options.max_bytes,
                "save_to": save_to,
                "follows": options.follow_redirects,
                "tries_again": tries_again,
            },
        )
        location = _location(reply) if options.follow_redirects and reply["status"] in REDIRECTS else ""
        if not location:
            return reply
        if hops >= options.max_redirects:
            limit = "no redirect is" if not hops else "1 redirect is" if hops == 1 else f"{hops} redirects are"
            raise HttpFailure("request", f"too many redirects, {limit} allowed ({outgoing.address.shown})")
        hops += 1
        try:
            outgoing.follow(reply["status"], location)
        except ValueError as error:
            raise HttpFailure("request", f"bad redirect from {outgoing.address.shown}: {error}") from None


def _location(reply: HttpReply) -> str:
    """Where a redirect leads; "" if it does not say."""
    for name, value in reply["headers"]:
        if name.lower() == b"location":
            return value.decode("utf-8", "replace").strip()
    return ""


def _error_of(
    failure: HttpFailure, outgoing: _Outgoing, sending: Callable[..., object], options: HttpOptions
) -> HarnError:
    what = _STAGES.get(failure.stage) or f"failed to write {options.save_to}"
    error = thrown(f"http: {what}: {failure.detail}")
    error.begun = failure.stage != "client"
    error.repeatable = not error.begun or operation_of(sending).repeat is not Repeat.COMMITTED
    return error


# --- checks ----------------------------------------------------------------------------------------------------------


def _outgoing_maker(method: str, url: str, options: HttpOptions) -> Callable[[], _Outgoing]:
    """Makes the request of each attempt. Throws for what cannot be sent, in the order of section 14.2."""
    from harnpy.vm.http.addresses import hidden_userinfo, parse

    if not url.startswith(("http://", "https://")):
        raise thrown(f"http: URL must start with http:// or https://, got '{hidden_userinfo(url)}'")
    if not _TOKEN.match(method):
        raise thrown(f"http: invalid method '{method}': {_not_a_token(method)}")
    headers = _authorization(options.auth)
    for name in sorted(options.headers):
        value = options.headers[name]
        if value is not None:
            _add_header(headers, name, display(value))
    body = options.body
    if body is not None and body.content_type is not None:
        headers.setdefault("content-type", body.content_type)
    try:
        data = None if body is None else body.encoded()
    except UnicodeEncodeError:
        raise thrown("http: request failed: the body contains a lone surrogate, which UTF-8 cannot hold") from None
    try:
        address = parse(url)
    except ValueError as error:
        raise thrown(f"http: request failed: invalid URL '{hidden_userinfo(url)}': {error}") from None
    if address.userinfo is not None:
        headers.setdefault("authorization", _basic(address.userinfo))
    return lambda: _Outgoing(method, address, dict(headers), data)


def _authorization(auth: Value) -> dict[str, str]:
    """The header that option auth asks for. Throws when its value cannot be sent."""
    if type(auth) is str:
        return {"authorization": _sendable(auth, "invalid auth header value")}
    if type(auth) is not dict:
        return {}
    bearer, basic = auth.get("bearer"), auth.get("basic")
    if bearer is not None:
        return {"authorization": _sendable(f"Bearer {display(bearer)}", "invalid bearer token")}
    if type(basic) is not dict:
        return {}
    user, password = ("" if each is None else display(each) for each in (basic.get("user"), basic.get("password")))
    return {"authorization": _sendable(_basic(f"{user}:{password}"), "invalid basic auth")}


def _basic(text: str) -> str:
    text = text if ":" in text else f"{text}:"
    return "Basic " + binascii.b2a_base64(text.encode("utf-8", "surrogatepass"), newline=False).decode("ascii")


def _add_header(headers: dict[str, str], name: str, value: str) -> None:
    if not _TOKEN.match(name):
        raise thrown(f"http: invalid header name '{name}': {_not_a_token(name)}")
    value = _sendable(value, f"invalid header value for '{name}'")
    if name.lower() not in _FRAMING:
        headers[name.lower()] = value


def _sendable(value: str, complaint: str) -> str:
    found = _CONTROL.search(value)
    if found:
        raise thrown(f"http: {complaint}: it contains the control character U+{ord(found[0]):04X}")
    if _SURROGATE.search(value):
        raise thrown(f"http: {complaint}: it contains a lone surrogate, which UTF-8 cannot hold")
    return value


def _not_a_token(text: str) -> str:
    return "it may only consist of letters, digits and !#$%&'*+-.^_`|~" if text else "it is empty"
