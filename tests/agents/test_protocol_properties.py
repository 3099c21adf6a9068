"""What holds for every response, however it is written or damaged (chapter 12 section 12.3)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tagged_responses import TOOLS, Response, anything, expressions, mutated, values, well_formed, with_examples

from harnpy.llm import argument_expressions, call_expressions
from harnpy.llm.argument_expressions import parse_argument
from harnpy.llm.json_values import Json, compact_json
from harnpy.llm.source_text import SourceText
from harnpy.llm.tagged import Tagged, TaggedReader, parse_tagged


def said(tagged: Tagged) -> list[tuple[str, Json]]:
    return [(call["name"], call["arguments"]) for call in tagged.calls]


@given(st.data(), values)
def test_a_value_is_read_in_each_of_its_spellings(data: st.DataObject, value: Json) -> None:
    text = data.draw(expressions(value))
    read, _ = parse_argument(SourceText(text), 0)
    assert compact_json(read) == compact_json(value)


@given(well_formed)
def test_a_well_formed_response_says_what_was_meant(response: Response) -> None:
    tagged = parse_tagged(response.text, TOOLS)
    assert said(tagged) == response.calls
    assert tagged.errors == ()
    assert all("<done> block is empty" in violation or "no <tool_call>" in violation for violation in tagged.violations)


@given(with_examples)
def test_examples_do_not_run_and_do_not_keep_others_from_running(response: Response) -> None:
    tagged = parse_tagged(response.text, TOOLS)
    assert said(tagged) == response.calls
    assert tagged.errors == ()


@given(anything)
def test_no_example_runs_whatever_stands_around_it(response: Response) -> None:
    assert "forbidden" not in [call["name"] for call in parse_tagged(response.text, TOOLS).calls]


_NEVER = re.compile(r"(?!)")


@settings(max_examples=300)
@given(mutated() | well_formed.map(lambda response: response.text))
def test_what_is_read_in_one_step_is_what_the_grammar_says(text: str) -> None:
    """There are short ways for calls and entries that are plainly written; they change nothing."""
    tagged = parse_tagged(text, TOOLS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(argument_expressions, "_PLAIN_ENTRY", _NEVER)
        patched.setattr(call_expressions, "_LONE_CALL", _NEVER)
        by_grammar = parse_tagged(text, TOOLS)
    assert tagged == by_grammar
    assert compact_json([call["arguments"] for call in tagged.calls]) == compact_json(
        [call["arguments"] for call in by_grammar.calls]
    )


@settings(max_examples=300)
@given(mutated() | st.text() | st.text(alphabet="<>`'\"\\{}[]()run:, \n=1E$-/*"))
def test_every_text_is_read_and_its_canonical_form_says_the_same(text: str) -> None:
    reader = TaggedReader(text, TOOLS)
    tagged = reader.read()
    assert reader.examined <= 60 * len(text) + 1000
    ids = [call["id"] for call in tagged.calls]
    assert len(set(ids)) == len(ids)
    again = parse_tagged(tagged.canonical, TOOLS)
    assert said(again) == said(tagged)
    assert (again.prose, again.done_marker) == (tagged.prose, tagged.done_marker)
    assert (again.errors, again.violations) == ((), ())
    assert again.canonical == tagged.canonical
