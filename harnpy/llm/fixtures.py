"""Recordings of model calls: written after real calls, answering the same calls later without key or network (section 24).

A recording is named by a hash of model, messages and system prompt. It also holds these three, so that a call without a
recording can be told what distinguishes it from the nearest one, and the pieces in which the answer came, for streams.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harnpy.llm.deltas import RawResult
from harnpy.llm.fixture_misses import Question, miss_text
from harnpy.llm.json_values import Json, compact_json, parse_json, pretty_json
from harnpy.llm.observe import CallCancelled, CallDelta, CallFailed, CallSucceeded, Event, StreamEnded
from harnpy.llm.options import LlmOptions
from harnpy.llm.secrets import Secrets
from harnpy.llm.siphash import siphash13
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.errors import thrown

if TYPE_CHECKING:
    from harnpy.llm.context import CallContext

DIRECTORY = ".harn-fixtures"

# Which providers had a key when calls were recorded: the choice between providers depends on it.
AVAILABILITY = "providers.json"


def fixture_hash(question: Question) -> str:
    """The name of the recording of a call: 16 hex digits."""
    system = bytes(8) if question["system"] is None else b"\x01" + bytes(7) + _bytes(question["system"]) + b"\xff"
    parts = (_bytes(question["model"]), b"\xff", _bytes(compact_json(question["messages"])), b"\xff", system)
    return f"{siphash13(b''.join(parts)):016x}"


class Fixtures:
    """The recordings in directory, to be written or, when replaying, to answer from."""

    def __init__(self, directory: str, replaying: bool, secrets: Secrets) -> None:
        self.replaying = replaying
        self._directory = directory
        self._secrets = secrets
        self._pieces: dict[str, list[str]] = {}

    # --- recording ----------------------------------------------------------------------------------------------------

    def __call__(self, event: Event) -> None:
        """As a subscriber of the bus: keep the pieces of answers, and write down streams."""
        match event:
            case CallDelta():
                if event.text:
                    self._pieces.setdefault(event.call_id, []).append(event.text)
            case CallSucceeded() | CallFailed() | CallCancelled():
                self._pieces.pop(event.call_id, None)
            case StreamEnded():
                self._pieces.pop(event.call_id, None)
                if event.complete and event.from_provider:
                    self._save_stream(event)

    def save(self, context: CallContext, options: LlmOptions, result: RawResult, call_id: str) -> None:
        """Write down an answer. A recording that cannot be written is warned about once."""
        pieces = self._pieces.pop(call_id, [])
        # Pieces of an attempt that failed before the fallback answered belong to no answer.
        chunks = pieces if "".join(pieces) == result["text"] else [result["text"]] if result["text"] else []
        question = _question(options)
        try:
            self._write(f"{fixture_hash(question)}.json", _completed(result) | {"chunks": chunks, "request": question})
            if context.state.availability:
                known = self._read(AVAILABILITY) or {}
                self._write(AVAILABILITY, {**known, **context.state.availability})
        except OSError as error:
            context.warn_once(
                ("fixtures", self._directory),
                f"cannot write recordings to {self._directory}: {error.strerror or error}",
            )

    def _save_stream(self, event: StreamEnded) -> None:
        question = _question(event.options)
        name = f"{fixture_hash(question)}.json"
        text = "".join(event.chunks)
        fresh = _completed({"text": text, "model": event.options.model, "provider": event.options.provider})
        try:
            # The same question may also have been asked by llm_call, with an answer that says more.
            self._write(name, (self._read(name) or fresh) | {"chunks": list(event.chunks), "request": question})
        except OSError:
            return

    def _write(self, name: str, document: Json) -> None:
        """Put a file in place whole, so that no other process reads half of it. Raises OSError."""
        os.makedirs(self._directory, exist_ok=True)
        path = os.path.join(self._directory, name)
        unfinished = f"{path}.{os.getpid()}"
        text = self._secrets.redacted(pretty_json(document)) + "\n"
        with open(unfinished, "wb") as file:
            file.write(_bytes(text))
        os.replace(unfinished, path)

    # --- replaying ----------------------------------------------------------------------------------------------------

    def availability(self) -> dict[str, bool]:
        """Which providers had a key when the recordings were made, as far as that was asked."""
        known = self._read(AVAILABILITY) or {}
        return {name: found for name, found in known.items() if type(found) is bool}

    @operation("llm", Repeat.PURE)
    def recorded(self, question: Question) -> Json:
        """The recording of a call: a raw result with `chunks`. Raises a thrown string if there is none."""
        name = fixture_hash(question)
        found = self._read(f"{name}.json")
        if found is None:
            raise thrown(miss_text(name, question, self._directory, self._questions()))
        chunks = found.get("chunks")
        whole = isinstance(chunks, list) and all(isinstance(chunk, str) for chunk in chunks)
        return _completed(found) | {"chunks": chunks if whole else None}

    def _questions(self) -> dict[str, Question]:
        """The questions of all recordings by the names of their files."""
        try:
            names = sorted(os.listdir(self._directory))
        except OSError:
            return {}
        found: dict[str, Question] = {}
        for name in names:
            request = (self._read(name) or {}).get("request") if name.endswith(".json") else None
            if isinstance(request, dict) and {"model", "messages", "system"} <= request.keys():
                found[name] = {key: request[key] for key in ("model", "messages", "system")}  # type: ignore[assignment]
        return found

    def _read(self, name: str) -> dict[str, Json] | None:
        """A file of the directory; None if it is missing or is not what it should be."""
        try:
            with open(os.path.join(self._directory, name), "rb") as file:
                document = parse_json(file.read())
        except (OSError, ValueError):
            return None
        return document if isinstance(document, dict) else None


def replayed_answer(context: CallContext, fixtures: Fixtures, options: LlmOptions, call_id: str) -> RawResult:
    """The recorded answer of a call. Raises a thrown string if there is none."""
    found = context.fiber.effect(fixtures.recorded, _question(options))
    for chunk in _chunks(found):
        if context.state.bus.watched:
            context.state.bus.emit(CallDelta(call_id, chunk, ""))
    result: RawResult = {key: value for key, value in found.items() if key != "chunks"}  # type: ignore[assignment]
    return result


def replayed_stream(context: CallContext, fixtures: Fixtures, options: LlmOptions) -> list[str]:
    """The recorded pieces of a stream. Raises as replayed_answer does."""
    return _chunks(context.fiber.effect(fixtures.recorded, _question(options)))


def _chunks(found: Json) -> list[str]:
    """The pieces of a recording; recordings of other implementations have none, and come as one piece."""
    chunks: list[str] | None = found["chunks"]
    return ([found["text"]] if found["text"] else []) if chunks is None else chunks


def _completed(found: Mapping[str, Json]) -> dict[str, Json]:
    """A recording as a raw result: what it lacks, or holds in a form that no answer has, is empty."""
    empty: dict[str, Json] = {
        "text": "",
        "tool_calls": [],
        "input_tokens": 0,
        "output_tokens": 0,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "model": "",
        "provider": "mock",
        "thinking": None,
        "stop_reason": None,
        "blocks": [],
    }
    structured = {"structured": found["structured"]} if "structured" in found else {}
    completed = {key: _usable(found.get(key), default) for key, default in empty.items()} | structured
    completed["tool_calls"] = [{"id": "", "name": "", "arguments": {}} | call for call in completed["tool_calls"]]
    return completed


def _usable(value: Json, default: Json) -> Json:
    """value if it is of the type of default, where None stands for an optional text; of a list its dicts."""
    if isinstance(default, list):
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else default
    return value if type(value) is (str if default is None else type(default)) else default


def _question(options: LlmOptions) -> Question:
    return {"model": options.model, "messages": options.messages, "system": options.system}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
