"""A model provider on a loopback socket: it answers what a test has scripted and records what it was asked.

It speaks HTTP itself, so that it can cut an answer anywhere, stall in the middle, or drop the connection. Only the
model's answers are made up; sockets, HTTP and the wire formats are real.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import trustme
from loopback_server import LoopbackServer, reset


class Stall:
    """In an answer: send nothing more, and keep the connection open until the client gives up."""


class Cut:
    """In an answer: end the connection here, in the middle of the body."""


class Reset:
    """In an answer: end the connection here with a TCP reset."""


@dataclass
class Request:
    """One request as received. connection tells which connection it came on."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    connection: int


@dataclass
class Answer:
    """One answer: pieces are sent one by one, each as an HTTP chunk of its own.

    without_length sends the body up to the end of the connection, as HTTP/1.0 servers do. before_head holds Stall, Cut
    or Reset when not even the head is sent.
    """

    pieces: Sequence[bytes | Stall | Cut | Reset] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    without_length: bool = False
    before_head: Stall | Cut | Reset | None = None


def json_answer(document: Any, status: int = 200, **headers: str) -> Answer:
    """A whole JSON document."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer([json.dumps(document).encode()], status, {"content-type": "application/json", **named})


def stream_answer(*events: Any, end: Stall | Cut | Reset | None = None) -> Answer:
    """Server-sent events, one piece each; dicts are sent as JSON data, strings as data, bytes as they are."""
    pieces: list[bytes | Stall | Cut | Reset] = [sse(event) for event in events]
    return Answer([*pieces, *([] if end is None else [end])], headers={"content-type": "text/event-stream"})


def sse(event: Any) -> bytes:
    if isinstance(event, bytes):
        return event
    text = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def split_everywhere(answer: Answer, size: int = 1) -> Answer:
    """The same answer in pieces of size bytes."""
    body = b"".join(piece for piece in answer.pieces if isinstance(piece, bytes))
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return Answer(pieces, answer.status, answer.headers, answer.without_length)


# --- OpenAI chat completions -----------------------------------------------------------------------------------------


# What the official SDKs expect around an answer; nothing of it is used.
_COMPLETION = {"id": "c1", "created": 1700000000, "model": "m-1"}
_MESSAGE = {"id": "m1", "type": "message", "role": "assistant", "model": "m-1", "stop_sequence": None}


def openai_reply(text: str | None = "", finish: str = "stop", usage: Any = None, **message: Any) -> Answer:
    """A reply that is not streamed; further keys go into the message."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    counted = {"prompt_tokens": 7, "completion_tokens": 3} if usage is None else usage
    return json_answer({**_COMPLETION, "object": "chat.completion", "choices": [choice], "usage": _totalled(counted)})


def openai_chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {**_COMPLETION, "object": "chat.completion.chunk", "choices": [choice]}


def openai_usage(**usage: Any) -> dict[str, Any]:
    return {**_COMPLETION, "object": "chat.completion.chunk", "choices": [], "usage": _totalled(usage)}


def _totalled(usage: dict[str, Any]) -> dict[str, Any]:
    return {**usage, "total_tokens": (usage.get("prompt_tokens") or 0) + (usage.get("completion_tokens") or 0)}


def openai_stream(*texts: str, usage: Any = None) -> Answer:
    """A complete stream of these pieces of text."""
    counted = {"prompt_tokens": 7, "completion_tokens": 3} if usage is None else usage
    chunks = [openai_chunk(content=text) for text in texts]
    return stream_answer(
        openai_chunk(role="assistant"), *chunks, openai_chunk("stop"), openai_usage(**counted), "[DONE]"
    )


# --- Anthropic messages ----------------------------------------------------------------------------------------------


def anthropic_reply(*content: Any, stop_reason: str = "end_turn", usage: Any = None) -> Answer:
    """A reply that is not streamed; strings become text blocks."""
    blocks = [{"type": "text", "text": block} if isinstance(block, str) else block for block in content]
    counted = {"input_tokens": 7, "output_tokens": 3} if usage is None else usage
    return json_answer({**_MESSAGE, "content": blocks, "stop_reason": stop_reason, "usage": counted})


def anthropic_start(**usage: Any) -> dict[str, Any]:
    counted = usage or {"input_tokens": 7, "output_tokens": 1}
    return {"type": "message_start", "message": {**_MESSAGE, "content": [], "stop_reason": None, "usage": counted}}


def anthropic_text(index: int, *pieces: str) -> list[dict[str, Any]]:
    return _anthropic_block(
        index, {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces]
    )


def anthropic_thinking(index: int, *pieces: str) -> list[dict[str, Any]]:
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    signature = {"type": "signature_delta", "signature": "c2ln"}
    return _anthropic_block(index, {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signature])


