"""The mock provider as programs use it."""

from __future__ import annotations

import pytest
from programs import run

from harnpy.llm.mock import pattern_fits
from harnpy.llm.observe import CallDelta
from harnpy.vm.errors import HarnError


def test_queued_answers_come_first_then_patterns_then_the_default() -> None:
    program = """
    llm_mock({text: "one"})
    llm_mock({text: "two"})
    llm_mock({text: "pattern", match: "*hi*"})
    for prompt in ["x", "hi", "say hi now", "x"] { println(llm_call(prompt).prose) }
    """
    assert run(program).lines == ["one", "two", "pattern", "Mock response to 1-word prompt: x"]


def test_the_latest_pattern_that_fits_answers_again_and_again() -> None:
    program = """
    llm_mock({text: "old", match: "*"})
    llm_mock({text: "new", match: "a*"})
    for prompt in ["ab", "ab", "b"] { println(llm_call(prompt).text) }
    """
    assert run(program).lines == ["new", "new", "old"]


def test_the_default_answer_echoes_the_prompt_in_tags() -> None:
    program = """
    let r = llm_call("a b")
    println(r.text)
    println(r.prose)
    println("${r.input_tokens} ${r.output_tokens} ${r.model} ${r.provider} ${r.thinking} ${r.stop_reason}")
    println(llm_call("").prose)
    println(llm_call("é").input_tokens)
    """
    assert run(program).lines == [
        "<assistant_prose>Mock response to 2-word prompt: a b</assistant_prose>",
        "Mock response to 2-word prompt: a b",
        "3 30 mock mock nil nil",
        "Mock LLM response",
        "2",
    ]


def test_the_default_answer_says_done_where_the_system_prompt_asks_for_it() -> None:
    program = """
    let r = llm_call("x", "end with ##DONE##")
    println(r.text)
    println(r.done_marker)
    """
    assert run(program).lines[1:] == ["<done>##DONE##</done>", "##DONE##"]


def test_the_default_echo_is_cut_after_a_hundred_characters() -> None:
    assert run('println(llm_call("é".repeat(150)).prose)').output.strip().endswith(": " + "é" * 100)


def test_the_default_answer_calls_the_first_tool_with_neutral_arguments() -> None:
    program = """
    let tools = [{name: "f", parameters: {a: "int", b: "bool", c: "list", d: "dict", e: "float", f: "string",
      g: {type: "int", required: false}}}, {name: "other"}]
    let r = llm_call("x", nil, {tools: tools})
    println(r.tool_calls)
    println(r.text == "")
    println(r.output_tokens)
    """
    assert run(program).lines == [
        "[{arguments: {a: 0, b: false, c: [], d: {}, e: 0.0, f: }, id: mock_call_1, name: f, type: tool_call}]",
        "true",
        "20",
    ]


def test_an_empty_tool_list_gets_the_default_text() -> None:
    assert run('println(llm_call("x", nil, {tools: []}).prose)').lines == ["Mock response to 1-word prompt: x"]


def test_a_scripted_answer_has_everything_that_was_configured() -> None:
    program = """
    llm_mock({text: "t", input_tokens: 1, output_tokens: 2, thinking: "why", stop_reason: "end", model: "m",
      tool_calls: [{name: "f", arguments: {a: 1}}, "ignored", {}]})
    let r = llm_call("xyz")
    println("${r.input_tokens} ${r.output_tokens} ${r.thinking} ${r.private_reasoning} ${r.stop_reason} ${r.model}")
    println(r.tool_calls)
    println(r.blocks.map({ b -> b.type }))
    println(r.transcript.events.map({ e -> e.kind }))
    """
    assert run(program).lines == [
        "1 2 why why end m",
        "[{arguments: {a: 1}, id: mock_call_1, name: f, type: tool_call}, "
        "{arguments: {}, id: mock_call_2, name: unknown, type: tool_call}]",
        "[output_text, tool_call, tool_call]",
        "[message, message, provider_payload, private_reasoning]",
    ]


def test_a_scripted_answer_has_default_token_counts() -> None:
    program = """
    llm_mock({text: "t"})
    let r = llm_call("xyz")
    println("${r.input_tokens} ${r.output_tokens}")
    """
    assert run(program).lines == ["3 30"]


def test_a_scripted_error_surfaces_without_retries() -> None:
    program = """
    llm_mock({error: {category: "overloaded", message: "529 overloaded"}})
    try { llm_call("x", nil, {llm_retries: 0}) } catch (e) {
      println(e)
      println(error_category(e))
    }
    """
    assert run(program).lines == ["Error [overloaded]: 529 overloaded", "overloaded"]


