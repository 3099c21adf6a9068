"""Files that script the mock provider: one `llm_mock` dict as JSON a line, blank lines and `#` comments between.

An entry may have a further key, `test`: it then answers only in the test of that name, which is the path of the program
relative to the file and, for a test pipeline, `::NAME`. A recorder writes such files from the calls of a run.
"""

from __future__ import annotations

from dataclasses import dataclass

from harnpy.llm.deltas import RawResult
from harnpy.llm.json_values import Json, compact_json
from harnpy.llm.jsonl_file import TEST_KEY, JsonlFile, JsonLinesError, json_objects
from harnpy.llm.mock import CONFIG_KEYS, MockAnswer, read_mock_answer
from harnpy.llm.observe import (
    CallCancelled,
    CallFailed,
    CallStarted,
    CallSucceeded,
    CompletionSucceeded,
    Event,
    StreamEnded,
    StreamStarted,
)
from harnpy.llm.resolve import MOCK
from harnpy.vm.classification import TRANSIENT
from harnpy.vm.errors import Category, HarnError


@dataclass(frozen=True, slots=True)
class MockEntry:
    """One line. test is the only test that it is for, None for all."""

    answer: MockAnswer
    test: str | None


def read_mock_file(path: str) -> tuple[MockEntry, ...]:
    """The entries of a file in their order. Raises JsonLinesError."""
    entries = []
    for number, config in json_objects(path):
        test = config.pop(TEST_KEY, None)
        unknown = sorted(config.keys() - CONFIG_KEYS)
        if unknown:
            known = ", ".join(sorted([*CONFIG_KEYS, TEST_KEY]))
            raise JsonLinesError(f"{path}:{number}: unknown key `{unknown[0]}` (known: {known})")
        try:
            entries.append(MockEntry(read_mock_answer(config), test))
        except HarnError as error:
            raise JsonLinesError(f"{path}:{number}: {error.message.removeprefix('llm_mock: ')}") from None
    return tuple(entries)


class MockRecorder:
    """A subscriber that writes each attempt of each call as an entry, in the order in which they began.

    That order does not depend on how long answers take, so a program that asks in the same order again is given the
    same answers. test is the test that is running, if one is.
    """

    def __init__(self, file: JsonlFile, test: str | None = None) -> None:
        self._file = file
        self._test = test
        # By call id; None where the outcome is still to come, {} where there is nothing to write.
        self._entries: dict[str, dict[str, Json] | None] = {}
        self._completions = 0

    def __call__(self, event: Event) -> None:
        """Take an event. Raises OSError."""
        match event:
            case CallStarted() | StreamStarted():
                self._entries[event.call_id] = None
            case CallSucceeded():
                self._end(event.call_id, _answer(event.result))
            case CallFailed():
                self._end(event.call_id, _failure(event))
            case StreamEnded():
                self._end(event.call_id, {"text": "".join(event.chunks)} if event.complete else {})
            case CallCancelled():
                self._end(event.call_id, {})
            case CompletionSucceeded() if event.options.provider != MOCK:
                self._completions += 1
                self._end(f"completion {self._completions}", _answer(event.result))

    def close(self) -> None:
        """Write what waited for calls that never ended. Raises OSError."""
        for entry in self._entries.values():
            self._write(entry)
        self._entries.clear()
        self._file.close()

    def _end(self, call_id: str, entry: dict[str, Json]) -> None:
        self._entries[call_id] = entry
        for done in list(self._entries):
            finished = self._entries[done]
            if finished is None:
                break
            self._write(finished)
            del self._entries[done]

    def _write(self, entry: dict[str, Json] | None) -> None:
        if entry:
            self._file.append(entry if self._test is None else {**entry, TEST_KEY: self._test})


def _answer(result: RawResult) -> dict[str, Json]:
    # A structured answer may have come beside the text; the mock provider has only the text for both.
    entry: dict[str, Json] = {
        "text": compact_json(result["structured"]) if "structured" in result else result["text"],
        "input_tokens": result["input_tokens"],
        "output_tokens": result["output_tokens"],
        "model": result["model"],
    }
    calls = [{"name": call["name"], "arguments": call["arguments"]} for call in result["tool_calls"]]
    optional = {"tool_calls": calls, "thinking": result["thinking"], "stop_reason": result["stop_reason"]}
    return entry | {key: value for key, value in optional.items() if value}


def _failure(event: CallFailed) -> dict[str, Json]:
    category = event.category
    if event.retryable and category not in TRANSIENT:
        category = Category.TRANSIENT_NETWORK  # retried because of its wording, which the entry does not have
    message = event.error.removeprefix(f"Error [{category.value}]: ").removeprefix("Thrown: ")
    return {"error": {"category": category.value, "message": message}}