def anthropic_tool(index: int, identifier: str, name: str, *fragments: str) -> list[dict[str, Any]]:
    block = {"type": "tool_use", "id": identifier, "name": name, "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": fragment} for fragment in fragments]
    return _anthropic_block(index, block, deltas)


def anthropic_end(stop_reason: str = "end_turn", output_tokens: int = 3, **usage: Any) -> list[dict[str, Any]]:
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return [
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": output_tokens, **usage}},
        {"type": "message_stop"},
    ]


def anthropic_stream(*texts: str) -> Answer:
    """A complete stream of these pieces of text, with a ping in between."""
    return stream_answer(anthropic_start(), {"type": "ping"}, *anthropic_text(0, *texts), *anthropic_end())


def _anthropic_block(index: int, block: Any, deltas: list[Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": block},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


# --- Ollama's native API ---------------------------------------------------------------------------------------------


def ollama_line(content: str = "", done: bool = False, **more: Any) -> dict[str, Any]:
    """One line of a streamed reply; keys other than those of a message stand beside it."""
    message = {key: more.pop(key) for key in ("thinking", "tool_calls") if key in more}
    return {
        "model": "llama-x",
        "created_at": "2025-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": content, **message},
        "done": done,
        **more,
    }


def ollama_end(reason: str | None = "stop", **more: Any) -> dict[str, Any]:
    """The last line, with its counts."""
    named = {} if reason is None else {"done_reason": reason}
    return ollama_line(done=True, **{"prompt_eval_count": 7, "eval_count": 3, **named, **more})


def ndjson_answer(*lines: Any, end: Stall | Cut | Reset | None = None) -> Answer:
    """A reply of JSON lines, one piece each; bytes are sent as they are."""
    pieces: list[bytes | Stall | Cut | Reset] = [
        line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines
    ]
    return Answer([*pieces, *([] if end is None else [end])], headers={"content-type": "application/x-ndjson"})


def ollama_stream(*texts: str) -> Answer:
    """A complete reply in these pieces of text."""
    return ndjson_answer(*(ollama_line(text) for text in texts), ollama_end())


# --- the server ------------------------------------------------------------------------------------------------------


class Certificates:
    """A certificate for 127.0.0.1 and the authority that signed it, which no system knows."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self._certificate = self.authority.issue_cert("127.0.0.1")

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(context)
        return context


class ProviderServer(LoopbackServer):
    """Answers are given in the order in which they were scripted.

    With certificates it speaks TLS. An unscripted request gets status 599. closed_early counts the answers that a client did not wait for,
    stalls those that have come to a Stall.
    """

    def __init__(self, certificates: Certificates | None = None) -> None:
        super().__init__(certificates.context() if certificates is not None else None)
        self.requests: list[Request] = []
        self.closed_early = 0
        self.stalls = 0
        self._answers: list[Answer] = []
        self._connections = 0

    def script(self, *answers: Answer) -> None:
        """Give these answers to the next requests."""
        self._answers.extend(answers)

    @property
    def bodies(self) -> list[Any]:
        return [request.body for request in self.requests]

    def wait_for_departures(self, count: int) -> None:
        """Wait until that many clients have left an unfinished answer."""
        self.wait_until(lambda: self.closed_early >= count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        connection = self._connections
        try:
            while True:
                request = await _read_request(reader, connection)
                if request is None:
                    break
                self.requests.append(request)
                answer = self._answers.pop(0) if self._answers else json_answer({"unscripted": True}, 599)
                try:
                    going_on = await self._answer(answer, reader, writer)
                except ConnectionError:
                    self._count_departure()
                    break
                if not going_on:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send one answer; whether the connection can go on."""
        if answer.before_head is not None:
            await self._interrupt(answer.before_head, reader, writer)
            return False
        head = [f"HTTP/1.1 {answer.status} Whatever"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        head.append("connection: close" if answer.without_length else "transfer-encoding: chunked")
        writer.write("\r\n".join([*head, "", ""]).encode("latin-1"))
        for piece in answer.pieces:
            if not isinstance(piece, bytes):
                await writer.drain()
                await self._interrupt(piece, reader, writer)
                return False
            writer.write(piece if answer.without_length else b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        if answer.without_length:
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _interrupt(
        self, how: Stall | Cut | Reset, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if isinstance(how, Stall):
            self.stalls += 1
            await reader.read()
            self._count_departure()
        elif isinstance(how, Reset):
            reset(writer)

    def _count_departure(self) -> None:
        with self._changed:
            self.closed_early += 1
            self._changed.notify_all()


async def _read_request(reader: asyncio.StreamReader, connection: int) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, json.loads(body) if body else None, connection)
