"""What is kept from call to call of a conversation that grows: it must never show, but in the work that it saves."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.llm import own_blocks
from harnpy.llm.common_prefix import common_prefix
from harnpy.llm.context import uuid7_text, uuid7_texts
from harnpy.llm.gateway import _encoded
from harnpy.llm.json_values import Json, compact_json, ordered_json
from harnpy.llm.mock import MockProvider
from harnpy.llm.own_blocks import ProviderMessages, provider_message, provider_messages
from harnpy.llm.providers.styles import Style

OWN = {"role": "assistant", "content": [{"type": "output_text", "text": "Let me look.", "visibility": "public"}]}
CALLING = {"role": "assistant", "content": [{"type": "tool_call", "id": "c1", "name": "run", "arguments": {}}]}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def said(text: str) -> dict[str, Json]:
    return {"role": "user", "content": text}


# --- messages as providers take them ---------------------------------------------------------------------------------


def test_each_message_of_a_growing_conversation_is_converted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    converted: list[Json] = []

    def counting(message: dict[str, Json], style: Style) -> dict[str, Json]:
        converted.append(message)
        return provider_message(message, style)

    monkeypatch.setattr(own_blocks, "provider_message", counting)
    conversation = ProviderMessages()
    messages: list[Json] = []
    for number in range(100):
        messages = [*messages, {**OWN}, said(str(number))]
        sent = conversation.of(messages, Style.OPENAI)
        assert sent[-2:] == [{"role": "assistant", "content": "Let me look."}, said(str(number))]
        assert len(sent) == len(messages)
    assert len(converted) == 200


def test_a_conversation_without_blocks_of_harn_is_sent_as_it_is() -> None:
    messages = [said("a"), said("b")]
    assert ProviderMessages().of(messages, Style.OPENAI) is messages


@given(st.data())
def test_no_edit_of_a_conversation_goes_unseen(data: st.DataObject) -> None:
    """Messages come, go, are replaced and change places, and styles change; the result is always that of a first call."""
    conversation = ProviderMessages()
    messages: list[Json] = []
    for _ in range(data.draw(st.integers(1, 8))):
        fresh = data.draw(st.lists(st.sampled_from([OWN, CALLING, said("a"), said("b")]).map(dict), max_size=3))
        start = data.draw(st.integers(0, len(messages)))
        end = data.draw(st.integers(start, len(messages)))
        messages = [*messages[:start], *fresh, *messages[end:]]
        style = data.draw(st.sampled_from([Style.OPENAI, Style.OPENAI, Style.ANTHROPIC]))
        assert conversation.of(messages, style) == provider_messages(messages, style)


def test_a_common_prefix_is_one_of_the_same_objects() -> None:
    first, second, third = [said("a"), said("a"), said("b")]
    assert common_prefix([], [first]) == 0
    assert common_prefix([first, second], [first, second, third]) == 2
    assert common_prefix([first, second], [first]) == 1
    assert common_prefix([first, second], [first, said("a")]) == 1
    assert common_prefix([first], [second]) == 0


# --- texts -----------------------------------------------------------------------------------------------------------


@given(json_values)
def test_json_texts_are_those_of_the_standard_library(value: Json) -> None:
    separators = (",", ":")
    assert compact_json(value) == json.dumps(value, ensure_ascii=False, sort_keys=True, separators=separators)
    assert ordered_json(value) == json.dumps(value, ensure_ascii=False, separators=separators)


@given(st.dictionaries(st.text(st.characters(exclude_categories=())), json_values, max_size=3), st.integers(0, 100))
def test_a_body_is_sent_as_the_json_that_it_is(body: dict[str, Json], length: int) -> None:
    body["messages"] = [said(f"é {number}") for number in range(length)]
    expected = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    try:
        encoded = expected.encode()
    except UnicodeEncodeError:
        encoded = json.dumps(body, separators=(",", ":")).encode()
    assert _encoded(body) == encoded


@pytest.mark.parametrize("first", [0, 5, (1 << 48) - 2, (1 << 62) - 2, (1 << 73) + (1 << 48) - 1, (1 << 74) - 2])
def test_ids_made_at_once_count_on(first: int) -> None:
    made = list(itertools.islice(uuid7_texts(1700000000000, first), 5))
    assert made == [uuid7_text(1700000000000, (first + step) % (1 << 74)) for step in range(5)]


# --- the log of the mock provider ------------------------------------------------------------------------------------


def test_the_log_of_mock_calls_lists_each_message_of_a_conversation_once() -> None:
    mock = MockProvider()
    asked: list[list[Json]] = []
    conversations: list[list[Json]] = [[said("a")], [said("a")]]
    for number in range(50):
        for index, messages in enumerate(conversations):
            asked.append(messages)
            mock.answer(messages, f"system {index}", None)
            conversations[index] = [*messages, said(str(number))]
    assert [call.messages for call in mock.calls] == asked
    assert [call.system for call in mock.calls] == ["system 0", "system 1"] * 50
    assert sum(len(own) for _, _, own, _, _ in mock._log._entries) == 100


def test_the_log_of_mock_calls_knows_conversations_that_were_cut_and_empty_ones() -> None:
    mock = MockProvider()
    first, second, third = said("a"), said("b"), said("c")
    asked: list[list[Json]] = [[first, second, third], [first, third], [], [second], [first, second], []]
    for messages in asked:
        mock.answer(messages, None, None)
    assert [call.messages for call in mock.calls] == asked
    mock.clear()
    assert mock.calls == []
