"""Whatever JSON a provider sends, decoding gives an answer or a Harn error, and accumulating loses nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harnpy.llm.accumulate import Accumulator
from harnpy.llm.deltas import Done, RawResult, Stop, TextDelta, ThinkingDelta, ToolArguments, ToolStart
from harnpy.llm.json_values import well_formed
from harnpy.llm.ndjson import NdjsonParser
from harnpy.llm.providers import anthropic, completions, ollama, openai
from harnpy.vm.errors import HarnError

# The machine may be busy; nothing here is about time.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

_KEY_NAMES = (
    "choices message content text thinking type error delta usage index function arguments name id input role "
    "reasoning tool_calls finish_reason stop_reason content_block partial_json prompt_tokens completion_tokens "
    "prompt_tokens_details cached_tokens input_tokens output_tokens "
    "model done done_reason response prompt_eval_count eval_count signature data delta"
)
_KNOWN_WORDS = (
    "text thinking tool_use text_delta thinking_delta input_json_delta content_block_start content_block_delta "
    "signature_delta redacted_thinking message_start message_delta message_stop error ping stop {} { json_response"
)
_KEYS = st.sampled_from(_KEY_NAMES.split())
_WORDS = st.sampled_from(_KNOWN_WORDS.split())
_DOCUMENT = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=25,
)


@pytest.mark.parametrize("style", [openai, anthropic])
@UNTIMED
@given(document=_DOCUMENT)
def test_a_reply_of_any_shape_is_an_answer_or_a_harn_error(style: ModuleType, document: Any) -> None:
    try:
        result = style.decode_response(document, "p", "m")
    except HarnError as error:
        assert error.text.startswith(("Thrown: p ", "Thrown: openai-compatible model m "))
    else:
        assert isinstance(result["text"], str)
        assert all(isinstance(result[key], int) for key in ("input_tokens", "output_tokens"))


@pytest.mark.parametrize("decode", [completions.decode_completion, completions.decode_generate])
@UNTIMED
@given(document=_DOCUMENT)
def test_a_completion_of_any_shape_is_an_answer_or_a_harn_error(
    decode: Callable[[Any, str, str], RawResult], document: Any
) -> None:
    try:
        result = decode(document, "p", "m")
    except HarnError as error:
        assert error.text.startswith("Thrown: p completion ")
    else:
        assert isinstance(result["text"], str)


@pytest.mark.parametrize("style", [openai, anthropic, ollama])
@UNTIMED
@given(documents=st.lists(_DOCUMENT | st.text(max_size=5), max_size=5))
def test_events_of_any_shape_are_an_answer_or_a_harn_error(style: ModuleType, documents: list[Any]) -> None:
    accumulator = Accumulator("p", "m", inline_thinking=True)
    try:
        for document in documents:
            data = document if isinstance(document, str) else json.dumps(document)
            for delta in style.decode_event(data):
                accumulator.add(delta)
        result = accumulator.finish()
    except HarnError as error:
        assert "p API error" in error.text or "delivered no content" in error.text
    else:
        assert isinstance(result["text"], str)


_PIECES = st.lists(st.tuples(st.sampled_from(["text", "thinking"]), st.text(max_size=4)), max_size=10)


@UNTIMED
@given(_PIECES)
def test_text_and_thinking_come_out_as_they_went_in(pieces: list[tuple[str, str]]) -> None:
    emitted: list[tuple[str, str]] = []
    accumulator = Accumulator(
        "p", "m", inline_thinking=False, emit=lambda text, thought: emitted.append((text, thought))
    )
    for kind, piece in pieces:
        accumulator.add(TextDelta(piece) if kind == "text" else ThinkingDelta(piece))
    accumulator.add(Stop("end"))
    result = accumulator.finish()
    text = "".join(piece for kind, piece in pieces if kind == "text")
    thinking = "".join(piece for kind, piece in pieces if kind == "thinking")
    assert (result["text"], result["thinking"] or "") == (text or thinking, thinking)
    assert ("".join(text for text, _ in emitted), "".join(thought for _, thought in emitted)) == (text, thinking)
    assert "".join(block["text"] for block in result["blocks"] if block["type"] == "reasoning") == thinking


@UNTIMED
@given(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5), max_size=3), st.data())
def test_arguments_come_together_however_they_are_cut(arguments: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(arguments)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    accumulator = Accumulator("p", "m", inline_thinking=False)
    accumulator.add(ToolStart(0, "i", "n"))
    for start, stop in zip([0, *cuts], [*cuts, len(text)]):
        accumulator.add(ToolArguments(0, text[start:stop]))
    accumulator.add(Done())
    assert accumulator.done
    assert accumulator.finish()["tool_calls"] == [{"id": "i", "name": "n", "arguments": arguments}]


def test_fragments_without_a_beginning_are_ignored() -> None:
    accumulator = Accumulator("p", "m", inline_thinking=False)
    accumulator.add(ToolArguments(3, "{}"))
    assert accumulator.finish()["tool_calls"] == []


def test_calls_of_interleaved_fragments_stand_in_index_order_between_the_texts() -> None:
    accumulator = Accumulator("p", "m", inline_thinking=False)
    for delta in (
        TextDelta("a"),
        ToolStart(2, "i2", "two"),
        ToolStart(1, "i1", ""),
        TextDelta("b"),
        ToolStart(1, "", "one"),
    ):
        accumulator.add(delta)
    result = accumulator.finish()
    assert [(call["id"], call["name"]) for call in result["tool_calls"]] == [("i1", "one"), ("i2", "two")]
    assert [block.get("text") or block["name"] for block in result["blocks"]] == ["a", "one", "two", "b"]


def test_halves_of_surrogate_pairs_are_joined_or_replaced() -> None:
    assert well_formed({"a": ["\ud83d\ude00", "x\ud83d", "é", 1]}) == {"a": ["\U0001f600", "x\ufffd", "é", 1]}


_LINES = st.lists(
    st.text(st.characters(blacklist_characters="\n\r", blacklist_categories=("Cs", "Z", "Cc")), max_size=12)
)


@UNTIMED
@given(_LINES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.data())
def test_json_lines_come_out_whole_however_they_are_cut(
    lines: list[str], end: str, last_ends: bool, data: st.DataObject
) -> None:
    text = end.join(lines) + (end if last_ends else "")
    body = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    parser = NdjsonParser()
    found = [line for start, stop in zip([0, *cuts], [*cuts, len(body)]) for line in parser.feed(body[start:stop])]
    assert found + parser.finish() == [line.strip() for line in text.split("\n") if line.strip()]
