"""From the bytes of a streamed reply to deltas: which framing a reply has, and which wire format is inside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from harnpy.llm.deltas import Delta, Done
from harnpy.llm.ndjson import NdjsonParser
from harnpy.llm.providers import anthropic, ollama, openai
from harnpy.llm.providers.styles import Style
from harnpy.llm.sse import SseParser

_EVENT_STREAM = "text/event-stream"
_NDJSON_TYPES = ("ndjson", "jsonl")


class SseDecoder:
    """Server-sent events of a provider that speaks style: Anthropic's, or OpenAI's for everybody else."""

    native_ollama = False

    def __init__(self, style: str) -> None:
        self._parser = SseParser()
        self._decode = anthropic.decode_event if style == Style.ANTHROPIC.value else openai.decode_event

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas of what piece completes."""
        return [delta for data in self._parser.feed(piece) for delta in _event(self._decode, data)]

    def finish(self) -> list[Delta]:
        """The deltas of what the end of the body completes."""
        return [delta for data in self._parser.finish() for delta in _event(self._decode, data)]


class NdjsonDecoder:
    """The JSON lines of Ollama's native API."""

    native_ollama = True

    def __init__(self) -> None:
        self._parser = NdjsonParser()
        self._ended = False

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas of what piece completes; none after the line that says it is the last."""
        return self._decoded(self._parser.feed(piece))

    def finish(self) -> list[Delta]:
        """The deltas of what the end of the body completes."""
        return self._decoded(self._parser.finish())

    def _decoded(self, lines: list[str]) -> list[Delta]:
        deltas: list[Delta] = []
        for line in lines:
            if self._ended:
                break
            deltas += ollama.decode_event(line)
            self._ended = bool(deltas) and type(deltas[-1]) is Done
        return deltas


StreamDecoder: TypeAlias = SseDecoder | NdjsonDecoder


def stream_decoder(style: str, content_type: str) -> StreamDecoder | None:
    """The decoder of a reply with this content type to a streaming request; None if it is a whole document."""
    if _EVENT_STREAM in content_type:
        return SseDecoder(style)
    if style == Style.OLLAMA.value or any(name in content_type for name in _NDJSON_TYPES):
        return NdjsonDecoder()
    return None


def undeclared_decoder(style: str, body: bytes) -> StreamDecoder | None:
    """The decoder of a stream that does not say that it is one; None if body is something else."""
    return SseDecoder(style) if body.lstrip().startswith((b"data:", b"event:", b":")) else None


def _event(decode: Callable[[str], list[Delta]], data: str) -> list[Delta]:
    """The deltas of an event. Servers that leave out the blank lines run events together; their lines stand alone."""
    deltas = decode(data)
    if not deltas and "\n" in data:
        return [delta for line in data.split("\n") for delta in decode(line)]
    return deltas
