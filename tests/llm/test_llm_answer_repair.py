"""Answers that are almost what was asked for are mended; those that are plainly not get their nudge and their error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import run

from harnpy.llm.answer_repair import NotMended, mended_answer
from harnpy.llm.tolerant_json import documents
from harnpy.vm.patterns import PatternCache

# The machine may be busy; nothing here is about time.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

OBJECT = {"type": "dict", "required": ["k"], "properties": {"k": {"type": "string"}}}


def read(text: str, *, cut_short: bool = False) -> list[Any]:
    return list(documents(text, cut_short=cut_short))


def mend(text: str, schema: dict[str, Any], *found: Any, stop_reason: str | None = None) -> Any:
    result: Any = {"text": text, "tool_calls": [], "stop_reason": stop_reason}
    return mended_answer(result, found, schema, PatternCache())


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('{"a": 1,}', {"a": 1}),
        ("[1, 2,]", [1, 2]),
        ("{'a': 'x'}", {"a": "x"}),
        ("{a: 1, $b-c: 2}", {"a": 1, "$b-c": 2}),
        ("{“a”: “b”}", {"a": "b"}),
        ('{"a": True, "b": False, "c": None}', {"a": True, "b": False, "c": None}),
        ('{"a": 1 // one\n, /* two */ "b": 2 # three\n}', {"a": 1, "b": 2}),
        ('{"a": [1, {"b": 2', {"a": [1, {"b": 2}]}),
        ('{"a": [1, 2}', {"a": [1, 2]}),
        ('[{"a": 1, "b": [2]]', [{"a": 1, "b": [2]}]),
        ('```json\n{"a": [1\n```\nDone.', {"a": [1]}),
        ('{"a": "x" "b": "y"}', {"a": "x", "b": "y"}),
        ('[{"a": 1} {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}),
        (r'{"path": "C:\dir", "re": "\d+", "q": "\"", "u": "\u00e4", "n": "\n"}', None),
        ('{"a": +1, "b": .5, "c": 5., "d": -2e3}', {"a": 1, "b": 0.5, "c": 5.0, "d": -2000.0}),
        ("{'it': \"it's\"}", {"it": "it's"}),
        (r"{'it': 'it\'s'}", {"it": "it's"}),
    ],
)
def test_what_models_write_is_read(text: str, document: Any) -> None:
    if document is None:
        document = {"path": "C:\\dir", "re": "\\d+", "q": '"', "u": "ä", "n": "\n"}
    assert read(text) == [document]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": }',
        '{"a": "open',
        '{"a": "he said "hi" to me"}',
        '{"a": 12 apples}',
        '{"amount": 1,234}',
        '{"a": yes}',
        '{"a": tru',
        '{"a": -}',
        '{"a": 0x10}',
        '{"a": 007}',
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a" 1}',
        "[1, 2, ...]",
        "see [note] and {this}",
        '{"a": 1',
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    assert read(text, cut_short=True) == []
    assert read(text) in ([], [{"a": 1}])


def test_documents_are_found_between_words_and_not_inside_each_other() -> None:
    assert read("First [1, {'a': 2}], then {b: 3}, not {this}.") == [[1, {"a": 2}], {"b": 3}]


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(blacklist_categories=("Cs",)), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@UNTIMED
@given(_JSON.filter(lambda value: isinstance(value, (dict, list))), st.booleans())
def test_strict_json_reads_as_itself(document: Any, ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only)
    read_back = read(text)
    assert json.dumps(read_back) == json.dumps([json.loads(text)])


@UNTIMED
@given(st.text("{}[]\"':,/*#\\ntru1e.-“”` ", max_size=60))
def test_any_text_is_read_or_not_and_nothing_breaks(text: str) -> None:
    for document in read(text):
        assert isinstance(document, dict | list)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        "{" * 50_000 + "}" * 50_000,
        "/*" * 100_000,
        '{"a":"' + "\\" * 200_000,
        "[1," * 50_000,
        '{"a": "' + '"x' * 50_000,
    ],
)
def test_hostile_text_comes_to_an_end(text: str) -> None:
    # A reader that goes back takes very long for these, and the limit of the test run ends it.
    assert read(text) is not None


# --- fitting ---------------------------------------------------------------------------------------------------------


def field(schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"type": "dict", "required": ["f"] if required else [], "properties": {"f": schema}}


@pytest.mark.parametrize(
    ("schema", "value", "meant"),
    [
        ({"type": "int"}, "3", 3),
        ({"type": "int"}, " -3 ", -3),
        ({"type": "number"}, "3.5", 3.5),
        ({"type": "bool"}, "True", True),
        ({"type": "list"}, "a", ["a"]),
        ({"type": "list", "items": {"type": "int"}}, "3", [3]),
        ({"type": "list", "items": {"type": "int"}}, ["1", 2], [1, 2]),
        ({"type": "list"}, "[1, 2]", [1, 2]),
        ({"type": "dict"}, '{"a": 1}', {"a": 1}),
        ({"type": "string", "enum": ["Pass", "fail"]}, " PASS", "Pass"),
        ({"const": "yes"}, "Yes", "yes"),
        ({"type": ["integer", "null"]}, "3", 3),
        ({"union": [{"type": "bool"}, {"type": "int"}]}, "4", 4),
        ({"all_of": [{"type": "int"}, {"min": 2}]}, "4", 4),
    ],
)
def test_a_value_takes_the_form_that_was_asked_for(schema: dict[str, Any], value: Any, meant: Any) -> None:
    document = {"f": value}
    assert mend(json.dumps(document), field(schema), document) == {"f": meant}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, 42),
        ({"type": "number"}, 3),
        ({"type": "int"}, 3.0),
        ({"type": "int"}, "three"),
        ({"type": "int"}, "3.0"),
        ({"type": "bool"}, "yes"),
        ({"type": "bool"}, 1),
        ({"type": "int"}, True),
        ({"type": "list"}, None),
        ({"type": "string", "enum": ["pass", "fail"]}, "maybe"),
        ({"type": "string", "enum": ["Go", "go"]}, "GO"),
        ({"type": "int", "max": 2}, "3"),
    ],
)
def test_what_is_plainly_wrong_stays_wrong(schema: dict[str, Any], value: Any) -> None:
    with pytest.raises(NotMended):
        mend(json.dumps({"f": value}), field(schema), {"f": value})


def test_a_null_for_a_key_that_need_not_be_there_goes() -> None:
    assert mend("", field({"type": "int"}, required=False), {"f": None, "g": 1}) == {"g": 1}
    with pytest.raises(NotMended):
        mend("", field({"type": "int"}), {"f": None})


def test_references_are_followed_in_both_fitting_and_validation() -> None:
    tree = {
        "$ref": "#/definitions/tree",
        "definitions": {
            "tree": {
                "type": "dict",
                "required": ["n"],
                "properties": {
                    "n": {"type": "int"},
                    "kids": {"type": "list", "items": {"union": [{"$ref": "#/definitions/tree"}, {"type": "bool"}]}},
                },
            }
        },
    }
    answer = {"n": "1", "kids": [{"n": "2"}, "true", {"n": 3}]}
    assert mend("", tree, answer) == {"n": 1, "kids": [{"n": 2}, True, {"n": 3}]}


def test_deep_unions_are_left_as_they_are() -> None:
    schema: dict[str, Any] = {"type": "int"}
    value: Any = "wrong"
    for _ in range(8):
        schema = {"union": [{"type": "list", "items": schema}, {"type": "list", "items": {**schema}}]}
        value = [value]
    with pytest.raises(NotMended):
        mend("", schema, value)


# --- choosing --------------------------------------------------------------------------------------------------------


def test_the_one_document_that_conforms_is_taken() -> None:
    assert mend("Given {x: 1}, I say {k: 'v',}", OBJECT) == {"k": "v"}


def test_of_two_that_differ_none_is_taken_and_the_same_twice_is_one() -> None:
    with pytest.raises(NotMended):
        mend("{k: 'v'} or {k: 'w'}", OBJECT)
    assert mend("{k: 'v'}, that is {'k': 'v'}", OBJECT) == {"k": "v"}


def test_a_part_of_a_document_is_not_taken_for_the_whole() -> None:
    with pytest.raises(NotMended):
        mend('{"result": {"k": "v"}}', OBJECT, {"result": {"k": "v"}})


@pytest.mark.parametrize("reason", ["length", "max_tokens"])
def test_an_answer_that_was_cut_short_is_not_completed(reason: str) -> None:
    assert mend('{"k": "v", "list": [1', OBJECT, stop_reason="stop") == {"k": "v", "list": [1]}
    with pytest.raises(NotMended):
        mend('{"k": "v", "list": [1', OBJECT, stop_reason=reason)


def test_the_bare_word_of_a_classification_is_read() -> None:
    assert mend(" Positive.\n", {"type": "string", "enum": ["positive", "negative"]}) == "positive"


def test_a_malformed_schema_mends_nothing() -> None:
    with pytest.raises(NotMended):
        mend("{k: 'v'}", {"type": "dict", "properties": {"k": 5}})


# --- calls -----------------------------------------------------------------------------------------------------------

SCHEMA = '{type: "dict", required: ["k"], properties: {k: {type: "string"}}}'
OPTIONS = f'{{provider: "mock", output_schema: {SCHEMA}, output_validation: "error", schema_retries: 2}}'


def test_a_mended_answer_is_not_asked_for_again_and_says_so() -> None:
    program = f"""
    llm_mock({{text: "Sure: {{k: 'v',}}"}})
    let r = llm_call("x", nil, {OPTIONS})
    println("${{r.data}} ${{r.data_repaired}} ${{r.text}} ${{len(llm_mock_calls())}}")
    """
    assert run(program).output == "{k: v} true Sure: {k: 'v',} 1\n"


def test_a_conforming_answer_says_nothing_of_repair() -> None:
    program = f"""
    llm_mock({{text: "{{\\"k\\": \\"v\\"}}"}})
    let r = llm_call("x", nil, {OPTIONS})
    let said = contains(keys(r), "data_repaired")
    println("${{r.data}} ${{r.data_repaired}} ${{said}}")
    """
    assert run(program).output == "{k: v} nil false\n"


def test_without_a_schema_nothing_is_mended() -> None:
    program = """
    llm_mock({text: "{k: 'v',}"})
    println(llm_call("x", nil, {response_format: "json"}).data)
    """
    assert run(program).output == "nil\n"


def test_a_plainly_wrong_answer_still_gets_its_nudge() -> None:
    program = f"""
    llm_mock({{text: "{{\\"z\\":1}}"}})
    llm_mock({{text: "{{\\"k\\":\\"v\\"}}"}})
    let r = llm_call("x", nil, {OPTIONS})
    println("${{r.data}} ${{len(llm_mock_calls())}} ${{r.data_repaired}}")
    println(llm_mock_calls()[1].messages[2].content)
    """
    lines = run(program).lines
    assert lines[0] == "{k: v} 2 nil"
    assert lines[1] == "Your previous response did not match the required JSON schema."
    assert lines[2] == "Validation errors: at root: missing required key 'k'."
