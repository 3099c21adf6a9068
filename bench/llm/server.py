"""An OpenAI-compatible server for benchmarks: `python server.py`, a process of its own that costs as little as possible.

It prints its port and serves until its standard input ends. What it answers depends on the model that is asked for:
`whole` gives one JSON reply, `pieces-N` a stream of N pieces, `held-MS` a reply after that many milliseconds,
`slow-MS` a stream whose first piece comes at once and whose second one comes after so many milliseconds.
`loop-TURNS` asks for its tool `step` in every answer but that of the turn TURNS, which is text; the turn is known by the
answers that the request holds already. `textloop-TURNS` writes the calls as tagged text, `heldloop-TURNS-MS` does as
`loop-TURNS` does after so many milliseconds. Every answer of a loop but the last is numbered: `step({n: 7})`.
GET /log gives the times, in seconds of a clock that never goes back, at which requests came, and how many replies were
held back at the same time at most: `{"arrivals": [..], "most_held": N}`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

_WORDS = "The quick brown fox jumps over the lazy dog and then goes home"
_USAGE = {"prompt_tokens": 12, "completion_tokens": 14, "total_tokens": 26}
_BACKLOG = 8192


def _document(model: str) -> bytes:
    return _reply(model, {"role": "assistant", "content": _WORDS}, "stop")


def _turn_document(model: str, number: int, turns: int, *, as_text: bool) -> bytes:
    """The answer of a turn of a loop, counted from 1."""
    if number >= turns:
        return _document(model)
    if as_text:
        call = f"<tool_call>\nstep({{ n: {number} }})\n</tool_call>"
        return _reply(model, {"role": "assistant", "content": call}, "stop")
    function = {"name": "step", "arguments": json.dumps({"n": number})}
    calls = [{"id": f"call_{number}", "type": "function", "function": function}]
    return _reply(model, {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls")


def _reply(model: str, message: dict[str, Any], finish_reason: str) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
    text = json.dumps({**body, "usage": _USAGE}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text)


def _event(model: str, choices: list[Any], **more: Any) -> bytes:
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": choices}
    return b"data: %s\n\n" % json.dumps({**body, **more}).encode()


def _piece(model: str, text: str) -> bytes:
    return _event(model, [{"index": 0, "delta": {"content": text}, "finish_reason": None}])


def _end(model: str) -> bytes:
    stop = [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    return _event(model, stop) + _event(model, [], usage=_USAGE) + b"data: [DONE]\n\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"


class Connection(asyncio.Protocol):
    """One client; its requests come one after the other."""

    arrivals: list[float] = []
    held = 0
    most_held = 0

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while True:
            head, found, rest = self._received.partition(b"\r\n\r\n")
            if not found:
                return
            length = 0
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if len(rest) < length:
                return
            self._received = rest[length:]
            self._answer(head, rest[:length])

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET"):
            text = json.dumps({"arrivals": self.arrivals, "most_held": self.most_held}).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text))
            return
        self.arrivals.append(time.monotonic())
        request = json.loads(body)
        model = request["model"]
        kind, _, number = model.partition("-")
        later = asyncio.get_running_loop().call_later
        write = self._transport.write
        if kind == "pieces":
            write(_STREAM_HEAD)
            words = _WORDS.split(" ")
            for index in range(int(number)):
                write(_chunk(_piece(model, words[index % len(words)] + " ")))
            write(_chunk(_end(model)) + _LAST_CHUNK)
        elif kind == "slow":
            write(_STREAM_HEAD + _chunk(_piece(model, "first")))
            later(int(number) / 1000, lambda: write(_chunk(_piece(model, "second") + _end(model)) + _LAST_CHUNK))
        elif kind == "held":
            self._hold(int(number), _document(model))
        elif kind in ("loop", "textloop", "heldloop"):
            turns, _, milliseconds = number.partition("-")
            turn = 1 + sum(message["role"] == "assistant" for message in request["messages"])
            document = _turn_document(model, turn, int(turns), as_text=kind == "textloop")
            if milliseconds:
                self._hold(int(milliseconds), document)
            else:
                write(document)
        else:
            write(_document(model))

    def _hold(self, milliseconds: int, document: bytes) -> None:
        Connection.held += 1
        Connection.most_held = max(self.held, self.most_held)
        asyncio.get_running_loop().call_later(milliseconds / 1000, self._release, document)

    def _release(self, document: bytes) -> None:
        Connection.held -= 1
        self._transport.write(document)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=_BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
