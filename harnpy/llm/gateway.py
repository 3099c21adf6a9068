"""Model requests over the network: the operations that pass the effect seam, and the keys that do not.

A request comes in as plain data and a raw result goes out as plain data. The gateway looks up the key by its source
when it sends, so that a key is in no argument, result, event or error.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from harnpy.llm.accumulate import Accumulator
from harnpy.llm.deltas import Delta, Done, Failure, RawResult, Stop, TextDelta
from harnpy.llm.failures import (
    api_error,
    cut_error,
    marked,
    no_json_error,
    reported_error,
    status_error,
    stream_error,
    timeout_error,
)
from harnpy.llm.json_values import Json, parse_json, well_formed
from harnpy.llm.observe import CallDelta, EventBus
from harnpy.llm.providers import anthropic, openai
from harnpy.llm.providers.styles import Style
from harnpy.llm.rate_evidence import limit_headers
from harnpy.llm.request import FetchedReply, FetchRequest, WireRequest, with_auth
from harnpy.llm.resolve import ApiKey
from harnpy.llm.secrets import Secrets
from harnpy.llm.sse import SseParser
from harnpy.llm.transport import Reply, Transport, TransportFailure
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.errors import HarnError, Origin, categorized_error, thrown

# Takes one chunk of a stream; false means that nobody wants more.
Deliver: TypeAlias = Callable[[str], Awaitable[bool]]

_DECODE_EVENT: dict[str, Callable[[str], list[Delta]]] = {
    Style.OPENAI.value: openai.decode_event,
    Style.ANTHROPIC.value: anthropic.decode_event,
}
_DECODE_RESPONSE: dict[str, Callable[[Json, str, str], RawResult]] = {
    Style.OPENAI.value: openai.decode_response,
    Style.ANTHROPIC.value: anthropic.decode_response,
}

# Of requests that are no model calls; they should tell quickly that nobody is there.
FETCH_CONNECT_TIMEOUT_SECONDS = 10.0

_TIMED_OUT = "Deadline exceeded: the request timed out (option `timeout`, variable HARN_LLM_TIMEOUT)"


class Gateway:
    """Sends the requests of one runtime. secrets are the keys that no error may show."""

    def __init__(self, bus: EventBus, transport: Transport | None = None, secrets: Secrets | None = None) -> None:
        self._bus = bus
        self._secrets = secrets or Secrets()
        self._transport = transport or Transport()
        self._keys: dict[str, str] = {}

    def remember_key(self, key: ApiKey) -> None:
        """Make a key available to the requests that name its source."""
        self._keys[key.source] = key.value
        self._secrets.add(key.value)

    async def close(self) -> None:
        """Close the connections; call it when the runtime ends."""
        await self._transport.close()

    @operation("llm", Repeat.COMMITTED)
    async def send(self, request: WireRequest) -> RawResult:
        """Perform one model call and return its whole answer.

        Raises the errors of section 16.2, marked with whether any of the answer had arrived. Cancellation closes
        the connection.
        """
        exchange = _Exchange(self._transport, request, self._keys.get(request["key_source"], ""), self._bus)
        try:
            result: RawResult = well_formed(await exchange.perform())
        except HarnError as error:
            failure = marked(self._scrubbed(error), exchange.begun, exchange.repeatable)
            failure.details = exchange.limits or None
            raise failure from None
        if exchange.limits:
            result["limits"] = exchange.limits
        return result

    @operation("llm", Repeat.PURE)
    async def fetch(self, request: FetchRequest) -> FetchedReply:
        """Ask a provider something that is no model call: whether it is there, which models it has.

        What fails below HTTP is told in the result, too.
        """
        headers = with_auth(request, self._keys.get(request["key_source"], ""))
        try:
            async with asyncio.timeout(request["timeout"]):
                reply = await self._transport.request(
                    request["method"],
                    request["url"],
                    headers,
                    None if request["body"] is None else request["body"].encode(),
                    connect_timeout=min(request["timeout"], FETCH_CONNECT_TIMEOUT_SECONDS),
                )
                try:
                    text = (await reply.read()).decode("utf-8", "replace")
                finally:
                    await reply.close()
        except TimeoutError:
            return {"status": None, "text": f"timed out: no complete reply within {request['timeout']:g}s"}
        except TransportFailure as failure:
            return {"status": None, "text": self._secrets.redacted(failure.detail)}
        return {"status": reply.status, "text": self._secrets.redacted(text)}

    @operation("llm", Repeat.COMMITTED)
    def begin_stream(self, request: WireRequest) -> None:
        """Announce a stream to the seam, which may refuse it; `pump` then does the work in the background."""

    async def pump(self, request: WireRequest, deliver: Deliver, fail: Callable[[str], Awaitable[None]]) -> None:
        """Perform a streaming request and deliver its text chunks; fail takes the text form of a failure."""
        try:
            await self._pump(request, deliver)
        except HarnError as error:
            await fail(self._scrubbed(error).text)

    async def _pump(self, request: WireRequest, deliver: Deliver) -> None:
        exchange = _Exchange(self._transport, request, self._keys.get(request["key_source"], ""), self._bus)
        try:
            async with asyncio.timeout(request["timeout"]):
                await exchange.relay(deliver)
        except TimeoutError:
            raise thrown(
                f"stream overall deadline exceeded: {request['timeout']:g}s budget reached before stream completed"
            ) from None

    def _scrubbed(self, error: HarnError) -> HarnError:
        """error without any key, which a server may have put into its reply."""
        text = self._secrets.redacted(error.message)
        if text == error.message:
            return error
        return thrown(text) if error.origin is Origin.THROWN else categorized_error(error.category, text)


class _Exchange:
    """One request and its reply. begun says whether any of the answer has arrived; limits what the reply's head says
    about the limits of its sender.

    repeatable is false once it has turned out that sending the same request again would fail in the same way.
    """

    def __init__(self, transport: Transport, request: WireRequest, key: str, bus: EventBus) -> None:
        self._transport = transport
        self._request = request
        self._key = key
        self._bus = bus
        self._reading = False
        self.repeatable = True
        self.limits: dict[str, str] = {}
        self._accumulator = Accumulator(
            request["provider"],
            request["model"],
            inline_thinking=request["style"] != Style.ANTHROPIC.value,
            answer_tool=anthropic.JSON_TOOL if request["json_tool"] else "",
            emit=self._emit if bus.watched else None,
        )

    @property
    def begun(self) -> bool:
        return self._accumulator.begun

    async def perform(self) -> RawResult:
        """The whole answer. Raises HarnError."""
        try:
            async with asyncio.timeout(self._request["timeout"]):
                return await self._exchange()
        except TimeoutError:
            failure = TransportFailure("timeout", _TIMED_OUT)
        except TransportFailure as error:
            failure = error
        if self._accumulator.complete:
            # Nothing that matters was still to come.
            return self._finish()
        raise self._failure(failure)

    async def relay(self, deliver: Deliver) -> None:
        """Deliver text chunks as they come until the end, or until nobody wants more. Raises HarnError."""
        try:
            reply = await self._open()
            try:
                await self._relay(reply, deliver)
            finally:
                await reply.close()
        except TransportFailure as failure:
            if failure.kind == "timeout" and self._request["idle_timeout"] is not None:
                raise thrown(f"stream idle timeout: no data received for {self._request['idle_timeout']:g}s") from None
            raise self._failure(failure) from None

    async def _exchange(self) -> RawResult:
        reply = await self._open()
        try:
            if self._request["stream"] and reply.content_type == "text/event-stream":
                return await self._read_stream(reply)
            return self._decode(reply.content_type, await reply.read())
        finally:
            await reply.close()

    def _failure(self, failure: TransportFailure) -> HarnError:
        """The error of a failure below HTTP, by how far the exchange had come."""
        provider = self._request["provider"]
        self.repeatable = failure.repeatable
        if not self._request["stream"] or failure.kind == "too_large":
            return api_error(provider, failure.detail)
        if not self._reading:
            detail = failure.detail.removeprefix("Deadline exceeded: ")
            return stream_error(provider, failure.kind, detail)
        if failure.kind == "timeout":
            return timeout_error(provider, failure.detail)
        return cut_error(provider, failure.detail)

    async def _relay(self, reply: Reply, deliver: Deliver) -> None:
        provider = self._request["provider"]
        if reply.content_type != "text/event-stream":
            text = self._decode(reply.content_type, await reply.read())["text"]
            if text:
                await deliver(text)
            return
        decode = _DECODE_EVENT[self._request["style"]]
        parser = SseParser()
        complete = False
        while piece := await reply.next_piece():
            for data in parser.feed(piece):
                for delta in _decoded(decode, data):
                    if type(delta) is TextDelta:
                        if not await deliver(well_formed(delta.text)):
                            return
                    elif type(delta) is Done:
                        await reply.drain()
                        return
                    elif type(delta) is Failure:
                        raise reported_error(provider, delta.kind, delta.message)
                    elif type(delta) is Stop:
                        complete = True
        for data in parser.finish():
            for delta in _decoded(decode, data):
                if type(delta) is TextDelta and not await deliver(well_formed(delta.text)):
                    return
                complete = complete or type(delta) in (Stop, Done)
        if not complete:
            raise cut_error(provider, "connection closed")

    async def _open(self) -> Reply:
        """Send the request. Raises TransportFailure, and HarnError for a status that is no success."""
        request = self._request
        headers = {"content-type": "application/json", **with_auth(request, self._key)}
        reply = await self._transport.post(request["url"], headers, _encoded(request["body"]), request["idle_timeout"])
        self.limits = limit_headers(reply.headers())
        if not 200 <= reply.status < 300:
            try:
                body = (await reply.read()).decode("utf-8", "replace")
            finally:
                await reply.close()
            raise status_error(request["provider"], reply.status, body, reply.header("retry-after"))
        self._reading = True
        return reply

    async def _read_stream(self, reply: Reply) -> RawResult:
        decode = _DECODE_EVENT[self._request["style"]]
        add = self._accumulator.add
        parser = SseParser()
        while piece := await reply.next_piece():
            for data in parser.feed(piece):
                for delta in _decoded(decode, data):
                    add(delta)
            if self._accumulator.done:
                await reply.drain()
                return self._finish()
        for data in parser.finish():
            for delta in _decoded(decode, data):
                add(delta)
        if not self._accumulator.complete:
            raise cut_error(self._request["provider"], "connection closed")
        return self._finish()

    def _decode(self, content_type: str, body: bytes) -> RawResult:
        """The answer of a reply that is one JSON document, or of a stream that does not say that it is one."""
        request = self._request
        if request["stream"] and body.lstrip().startswith((b"data:", b"event:", b":")):
            decode = _DECODE_EVENT[request["style"]]
            parser = SseParser()
            for data in [*parser.feed(body), *parser.finish()]:
                for delta in _decoded(decode, data):
                    self._accumulator.add(delta)
            if not self._accumulator.complete:
                raise cut_error(request["provider"], "connection closed")
            return self._finish()
        try:
            document = parse_json(body)
        except ValueError as error:
            raise no_json_error(request["provider"], content_type, body, str(error)) from None
        result = _DECODE_RESPONSE[request["style"]](document, request["provider"], request["model"])
        return self._with_json_answer(result)

    def _finish(self) -> RawResult:
        """The answer as accumulated from the stream."""
        return self._with_json_answer(self._accumulator.finish())

    def _with_json_answer(self, result: RawResult) -> RawResult:
        return anthropic.with_json_answer(result) if self._request["json_tool"] else result

    def _emit(self, text: str, thinking: str) -> None:
        self._bus.emit(CallDelta(self._request["call_id"], text, thinking))


def _decoded(decode: Callable[[str], list[Delta]], data: str) -> list[Delta]:
    """The deltas of an event. Servers that leave out the blank lines run events together; their lines stand alone."""
    deltas = decode(data)
    if not deltas and "\n" in data:
        return [delta for line in data.split("\n") for delta in decode(line)]
    return deltas


def _encoded(body: dict[str, Json]) -> bytes:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair has no UTF-8 form, but it has a JSON one.
        return json.dumps(body, separators=(",", ":")).encode()
