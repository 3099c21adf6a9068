"""Compaction as loops ask for it: options, callbacks, the model that sums up, and long outputs of tools."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from session_runs import SessionWorld

from harnpy.agents.loop_compaction import LoopCompaction, joined_summary, read_loop_compaction
from harnpy.agents.sessions import SessionStore
from harnpy.cli.compose import make_runtime
from harnpy.llm.calls import call_options
from harnpy.llm.compaction import CompactionSettings, Strategy
from harnpy.llm.context import CallContext
from harnpy.llm.microcompact import compact_text
from harnpy.llm.state import LlmState
from harnpy.vm.errors import HarnError
from harnpy.vm.fiber import Fiber
from harnpy.vm.values import Value


def user(text: str) -> dict[str, Value]:
    return {"role": "user", "content": text}


TWO = [user("a"), user("b")]


class Loop:
    """A runtime with closures of a program in it, and a fiber as a loop has one."""

    def __init__(self) -> None:
        self.world = SessionWorld()
        self.runtime = make_runtime(world=self.world)
        self.fiber: Fiber = self.runtime.main_fiber()

    def closure(self, source: str) -> Value:
        """The closure that an expression is; a program hands values out only by what it leaves in a session."""
        program = f'agent_session_open("s")\nagent_session_inject("s", {{role: "x", content: {source}}})'
        self.runtime.run(self.runtime.compile(program, "test.harn", use_cache=False))
        return self.runtime.state(SessionStore).messages("s")[-1]["content"]

    def compaction(self, **options: Value) -> LoopCompaction:
        read = read_loop_compaction({"auto_compact": True, **options})
        assert read is not None
        return read


@pytest.fixture
def loop() -> Iterator[Loop]:
    running = Loop()
    yield running
    running.runtime.close()


def test_without_auto_compact_nothing_is_read() -> None:
    for off in ({}, {"auto_compact": False}, {"auto_compact": None}, {"auto_compact": 0}):
        assert read_loop_compaction({**off, "compact_strategy": "zip", "compact_threshold": 1}) is None


def test_options_have_the_defaults_of_the_specification(loop: Loop) -> None:
    expected = CompactionSettings(
        keep_last=12,
        strategy=Strategy.OBSERVATION_MASK,
        token_threshold=48_000,
        tool_output_max_chars=16_000,
        hard_limit_tokens=None,
        hard_limit_strategy=Strategy.LLM,
    )
    assert loop.compaction() == LoopCompaction(expected)
    names = ("compact_threshold", "compact_keep_last", "tool_output_max_chars", "hard_limit_tokens")
    odd: dict[str, Value] = {name: value for name, value in zip(names, ("5", 1.5, True, None))}
    more = dict.fromkeys(("compact_strategy", "hard_limit_strategy", "compact_callback", "mask_callback"))
    assert loop.compaction(**odd, **more, keep_last=1, token_threshold=1) == LoopCompaction(expected)


def test_options_are_read_under_the_names_of_loops(loop: Loop) -> None:
    read = loop.compaction(
        compact_threshold=1,
        compact_keep_last=-2,
        tool_output_max_chars=3,
        compact_strategy="truncate",
        hard_limit_tokens=4,
        hard_limit_strategy="observation_mask",
        compact_callback="c",
        mask_callback="m",
        compress_callback="o",
    )
    expected = CompactionSettings(
        keep_last=0,
        strategy=Strategy.TRUNCATE,
        token_threshold=1,
        tool_output_max_chars=3,
        hard_limit_tokens=4,
        hard_limit_strategy=Strategy.OBSERVATION_MASK,
    )
    assert read == LoopCompaction(expected, "c", "m", "o")


def test_a_callback_alone_means_the_strategy_custom(loop: Loop) -> None:
    assert loop.compaction(compact_callback="c").settings.strategy is Strategy.CUSTOM
    assert loop.compaction(compact_callback="c", compact_strategy=None).settings.strategy is Strategy.CUSTOM
    assert loop.compaction(compact_callback="c", compact_strategy="llm").settings.strategy is Strategy.LLM


@pytest.mark.parametrize("option", ["compact_strategy", "hard_limit_strategy"])
def test_unknown_strategies_are_runtime_errors(loop: Loop, option: str) -> None:
    with pytest.raises(HarnError) as caught:
        loop.compaction(**{option: "zip"})
    assert caught.value.text == (
        "Runtime error: unknown compact_strategy 'zip' (expected 'llm', 'truncate', 'custom', or 'observation_mask')"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"compact_strategy": "custom"}, "compact_callback is required when compact_strategy is 'custom'"),
        ({"compact_callback": 5}, "compact_callback must be a closure when compact_strategy is 'custom'"),
        ({"mask_callback": 5}, "mask_callback must be a closure"),
        ({"compact_strategy": "llm"}, "LLM transcript compaction requires active LLM call options"),
        ({"hard_limit_tokens": 0}, "LLM transcript compaction requires active LLM call options"),
    ],
)
def test_what_a_compaction_lacks_is_an_error_when_it_is_needed(
    loop: Loop, options: dict[str, Any], message: str
) -> None:
    compaction = loop.compaction(compact_keep_last=1, **options)
    assert compaction.compact(loop.fiber, [user("alone")], None) is None
    with pytest.raises(HarnError) as caught:
        compaction.compact(loop.fiber, TWO, None)
    assert caught.value.text == f"Runtime error: {message}"


def test_a_program_writes_its_own_summary(loop: Loop) -> None:
    callback = loop.closure('{ old -> {summary: "${len(old)} of ${old[0].content}"} }')
    compacted = loop.compaction(compact_keep_last=1, compact_callback=callback).compact(loop.fiber, TWO, None)
    assert compacted is not None
    assert compacted.messages == [user("[auto-compacted 1 older messages]\n1 of a"), user("b")]
    assert compacted.archived == 1


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ('["unasked", "M", "unasked"]', ["M", "default"]),
        ('[nil, 5, nil, ""]', ["default", ""]),
        ("[]", ["default", "default"]),
        ('"no list"', ["default", "default"]),
        ("nil", ["default", "default"]),
    ],
)
def test_a_mask_stands_for_long_messages_of_others_only(loop: Loop, answer: str, shown: list[str]) -> None:
    long = "first\n\n\n" + "x" * 600
    default = f"[user] first... [4 lines, {len(long)} chars masked]"
    messages = [{"role": "assistant", "content": long}, user(long), user("short"), user(long)]
    compaction = loop.compaction(compact_keep_last=0, mask_callback=loop.closure(f"{{ old -> {answer} }}"))
    compacted = compaction.compact(loop.fiber, messages, None)
    assert compacted is not None
    lines = [default if each == "default" else each for each in shown]
    expected = [f"[assistant] {long}", lines[0], "[user] short", lines[1]]
    assert compacted.summary == "[auto-compacted 4 older messages via observation masking]\n" + "\n".join(expected)


def test_a_mask_is_asked_once_about_all_that_is_archived_and_not_for_the_hard_limit(loop: Loop) -> None:
    mask = loop.closure("{ old -> println(old.map({ m -> m.content })); [] }")
    compaction = loop.compaction(
        compact_keep_last=1, mask_callback=mask, hard_limit_tokens=0, hard_limit_strategy="observation_mask"
    )
    compacted = compaction.compact(loop.fiber, TWO, None)
    assert compacted is not None
    assert loop.world.output == "[a]\n"
    twice = "[auto-compacted 1 older messages via observation masking]"
    assert compacted.summary == f"{twice}\n[user] {twice}\n[user] a"


def test_a_model_sums_up_with_the_options_of_the_loop_and_none_of_its_demands(loop: Loop) -> None:
    loop.runtime.state(LlmState).mock.register(_mock("  gist\n"))
    options = {
        "provider": "mock",
        "model": "m",
        "temperature": 0.5,
        "tools": [{"name": "f"}],
        "tool_format": "native",
        "tool_choice": "required",
        "response_format": "json",
        "prefill": "p",
    }
    context = CallContext(loop.fiber)
    asked = call_options(context, "the task", "be brief", options)
    compacted = loop.compaction(compact_keep_last=1, compact_strategy="llm").compact(loop.fiber, TWO, asked)
    assert compacted is not None
    assert compacted.messages == [user("[auto-compacted 1 older messages]\ngist"), user("b")]
    (call,) = context.state.mock.calls
    assert (call.system, call.tools) == (None, None)
    (question,) = call.messages
    assert question["role"] == "user"
    assert question["content"].endswith("\n\nArchived message count: 1\n\nConversation:\nUSER: a")


def test_a_model_with_nothing_to_say_is_replaced_by_the_beginnings(loop: Loop) -> None:
    loop.runtime.state(LlmState).mock.register(_mock(" \n"))
    asked = call_options(CallContext(loop.fiber), "the task", None, {"provider": "mock"})
    compacted = loop.compaction(compact_keep_last=1, compact_strategy="llm").compact(loop.fiber, TWO, asked)
    assert compacted is not None
    assert compacted.summary == (
        "[auto-compact fallback: LLM summarizer returned empty; 1 older messages abbreviated to ~500 chars each]\n"
        "[user] a"
    )


def test_the_model_is_asked_again_beyond_the_hard_limit(loop: Loop) -> None:
    loop.runtime.state(LlmState).mock.register(_mock("gist"))
    asked = call_options(CallContext(loop.fiber), "the task", None, {"provider": "mock"})
    messages = [{"role": "assistant", "content": "x" * 4000}, user("b")]
    compacted = loop.compaction(compact_keep_last=1, hard_limit_tokens=100).compact(loop.fiber, messages, asked)
    assert compacted is not None
    assert compacted.summary == "[auto-compacted 1 older messages]\ngist"
    assert compacted.archived == 1


def test_outputs_up_to_the_limit_stay_as_they_are(loop: Loop) -> None:
    fails = loop.closure('{ o -> throw "asked" }')
    compaction = loop.compaction(tool_output_max_chars=200, compress_callback=fails)
    assert compaction.shortened_output(loop.fiber, "f", "é" * 100) == "é" * 100
    assert compaction.shortened_output(loop.fiber, "f", "é" * 101) != "é" * 101


def test_a_program_may_shorten_outputs_itself(loop: Loop) -> None:
    callback = loop.closure('{ o -> "${o.tool_name} ${len(o.output)} ${o.max_chars} ${len(o)}" }')
    compaction = loop.compaction(tool_output_max_chars=200, compress_callback=callback)
    assert compaction.shortened_output(loop.fiber, "grep", "x" * 300) == "grep 300 200 3"


@pytest.mark.parametrize("source", ['{ o -> "" }', "{ o -> nil }", "{ o -> 5 }", '{ o -> throw "no" }', '"no closure"'])
def test_a_compressor_that_does_not_help_is_not_needed(loop: Loop, source: str) -> None:
    compaction = loop.compaction(tool_output_max_chars=200, compress_callback=loop.closure(source))
    output = "\n".join(f"line {number}" for number in range(100))
    assert compaction.shortened_output(loop.fiber, "grep", output) == compact_text(output, 200)
    assert "characters snipped" in compact_text(output, 200)


@pytest.mark.parametrize(
    ("old", "joined"),
    [(None, "new"), ("", "new"), (" \n", "new"), ("new", "new"), ("old", "old\n\nnew")],
)
def test_summaries_add_up(old: str | None, joined: str) -> None:
    assert joined_summary(old, "new") == joined


def _mock(text: str) -> Any:
    from harnpy.llm.mock import read_mock_answer

    return read_mock_answer({"text": text})