def test_scripted_errors_are_retried_with_backoff() -> None:
    program = """
    llm_mock({error: {category: "overloaded", message: "busy"}})
    llm_mock({error: {category: "rate_limit", message: "slow (retry-after: 3)"}})
    llm_mock({text: "at last"})
    println(llm_call("x").text)
    println(llm_mock_calls().count())
    """
    finished = run(program)
    assert finished.lines == ["at last", "3"]
    assert finished.waits == [4.0, 3.0]
    assert finished.errors.splitlines() == [
        "[harn] warning: LLM call failed (Error [overloaded]: busy), retrying in 4000ms (attempt 1/2)",
        "[harn] warning: LLM call failed (Error [rate_limit]: slow (retry-after: 3)), retrying in 3000ms (attempt 2/2)",
    ]


def test_a_scripted_error_with_a_pattern_is_raised_every_time() -> None:
    program = """
    llm_mock({match: "bad*", error: {category: "auth", message: "no"}})
    println(llm_call_safe("bad one").error)
    println(llm_call_safe("bad two").error)
    println(llm_call_safe("good").ok)
    """
    assert run(program).lines == ["{category: auth, message: no}"] * 2 + ["true"]


def test_calls_are_recorded_in_wire_form() -> None:
    program = """
    llm_call("a", "s", {tools: [{name: "f", parameters: {}}]})
    llm_call("b")
    llm_call("c", nil, {tools: []})
    let calls = llm_mock_calls()
    println(calls[0].messages)
    println(calls[0].system)
    println(calls[0].tools[0].function.name)
    println(calls[1].system)
    println(calls[1].tools)
    println(calls[2].tools)
    """
    assert run(program).lines == ["[{content: a, role: user}]", "s", "f", "nil", "nil", "[]"]


def test_clearing_forgets_answers_and_calls() -> None:
    program = """
    llm_mock({text: "a"})
    llm_mock({text: "b", match: "*"})
    llm_call("x")
    llm_mock_clear()
    println(llm_mock_calls())
    println(llm_call("x").prose)
    """
    assert run(program).lines == ["[]", "Mock response to 1-word prompt: x"]


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ('"x"', "llm_mock: expected a dict argument"),
        ("", "llm_mock: expected a dict argument"),
        ('{error: "x"}', "llm_mock: error must be a dict {category, message}"),
        ("{error: {}}", "llm_mock: error.category is required"),
        ('{error: {category: ""}}', "llm_mock: error.category is required"),
        ('{error: {category: "odd"}}', "llm_mock: unknown error category `odd`"),
    ],
)
def test_a_config_that_cannot_be_meant_is_refused(config: str, text: str) -> None:
    with pytest.raises(HarnError) as caught:
        run(f"llm_mock({config})")
    assert caught.value.text == f"Runtime error: {text}"


def test_a_missing_error_message_is_empty() -> None:
    program = """
    llm_mock({error: {category: "auth"}})
    println(llm_call_safe("x").error)
    """
    assert run(program).lines == ["{category: auth, message: }"]


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("abc", "abc", True),
        ("abc", "abcd", False),
        ("*", "", True),
        ("a*", "abc", True),
        ("*c", "abc", True),
        ("a*c", "abc", True),
        ("a*b*c", "axxbxxc", True),
        ("a*b*c", "acb", False),
        ("ab*bc", "abc", False),
        ("*a*b*", "xaxbx", True),
        ("*a*b*", "xbxax", False),
        ("a**b", "ab", True),
        ("A*", "abc", False),
        ("", "", True),
    ],
)
def test_patterns(pattern: str, text: str, fits: bool) -> None:
    assert pattern_fits(pattern, text) is fits


def test_the_mock_answers_are_announced_as_one_piece() -> None:
    finished = run('llm_mock({text: "whole"})\nllm_call("x")', watch=True)
    assert [event.text for event in finished.events if isinstance(event, CallDelta)] == ["whole"]


def test_a_mock_stream_gives_the_words_of_the_prompt() -> None:
    program = """
    for chunk in llm_stream("Say  hello\\nworld") { println(chunk) }
    println("end")
    """
    assert run(program).lines == ["Say", "hello", "world", "end"]


def test_a_mock_stream_of_nothing_ends_at_once() -> None:
    assert run('for chunk in llm_stream("") { println(chunk) }\nprintln("end")').lines == ["end"]


def test_a_mock_stream_may_have_more_words_than_the_channel_has_room() -> None:
    assert run('var n = 0\nfor chunk in llm_stream("w ".repeat(200)) { n = n + 1 }\nprintln(n)').lines == ["200"]


def test_a_mock_stream_is_neither_scripted_nor_recorded() -> None:
    program = """
    llm_mock({text: "queued"})
    println(receive(llm_stream("a")))
    println(llm_mock_calls())
    """
    assert run(program).lines == ["a", "[]"]
