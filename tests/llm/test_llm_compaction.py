"""Compaction of message lists: what is kept is a tail in its order, and no tool result loses its call."""

from __future__ import annotations

import copy
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from message_lists import Message, call_ids, conversations, parted_results, unanswered_calls

from harnpy.llm.compaction import (
    CompactionSettings,
    Strategy,
    Summarizers,
    compact_messages,
    split_point,
    strategy_of,
)
from harnpy.llm.token_estimate import estimate_tokens
from harnpy.llm.tool_exchanges import answered_messages, whole_exchange_split


def never(*_: Any) -> NoReturn:
    raise AssertionError("not to be asked")


UNAIDED = Summarizers(ask=never, custom=never)
AIDED = Summarizers(ask=lambda question: "gist", custom=lambda archived: "mine")


def user(text: str) -> Message:
    return {"role": "user", "content": text}


def assistant(text: str) -> Message:
    return {"role": "assistant", "content": text}


def calling(*ids: str) -> Message:
    return {"role": "assistant", "content": "", "tool_calls": [{"id": each} for each in ids]}


def result(call: str) -> Message:
    return {"role": "tool", "tool_call_id": call, "content": "r"}


@given(conversations(), st.integers(0, 40), st.sampled_from(Strategy))
def test_what_is_kept_is_a_tail_in_its_order_behind_one_summary(
    messages: list[Message], keep_last: int, strategy: Strategy
) -> None:
    before = copy.deepcopy(messages)
    compacted = compact_messages(messages, CompactionSettings(keep_last, strategy), AIDED)
    assert messages == before
    if compacted is None:
        return
    assert len(messages) > keep_last
    assert 0 < compacted.archived <= len(messages)
    assert compacted.messages == [user(compacted.summary), *messages[compacted.archived :]]


@given(
    conversations(), st.integers(0, 40), st.sampled_from(Strategy), st.none() | st.integers(0, 500), st.integers(1, 3)
)
def test_a_conversation_stays_valid_however_often_it_is_compacted(
    messages: list[Message], keep_last: int, strategy: Strategy, hard_limit: int | None, times: int
) -> None:
    settings = CompactionSettings(keep_last, strategy, hard_limit_tokens=hard_limit)
    newest = messages[-1:] if keep_last else []
    for _ in range(times):
        calls = sum(len(call_ids(message)) for message in messages)
        compacted = compact_messages(messages, settings, AIDED)
        if compacted is None:
            return
        archived = messages[: compacted.archived]
        messages = compacted.messages
        assert parted_results(messages) == []
        assert unanswered_calls(messages) == unanswered_calls(archived) == 0
        assert sum(len(call_ids(message)) for message in [*archived, *messages]) == calls
        assert messages[0] == user(compacted.summary)
        # A conversation that is one exchange of tools as a whole is archived or kept as such.
        assert messages[-1:] == newest or not newest


@given(conversations(), st.integers(0, 40))
def test_no_result_is_kept_without_its_call(messages: list[Message], keep_last: int) -> None:
    assert parted_results(messages) == []
    split = split_point(messages, keep_last)
    assert parted_results(messages[split:]) == []


@given(conversations(), st.integers(0, 40))
def test_the_last_messages_stay_unless_tool_work_has_its_user_message_among_them(
    messages: list[Message], keep_last: int
) -> None:
    split = split_point(messages, keep_last)
    if split > max(0, len(messages) - keep_last):
        assert messages[split]["role"] in ("user", "assistant", "system")
        assert any(
            message["role"] == "tool" or "tool_calls" in message or isinstance(message["content"], list)
            for message in messages
        )


@given(st.lists(st.sampled_from([user("a"), assistant("b"), {"role": "system", "content": "s"}])), st.integers(0, 20))
def test_without_tool_work_all_that_should_stay_stays(messages: list[Message], keep_last: int) -> None:
    split = split_point(messages, keep_last)
    assert split <= max(0, len(messages) - keep_last)
    assert (split == 0) == (len(messages) <= keep_last)


@given(conversations(8), conversations(8))
def test_ids_that_come_again_belong_to_their_own_turn(first: list[Message], second: list[Message]) -> None:
    separated = [*first, user("next"), *second]
    for index, call in enumerate(answered_messages(separated)):
        assert call is None or (call < index and (call < len(first)) == (index < len(first)))


def test_results_of_one_turn_may_come_with_others_between_them() -> None:
    messages = [user("q"), calling("a", "b"), result("a"), user("wait"), result("b"), assistant("done"), user("x")]
    assert answered_messages(messages) == [None, None, 1, None, 1, None, None]
    assert [whole_exchange_split(messages, split) for split in range(1, 7)] == [1, 1, 1, 1, 5, 6]


