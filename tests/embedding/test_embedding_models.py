"""Model calls of embedded programs: scripted answers, budgets, events."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import harnpy

ASK = 'pipeline default(task) { return [llm_call("a").text, llm_call("b").text] }'


def test_scripted_answers_are_given_in_order() -> None:
    assert harnpy.run(ASK, llm_mock=["one", {"text": "two"}]).value == ["one", "two"]


def test_scripted_answers_can_go_by_what_is_asked() -> None:
    answers = [{"match": "*b*", "text": "B"}, {"match": "*a*", "text": "A"}]
    assert harnpy.run(ASK, llm_mock=answers).value == ["A", "B"]


def test_a_used_up_script_is_an_error() -> None:
    with pytest.raises(harnpy.HarnError, match="used up"):
        harnpy.run(ASK, llm_mock=["one"])


def test_answers_that_are_none_are_refused() -> None:
    with pytest.raises((ValueError, TypeError)):
        harnpy.run(ASK, llm_mock=[7])  # type: ignore[list-item]


def test_events_of_model_calls_are_told() -> None:
    events: list[Any] = []
    harnpy.run(ASK, llm_mock=["one", "two"], on_event=events.append)
    names = [type(event).__name__ for event in events]
    assert names.count("CallStarted") == names.count("CallSucceeded") == 2


def test_a_budget_keeps_calls_from_being_sent() -> None:
    assert harnpy.run("pipeline default(task) { return llm_budget_remaining() }", budget=0.25).value == 0.25
    nobody = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    with pytest.raises(harnpy.HarnError, match=r"[Bb]udget"):
        harnpy.run('llm_call("a", nil, {provider: "openai", model: "gpt-4o"})', budget=0.000001, env=nobody)


def test_runtimes_on_one_loop_have_answers_of_their_own() -> None:
    async def main() -> list[Any]:
        runs = (harnpy.run_async(ASK, llm_mock=[f"{n}a", f"{n}b"]) for n in range(3))
        return [result.value for result in await asyncio.gather(*runs)]

    assert asyncio.run(main()) == [[f"{n}a", f"{n}b"] for n in range(3)]
