"""Structured output: JSON is found, validated, asked for again, given up on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import run

from harnpy.llm.json_values import compact_json
from harnpy.llm.observe import SchemaRetry
from harnpy.llm.structured import extract_json
from harnpy.vm.errors import Category, HarnError

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(blacklist_categories=("Cs",)), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab{}[]\"'", max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON.filter(lambda value: isinstance(value, (dict, list))))
def test_a_document_is_found_between_words(document: object) -> None:
    assert extract_json(f"Here you are: {compact_json(document)} - anything else?") == document


@given(_JSON.filter(lambda value: isinstance(value, (dict, list))))
def test_a_document_that_is_the_whole_answer_is_found(document: object) -> None:
    assert extract_json(f"\n {compact_json(document)} \n") == document


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ("text\n```\n[1]\n``` more {}", [1]),
        ('```{"a": 1}```', {"a": 1}),
        ('```json\n{"a": 1}', {"a": 1}),
        ('[{"a": 1}, {"b": 2}]', [{"a": 1}, {"b": 2}]),
        ('the list [1, 2] and {"a": 1}', [1, 2]),
        ('see [note] {"a": "}"}', {"a": "}"}),
        ('{"code": "```py\\nx\\n```"}', {"code": "```py\nx\n```"}),
        (" 5 ", 5),
        ('"s"', "s"),
    ],
)
def test_documents_in_answers(text: str, document: object) -> None:
    assert extract_json(text) == document


@pytest.mark.parametrize("text", ["", "no json", "{oops}", "```json\nnothing\n```", '{"a": ', "NaN"])
def test_answers_without_a_document(text: str) -> None:
    with pytest.raises(ValueError):
        extract_json(text)


SCHEMA = '{type: "dict", required: ["k"], properties: {k: {type: "string"}}}'


def test_data_is_the_parsed_answer() -> None:
    program = """
    llm_mock({text: "Sure: {\\"k\\": [1, 2.5, nil]}"})
    llm_mock({text: "Sure: {\\"k\\": [1, 2.5, null]}"})
    println(llm_call("x", nil, {response_format: "json"}).data)
    println(llm_call("x", nil, {response_format: "json"}).data)
    println(llm_call("x").data)
    """
    assert run(program).lines == ["nil", "{k: [1, 2.5, nil]}", "nil"]


def test_halves_of_characters_and_numbers_out_of_range_do_not_get_into_data() -> None:
    program = r"""
    llm_mock({text: "{\"k\": \"\\ud83d\\ude00 \\ud800\"}"})
    println(llm_call("x", nil, {response_format: "json"}).data.k)
    llm_mock({text: "{k: \"\\ud83d\\ude00 \\ud800\",}"})
    println(llm_call("x", nil, {schema: {type: "dict", required: ["k"]}}).data.k)
    for text in ["{\"k\": 1e400}", "{\"k\": \"1e400\"}"] {
      llm_mock({text: text})
      let r = llm_call("x", nil, {schema: {type: "dict", properties: {k: {type: "float"}}}, schema_retries: 0})
      println(r.data)
    }
    """
    assert run(program).lines == ["😀 \ufffd", "😀 \ufffd", "nil", "{k: 1e400}"]


def test_an_answer_that_does_not_conform_is_asked_for_again_with_a_nudge() -> None:
    program = f"""
    llm_mock({{text: "{{\\"z\\":1}}"}})
    llm_mock({{text: "{{\\"k\\":\\"v\\"}}"}})
    let r = llm_call("give", nil, {{schema: {SCHEMA}, output_validation: "error", schema_retries: 2}})
    println(r.data.k)
    let calls = llm_mock_calls()
    println(calls.count())
    println(calls[1].messages.map({{ m -> m.role }}))
    println(calls[1].messages[1].content)
    println(calls[1].messages[2].content)
    println(r.transcript.messages.count())
    """
    finished = run(program, watch=True)
    assert finished.lines[:8] == [
        "v",
        "2",
        "[user, assistant, user]",
        '{"z":1}',
        "Your previous response did not match the required JSON schema.",
        "Validation errors: at root: missing required key 'k'.",
        "Required keys: k.",
        "Allowed top-level keys: k.",
    ]
    assert finished.lines[-1] == "4"
    assert [event for event in finished.events if isinstance(event, SchemaRetry)] == [
        SchemaRetry(1, ("at root: missing required key 'k'",), nudge_used=True)
    ]


def test_without_retries_the_error_says_how_to_get_some() -> None:
    program = f"""
    llm_mock({{text: "{{\\"z\\":1}}"}})
    let r = try {{ llm_call("x", nil, {{schema: {SCHEMA}, output_validation: "error", schema_retries: 0}}) }}
    println(unwrap_err(r))
    println(llm_mock_calls().count())
    """
    text, count = run(program).lines
    assert text.startswith(
        "Error [schema_validation]: LLM output failed schema validation: at root: missing required key 'k' "
        "(hint: set `schema_retries: N` "
    )
    assert count == "1"


def test_after_all_retries_the_error_says_that_they_are_exhausted() -> None:
    program = f"""
    llm_mock({{text: "{{\\"z\\":1}}", match: "*"}})
    llm_call("x", nil, {{output_schema: {SCHEMA}, output_validation: "error"}})
    """
    with pytest.raises(HarnError) as caught:
        run(program)
    assert caught.value.category is Category.SCHEMA_VALIDATION
    assert " (hint: schema_retries budget exhausted" in caught.value.message


def test_with_validation_off_the_retries_still_happen_and_the_answer_is_returned() -> None:
    program = f"""
    llm_mock({{text: "{{\\"z\\":1}}", match: "*"}})
    println(llm_call("x", nil, {{schema: {SCHEMA}}}).data)
    println(llm_mock_calls().count())
    """
    finished = run(program)
    assert finished.lines == ["{z: 1}", "2"]
    assert finished.errors == ""


def test_with_validation_warn_the_answer_is_returned_with_a_warning() -> None:
    program = f"""
    llm_mock({{text: "{{\\"z\\":1}}", match: "*"}})
    println(llm_call("x", nil, {{schema: {SCHEMA}, output_validation: "warn"}}).data)
    """
    finished = run(program)
    assert finished.lines == ["{z: 1}"]
    assert finished.errors.startswith("[harn] warning: LLM output failed schema validation: at root: missing")


def test_a_disabled_nudge_means_no_retry() -> None:
    program = f"""
    llm_mock({{text: "{{\\"z\\":1}}", match: "*"}})
    llm_call("x", nil, {{schema: {SCHEMA}, schema_retries: 5, schema_retry_nudge: false}})
    println(llm_mock_calls().count())
    """
    assert run(program).lines == ["1"]


def test_a_nudge_of_ones_own_is_sent_verbatim() -> None:
    program = f"""
    llm_mock({{text: "{{\\"z\\":1}}", match: "*"}})
    llm_call("x", nil, {{schema: {SCHEMA}, schema_retry_nudge: "Try harder."}})
    println(llm_mock_calls()[1].messages[2].content)
    """
    assert run(program).lines == ["Try harder.", "", "Validation errors: at root: missing required key 'k'"]


def test_messages_accumulate_over_the_retries() -> None:
    program = f"""
    llm_mock({{text: "{{\\"z\\":1}}", match: "*"}})
    llm_call("x", nil, {{schema: {SCHEMA}, schema_retries: 2}})
    println(llm_mock_calls().map({{ c -> c.messages.count() }}))
    """
    assert run(program).lines == ["[1, 3, 5]"]


def test_an_answer_without_json_is_a_validation_failure() -> None:
    program = f"""
    llm_mock({{text: "I would rather not."}})
    llm_mock({{text: "{{\\"k\\":\\"v\\"}}"}})
    println(llm_call("x", nil, {{schema: {SCHEMA}}}).data)
    println(llm_mock_calls()[1].messages[2].content.contains("response did not contain parseable JSON"))
    """
    assert run(program).lines == ["{k: v}", "true"]


def test_an_answer_without_json_ends_in_an_error_where_errors_are_wanted() -> None:
    program = """
    llm_mock({text: "no", match: "*"})
    println(llm_call_safe("x", nil, {response_format: "json", output_validation: "error"}).error.category)
    println(llm_call_safe("x", nil, {response_format: "json"}).response.data)
    """
    assert run(program).lines == ["schema_validation", "nil"]


def test_a_tool_call_instead_of_an_answer_is_no_failure() -> None:
    program = f"""
    llm_mock({{tool_calls: [{{name: "f", arguments: {{}}}}]}})
    let r = llm_call("x", nil, {{schema: {SCHEMA}, output_validation: "error", tools: [{{name: "f"}}]}})
    println(r.tool_calls.count())
    println(llm_mock_calls().count())
    """
    assert run(program).lines == ["1", "1"]


def test_a_type_alias_is_a_schema() -> None:
    program = """
    type G = {verdict: "pass" | "fail"}
    llm_mock({text: "{\\"verdict\\":\\"maybe\\"}", match: "*"})
    llm_call("x", nil, {output_schema: G})
    println(llm_mock_calls()[1].messages[2].content)
    """
    assert run(program).lines[1:4] == [
        "Validation errors: at verdict: value must be one of [pass, fail].",
        "Required keys: verdict.",
        "Allowed top-level keys: verdict.",
    ]


def test_a_malformed_schema_is_the_one_error() -> None:
    program = """
    llm_mock({text: "{\\"a\\": 1}"})
    println(llm_call_safe("x", nil, {schema: {properties: {a: 5}}, schema_retries: 0, output_validation: "error"}).error.message)
    """
    assert run(program).output.startswith("LLM output failed schema validation: schema must be a dict (hint: ")


def test_ints_are_no_floats_and_defaults_are_not_applied() -> None:
    program = """
    llm_mock({text: "{\\"n\\": 1}", match: "*"})
    let schema = {type: "dict", properties: {n: {type: "float"}, m: {type: "int", default: 5}}}
    let r = llm_call("x", nil, {schema: schema, schema_retries: 0, output_validation: "warn"})
    println(r.data)
    """
    finished = run(program)
    assert finished.lines == ["{n: 1}"]
    assert "at n: expected type 'float', got 'int'" in finished.errors
