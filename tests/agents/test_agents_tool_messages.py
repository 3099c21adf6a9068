"""Tool calls and results as messages in the shape of each provider."""

from __future__ import annotations

import pytest

from harnpy.agents.tool_messages import assistant_calls, tool_result
from harnpy.llm.deltas import RawResult, ToolCall
from harnpy.llm.normalize import assistant_message
from harnpy.llm.providers.styles import Style

CALLS: list[ToolCall] = [
    {"id": "t1", "name": "look", "arguments": {"b": 1, "a": "ä"}},
    {"id": "t2", "name": "run", "arguments": {}},
]
USES = [
    {"type": "tool_use", "id": "t1", "name": "look", "input": {"b": 1, "a": "ä"}},
    {"type": "tool_use", "id": "t2", "name": "run", "input": {}},
]


def test_anthropic_takes_calls_as_blocks_behind_the_text() -> None:
    text = {"type": "text", "text": "Hm."}
    assert assistant_calls(Style.ANTHROPIC, "Hm.", CALLS) == {"role": "assistant", "content": [text, *USES]}
    assert assistant_calls(Style.ANTHROPIC, "", CALLS) == {"role": "assistant", "content": USES}


@pytest.mark.parametrize("style", [Style.OPENAI, Style.OLLAMA, Style.EMBEDDED])
def test_the_others_take_calls_beside_the_text(style: Style) -> None:
    assert assistant_calls(style, "", CALLS) == {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "t1", "type": "function", "function": {"name": "look", "arguments": '{"a":"ä","b":1}'}},
            {"id": "t2", "type": "function", "function": {"name": "run", "arguments": "{}"}},
        ],
    }


def test_sealed_thinking_goes_back_as_it_came() -> None:
    sealed = [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, *USES]
    message = assistant_calls(Style.ANTHROPIC, "", CALLS, wire_content=sealed, reasoning="Hm.")
    assert message == {"role": "assistant", "content": sealed, "reasoning": "Hm."}


@pytest.mark.parametrize("style", list(Style))
def test_the_message_of_a_loop_is_that_of_a_single_call(style: Style) -> None:
    result: RawResult = {
        "text": "Hm.",
        "tool_calls": CALLS,
        "input_tokens": 1,
        "output_tokens": 1,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "model": "m",
        "provider": "p",
        "thinking": "I think",
        "stop_reason": None,
        "blocks": [],
    }
    assert assistant_calls(style, "Hm.", CALLS, reasoning="I think") == assistant_message(style, result)


def test_results_answer_a_call_by_its_id() -> None:
    block = {"type": "tool_result", "tool_use_id": "t1", "content": "out"}
    assert tool_result(Style.ANTHROPIC, "t1", "out") == {"role": "user", "content": [block]}
    for style in (Style.OPENAI, Style.OLLAMA, Style.EMBEDDED):
        assert tool_result(style, "t1", "out") == {"role": "tool", "tool_call_id": "t1", "content": "out"}
