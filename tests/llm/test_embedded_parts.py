"""What surrounds an embedded model and needs none: requests, schemas for its grammar, stop sequences, error texts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import run

from harnpy.llm.providers.embedded import available_models, generation
from harnpy.llm.providers.embedded_schema import LONGEST_LIST, LONGEST_TEXT, answer_schema
from harnpy.llm.providers.stop_finder import StopFinder
from harnpy.vm.errors import HarnError


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_cpp", None)


@pytest.mark.usefixtures("without_the_extra")
@pytest.mark.parametrize("call", ['llm_call("Hi")', 'llm_stream("Hi")'])
def test_without_the_extra_a_call_says_what_to_install(call: str) -> None:
    done = run(f"println(unwrap_err(try {{ {call} }}))", {"HARN_LLM_PROVIDER": "embedded"})
    assert done.lines == ["provider 'embedded' needs the extra: pip install 'harnpy[local]'"]
    assert done.waits == []  # nothing is gained by trying that again


@given(st.text("abc<>", max_size=40), st.lists(st.text("abc<>", min_size=1, max_size=4), max_size=3), st.data())
def test_a_stop_sequence_is_found_however_the_text_is_cut(text: str, stops: list[str], data: st.DataObject) -> None:
    finder = StopFinder(tuple(stops))
    passed, rest = "", text
    while rest and not finder.found:
        size = data.draw(st.integers(1, len(rest)))
        passed += finder.feed(rest[:size])
        rest = rest[size:]
    passed += finder.rest()
    places = [text.find(stop) for stop in stops if stop in text]
    assert finder.found is bool(places)
    # Cut apart, the sequence that is complete first wins, which is not always the one that begins first.
    assert text.startswith(passed)
    assert passed == text if not places else any(text[len(passed) :].startswith(stop) for stop in stops)


def test_texts_and_lists_of_an_answer_are_given_a_longest_length() -> None:
    narrow = answer_schema({"type": "dict", "properties": {"a": {"type": "list", "items": {"type": "string"}}}})
    items = narrow["properties"]["a"]
    assert (items["maxItems"], items["items"]["maxLength"]) == (LONGEST_LIST, LONGEST_TEXT)


def test_what_the_schema_asks_for_wins_over_the_longest_length() -> None:
    narrow = answer_schema({"type": "string", "minLength": 500})
    assert narrow == {"type": "string", "minLength": 500, "maxLength": 500}


@pytest.mark.parametrize(
    ("schema", "instance"),
    [
        ({"type": ["string", "null"], "maxLength": 3}, "four"),
        ({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, {}),
        (
            {"allOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}]},
            {"a": 1},
        ),
        (
            {"anyOf": [{"required": ["a"], "properties": {"a": {}}}], "type": "object", "properties": {"b": {}}},
            {"b": 1},
        ),
        ({"type": "object", "required": ["a"]}, {}),
        ({"$ref": "#/definitions/x", "definitions": {"x": {"enum": [1, 2]}}}, 3),
    ],
)
def test_what_a_schema_refuses_its_narrow_form_refuses(schema: dict[str, Any], instance: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(instance, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(instance, answer_schema(schema))


def test_a_small_range_of_whole_numbers_is_a_choice() -> None:
    assert answer_schema({"type": "integer", "minimum": 1, "maximum": 3}) == {"enum": [1, 2, 3]}
    assert answer_schema({"type": "int", "min": 1}) == {"type": "integer", "minimum": 1}


def test_a_schema_that_contains_itself_comes_to_an_end() -> None:
    tree = {"type": "object", "properties": {"next": {"$ref": "#/definitions/tree"}}}
    assert answer_schema({"$ref": "#/definitions/tree", "definitions": {"tree": tree}})["type"] == "object"


def test_no_schema_or_a_damaged_one_asks_for_any_object() -> None:
    assert answer_schema(None) == answer_schema({"union": 1}) == {"type": "object"}


def test_files_of_the_user_are_models_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    assert available_models(str(tmp_path))["mine"] == tmp_path / "mine.gguf"
    assert available_models(f"embedded:{tmp_path}")["mine"] == tmp_path / "mine.gguf"


def test_an_override_of_the_wrong_type_is_named() -> None:
    with pytest.raises(HarnError, match="option `top_k` has to be a number"):
        generation({"messages": [], "top_k": "many"})
