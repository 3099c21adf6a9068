"""Model requests over the network: the operations that pass the effect seam, and the keys that do not.

A request comes in as plain data and a raw result goes out as plain data. The gateway looks up the key by its source
when it sends, so that a key is in no argument, result, event or error.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

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
from harnpy.llm.providers.embedded import model_path
from harnpy.llm.providers.styles import Style
from harnpy.llm.request import WireRequest
from harnpy.llm.resolve import ApiKey
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

# What is shorter is a placeholder such as "EMPTY" for servers that ask for any key, and may be part of any word.
_SHORTEST_SECRET = 8

_TIMED_OUT = "Deadline exceeded: the request timed out (option `timeout`, variable HARN_LLM_TIMEOUT)"


class Exchange(Protocol):
    """One request and its answer, whatever carries them. begun says whether any of the answer has arrived, repeatable is
    false once it has turned out that sending the same request again would fail in the same way.
    """

    @property
    def begun(self) -> bool: ...

    @property
    def repeatable(self) -> bool: ...

    async def perform(self) -> RawResult:
        """The whole answer. Raises HarnError."""

    async def relay(self, deliver: Deliver) -> None:
        """Deliver text chunks as they come until the end, or until nobody wants more. Raises HarnError."""


class Gateway:
    """Sends the requests of one runtime."""

    def __init__(self, bus: EventBus, transport: Transport | None = None) -> None:
        self._bus = bus
        self._transport = transport or Transport()
        self._keys: dict[str, str] = {}

    def remember_key(self, key: ApiKey) -> None:
        """Make a key available to the requests that name its source."""
        self._keys[key.source] = key.value

    async def close(self) -> None:
        """Close the connections; call it when the runtime ends."""
        await self._transport.close()

    @operation("llm", Repeat.COMMITTED)
    async def send(self, request: WireRequest) -> RawResult:
        """Perform one model call and return its whole answer.

        Raises the errors of section 16.2, marked with whether any of the answer had arrived. Cancellation closes
        the connection.
        """
        exchange = self._exchange(request)
        try:
            result: RawResult = well_formed(await exchange.perform())
        except HarnError as error:
            raise marked(self._scrubbed(error, request), exchange.begun, exchange.repeatable) from None
        return result

    @operation("llm", Repeat.COMMITTED)
    def begin_stream(self, request: WireRequest) -> None:
        """Announce a stream to the seam, which may refuse it; `pump` then does the work in the background.

        Raises HarnError for an embedded model that is not there.
        """
        if request["style"] == Style.EMBEDDED.value:
            model_path(request["model"], request["url"])

    async def pump(self, request: WireRequest, deliver: Deliver) -> None:
        """Perform a streaming request and deliver its text chunks; a failure is the last chunk, `error: TEXT`."""
        try:
            await self._pump(request, deliver)
        except HarnError as error:
            await deliver(f"error: {self._scrubbed(error, request).text}")

    async def _pump(self, request: WireRequest, deliver: Deliver) -> None:
        exchange = self._exchange(request)
        try:
            async with asyncio.timeout(request["timeout"]):
                await exchange.relay(deliver)
        except TimeoutError:
            raise thrown(
                f"stream overall deadline exceeded: {request['timeout']:g}s budget reached before stream completed"
            ) from None

    def _exchange(self, request: WireRequest) -> Exchange:
        if request["style"] == Style.EMBEDDED.value:
            from harnpy.llm.embedded_exchange import EmbeddedExchange

            return EmbeddedExchange(request, self._bus)
        return _Exchange(self._transport, request, self._keys.get(request["key_source"], ""), self._bus)

    def _scrubbed(self, error: HarnError, request: WireRequest) -> HarnError:
        """error without the key, which a server may have put into its reply."""
        key = self._keys.get(request["key_source"], "")
        if len(key) < _SHORTEST_SECRET or key not in error.message:
            return error
        text = error.message.replace(key, "[key]")
        return thrown(text) if error.origin is Origin.THROWN else categorized_error(error.category, text)


class _Exchange:
    """A request over HTTP and its reply."""

    def __init__(self, transport: Transport, request: WireRequest, key: str, bus: EventBus) -> None:
        self._transport = transport
        self._request = request
        self._key = key
        self._bus = bus
        self._reading = False
        self.repeatable = True
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
        self.repeatable = failure.kind != "request_build"
        if not self._request["stream"]:
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
        headers = {"content-type": "application/json"}
        if self._key and request["auth_header"]:
            headers[request["auth_header"]] = request["auth_prefix"] + self._key
        headers.update(request["headers"])
        reply = await self._transport.post(request["url"], headers, _encoded(request["body"]), request["idle_timeout"])
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
