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
from harnpy.llm.deltas import Done, Failure, RawResult, Stop, TextDelta
from harnpy.llm.failures import (
    api_error,
    cut_error,
    empty_answer_error,
    marked,
    no_json_error,
    ollama_empty_answer_error,
    reported_error,
    status_error,
    stream_error,
    timeout_error,
)
from harnpy.llm.json_values import Json, complaint, ordered_json, parse_json, well_formed
from harnpy.llm.observe import CallDelta, EventBus
from harnpy.llm.providers import anthropic, completions, openai
from harnpy.llm.providers.embedded import model_path
from harnpy.llm.providers.styles import Style
from harnpy.llm.rate_evidence import limit_headers
from harnpy.llm.request import FetchedReply, FetchRequest, WireRequest, with_auth
from harnpy.llm.resolve import ApiKey
from harnpy.llm.secrets import Secrets
from harnpy.llm.stream_decoding import StreamDecoder, stream_decoder, undeclared_decoder
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.errors import HarnError, Origin, categorized_error, thrown
from harnpy.vm.http.transport import Reply, Transport, TransportFailure

# Takes one chunk of a stream; false means that nobody wants more.
Deliver: TypeAlias = Callable[[str], Awaitable[bool]]

_DECODE_RESPONSE: dict[str, Callable[[Json, str, str], RawResult]] = {
    Style.OPENAI.value: openai.decode_response,
    Style.ANTHROPIC.value: anthropic.decode_response,
    completions.COMPLETIONS: completions.decode_completion,
    completions.GENERATE: completions.decode_generate,
}

# Of requests that are no model calls; they should tell quickly that nobody is there.
FETCH_CONNECT_TIMEOUT_SECONDS = 10.0

# How much of a reply that makes no sense is kept to be shown.
_REMEMBERED_BYTES = 4096

_NO_OLLAMA = (
    "; start it with `ollama serve`, or choose another provider by its key or by HARN_LLM_PROVIDER "
    "(HARN_LLM_PROVIDER=mock needs neither key nor network)"
)

_TIMED_OUT = "Deadline exceeded: the request timed out (option `timeout`, variable HARN_LLM_TIMEOUT)"