def test_moving_before_one_exchange_may_lead_into_another() -> None:
    messages = [user("q"), calling("a"), calling("b"), result("a"), user("x"), result("b"), user("y")]
    assert whole_exchange_split(messages, 5) == 1


def test_an_exchange_at_the_very_beginning_is_archived_as_a_whole() -> None:
    messages = [calling("a", "b"), result("a"), result("b"), assistant("done"), user("x")]
    assert whole_exchange_split(messages, 1) == 3
    assert whole_exchange_split(messages[:3], 2) == 0


def test_a_result_that_was_alone_before_is_no_obstacle() -> None:
    assert whole_exchange_split([user("q"), result("lost"), user("x")], 1) == 1


def test_values_that_are_no_messages_do_no_harm() -> None:
    odd: list[Any] = [
        5,
        None,
        {"role": 7},
        {"role": "tool"},
        {"content": [1, {"type": "tool_result"}]},
        {"tool_calls": "x"},
    ]
    for keep_last in range(len(odd)):
        compacted = compact_messages(odd, CompactionSettings(keep_last), UNAIDED)
        assert compacted is None or compacted.messages[1:] == odd[compacted.archived :]


def test_reasoning_counts_as_tool_work() -> None:
    thought = {"role": "assistant", "content": "c", "reasoning": "r"}
    messages = [user("1"), assistant("2"), user("3"), assistant("4"), user("5"), thought]
    assert split_point(messages, 3) == 4
    assert split_point([*messages[:5], {**thought, "reasoning": None}], 3) == 2


def test_ten_thousand_messages_keep_their_tail() -> None:
    turn = [user("x" * 600 + "\n\n\n\n"), calling("mock_call_1"), result("mock_call_1"), assistant("done")]
    messages = turn * 2500
    for strategy in Strategy:
        compacted = compact_messages(messages, CompactionSettings(strategy=strategy), AIDED)
        assert compacted is not None
        assert compacted.archived == 9988
        assert compacted.messages[1:] == messages[-12:]
    # One turn of ten thousand messages cannot be cut anywhere.
    ids = [str(number) for number in range(5000)]
    assert split_point([*(calling(each) for each in ids), *(result(each) for each in ids)], 10) == 0


@pytest.mark.parametrize("strategy", Strategy)
def test_strategies_go_by_their_names(strategy: Strategy) -> None:
    assert strategy_of(strategy.value) is strategy


def test_a_mask_decides_about_what_is_long_and_nobody_else_said() -> None:
    long = "x" * 500
    messages = [assistant(long), user(long), user("short"), user(long), user(long)]
    seen: list[list[Message]] = []

    def mask(archived: list[Message]) -> list[str | None]:
        seen.append(archived)
        return ["never", "(masked)", "never", None]

    compacted = compact_messages(messages, CompactionSettings(0), Summarizers(never, never, mask))
    assert compacted is not None
    assert seen == [messages]
    assert compacted.summary.splitlines()[1:] == [
        f"[assistant] {long}",
        "(masked)",
        "[user] short",
        f"[user] {long}",
        f"[user] {long}",
    ]


def test_what_is_beyond_the_hard_limit_is_summarized_again() -> None:
    messages = [assistant("x" * 4000), user("last")]
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "gist"

    settings = CompactionSettings(1, hard_limit_tokens=100)
    compacted = compact_messages(messages, settings, Summarizers(ask, never))
    assert compacted is not None
    assert compacted.messages == [user("[auto-compacted 1 older messages]\ngist"), user("last")]
    assert asked[0].endswith(
        "USER: [auto-compacted 1 older messages via observation masking]\n[assistant] " + "x" * 4000
    )
    within = compact_messages(messages, CompactionSettings(1, hard_limit_tokens=2000), UNAIDED)
    assert within is not None and within.archived == 1


def test_compaction_is_due_beyond_the_threshold_only() -> None:
    settings = CompactionSettings(token_threshold=10)
    assert not settings.due([user("x" * 40)])
    assert not settings.due([user("x" * 36)], "y" * 7)
    assert settings.due([user("x" * 36)], "y" * 8)


@given(st.lists(st.text(max_size=20)))
def test_tokens_are_a_quarter_of_the_bytes(texts: list[str]) -> None:
    messages = [user(text) for text in texts]
    assert estimate_tokens(messages) == sum(len(text.encode()) for text in texts) // 4