class Exchange(Protocol):
    """One request and its answer, whatever carries them.

    begun says whether any of the answer has arrived, partial_text what; limits what the answer says about the limits of
    its sender. repeatable is false once it has turned out that sending the same request again would fail in the same way.
    """

    @property
    def begun(self) -> bool: ...

    @property
    def partial_text(self) -> str: ...

    @property
    def limits(self) -> dict[str, str]: ...

    @property
    def repeatable(self) -> bool: ...

    async def perform(self) -> RawResult:
        """The whole answer. Raises HarnError."""

    async def relay(self, deliver: Deliver) -> None:
        """Deliver text chunks as they come until the end, or until nobody wants more. Raises HarnError."""


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
        exchange = self._exchange(request)
        try:
            result: RawResult = well_formed(await exchange.perform())
        except HarnError as error:
            partial = self._secrets.redacted(well_formed(exchange.partial_text))
            failure = marked(self._scrubbed(error), exchange.begun, exchange.repeatable, partial)
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
        """Announce a stream to the seam, which may refuse it; `pump` then does the work in the background.

        Raises HarnError for an embedded model that is not there.
        """
        if request["style"] == Style.EMBEDDED.value:
            model_path(request["model"], request["url"])

    async def pump(self, request: WireRequest, deliver: Deliver, fail: Callable[[str], Awaitable[None]]) -> None:
        """Perform a streaming request and deliver its text chunks; fail takes the text form of a failure."""
        try:
            await self._pump(request, deliver)
        except HarnError as error:
            await fail(self._scrubbed(error).text)

    async def _pump(self, request: WireRequest, deliver: Deliver) -> None:
        exchange = self._exchange(request)
        try:
            async with asyncio.timeout(request["timeout"]):
                await exchange.relay(deliver)
        except TimeoutError:
            raise thrown(
                f"stream overall deadline exceeded: {request['timeout']}s budget reached before stream completed"
            ) from None

    def _exchange(self, request: WireRequest) -> Exchange:
        if request["style"] == Style.EMBEDDED.value:
            from harnpy.llm.embedded_exchange import EmbeddedExchange

            return EmbeddedExchange(request, self._bus)
        return _Exchange(self._transport, request, self._keys.get(request["key_source"], ""), self._bus)

    def _scrubbed(self, error: HarnError) -> HarnError:
        """error without any key, which a server may have put into its reply."""
        text = self._secrets.redacted(error.message)
        if text == error.message:
            return error
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
        self.limits: dict[str, str] = {}
        self._accumulator = self._new_accumulator(native_ollama=False)

    def _new_accumulator(self, *, native_ollama: bool) -> Accumulator:
        request = self._request
        return Accumulator(
            request["provider"],
            request["model"],
            # Ollama's native API takes thinking out of the text itself, or leaves it in on purpose.
            inline_thinking=request["style"] != Style.ANTHROPIC.value and not native_ollama,
            answer_tool=anthropic.JSON_TOOL if request["json_tool"] else "",
            emit=self._emit if self._bus.watched else None,
            empty_answer=ollama_empty_answer_error if native_ollama else empty_answer_error,
        )

    @property
    def _label(self) -> str:
        """What errors of a whole reply call the provider."""
        provider, style = self._request["provider"], self._request["style"]
        return completions.label(provider) if style in (completions.COMPLETIONS, completions.GENERATE) else provider

    @property
    def begun(self) -> bool:
        return self._accumulator.begun

    @property
    def partial_text(self) -> str:
        """What of the visible answer has arrived."""
        return self._accumulator.partial_text

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
                raise thrown(f"stream idle timeout: no data received for {self._request['idle_timeout']}s") from None
            raise self._failure(failure) from None

    async def _exchange(self) -> RawResult:
        reply = await self._open()
        try:
            decoder = self._decoder(reply)
            if decoder is not None:
                return await self._read_stream(reply, decoder)
            return self._decode(reply.content_type, await reply.read())
        finally:
            await reply.close()

    def _failure(self, failure: TransportFailure) -> HarnError:
        """The error of a failure below HTTP, by how far the exchange had come."""
        provider = self._request["provider"]
        self.repeatable = failure.repeatable
        if not self._request["stream"] or failure.kind == "too_large":
            return api_error(self._label, failure.detail)
        if not self._reading:
            detail = failure.detail.removeprefix("Deadline exceeded: ")
            if failure.kind == "connect" and provider == "ollama":
                # Whoever has set no key at all ends here, too, perhaps without ever having heard of Ollama.
                detail += _NO_OLLAMA
            return stream_error(provider, failure.kind, detail)
        if failure.kind == "timeout":
            return timeout_error(provider, failure.detail)
        return cut_error(provider, failure.detail)

    def _decoder(self, reply: Reply) -> StreamDecoder | None:
        return stream_decoder(self._request["style"], reply.content_type) if self._request["stream"] else None

    async def _relay(self, reply: Reply, deliver: Deliver) -> None:
        provider = self._request["provider"]
        decoder = self._decoder(reply)
        if decoder is None:
            text = self._decode(reply.content_type, await reply.read())["text"]
            if text:
                await deliver(text)
            return
        complete = False
        nothing_yet, start = True, b""
        while piece := await reply.next_piece():
            if nothing_yet:
                start = (start + piece)[:_REMEMBERED_BYTES]
            for delta in decoder.feed(piece):
                nothing_yet = False
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
        for delta in decoder.finish():
            nothing_yet = False
            if type(delta) is TextDelta and not await deliver(well_formed(delta.text)):
                return
            if type(delta) is Failure:
                raise reported_error(provider, delta.kind, delta.message)
            complete = complete or type(delta) in (Stop, Done)
        if nothing_yet and decoder.native_ollama:
            raise self._no_answer_in(start, reply.content_type)
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

    async def _read_stream(self, reply: Reply, decoder: StreamDecoder) -> RawResult:
        if decoder.native_ollama:
            self._accumulator = self._new_accumulator(native_ollama=True)
        add = self._accumulator.add
        nothing_yet, start = True, b""
        while piece := await reply.next_piece():
            if nothing_yet:
                start = (start + piece)[:_REMEMBERED_BYTES]
            for delta in decoder.feed(piece):
                nothing_yet = False
                add(delta)
            if self._accumulator.done:
                await reply.drain()
                return self._finish()
        for delta in decoder.finish():
            nothing_yet = False
            add(delta)
        if nothing_yet and decoder.native_ollama:
            raise self._no_answer_in(start, reply.content_type)
        if not self._accumulator.complete:
            raise cut_error(self._request["provider"], "connection closed")
        return self._finish()

    def _no_answer_in(self, start: bytes, content_type: str) -> HarnError:
        """The error of a reply without framing of its own, which whatever stands at that address may have sent."""
        return no_json_error(self._label, content_type, start, "no line of it is an answer")

    def _decode(self, content_type: str, body: bytes) -> RawResult:
        """The answer of a reply that is one JSON document, or of a stream that does not say that it is one."""
        request = self._request
        decoder = undeclared_decoder(request["style"], body) if request["stream"] else None
        if decoder is not None:
            for delta in [*decoder.feed(body), *decoder.finish()]:
                self._accumulator.add(delta)
            if not self._accumulator.complete:
                raise cut_error(request["provider"], "connection closed")
            return self._finish()
        try:
            document = parse_json(body)
        except ValueError as error:
            raise no_json_error(self._label, content_type, body, complaint(error)) from None
        result = _DECODE_RESPONSE[request["style"]](document, request["provider"], request["model"])
        return self._with_json_answer(result)

    def _finish(self) -> RawResult:
        """The answer as accumulated from the stream."""
        return self._with_json_answer(self._accumulator.finish())

    def _with_json_answer(self, result: RawResult) -> RawResult:
        return anthropic.with_json_answer(result) if self._request["json_tool"] else result

    def _emit(self, text: str, thinking: str) -> None:
        self._bus.emit(CallDelta(self._request["call_id"], text, thinking))


_ITEMS_AT_ONCE = 32


def _encoded(body: dict[str, Json]) -> bytes:
    """The body as JSON, long lists in parts: all the pieces of a conversation at once take several times its room."""
    try:
        return (
            b"{" + b",".join([ordered_json(key).encode() + b":" + _part(value) for key, value in body.items()]) + b"}"
        )
    except UnicodeEncodeError:
        # Half of a surrogate pair has no UTF-8 form, but it has a JSON one.
        return json.dumps(body, separators=(",", ":")).encode()


def _part(value: Json) -> bytes:
    if type(value) is not list or len(value) <= _ITEMS_AT_ONCE:
        return ordered_json(value).encode()
    parts = [value[start : start + _ITEMS_AT_ONCE] for start in range(0, len(value), _ITEMS_AT_ONCE)]
    return b"[" + b",".join([ordered_json(part)[1:-1].encode() for part in parts]) + b"]"
