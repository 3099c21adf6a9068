"""The tagged response protocol as `llm_call` reads it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harnpy.llm.quoted_preview import quoted
from harnpy.llm.tagged import Tagged, parse_tagged

TOOLS = ["edit", "run"]


def parse(text: str) -> Tagged:
    return parse_tagged(text, TOOLS)


def beginnings(tagged: Tagged, length: int = 18) -> list[str]:
    return [violation[:length] for violation in tagged.violations]


def test_an_empty_response_is_nothing_at_all() -> None:
    assert parse(" \n") == Tagged("", (), (), (), None, "")


def test_prose_blocks_are_trimmed_and_joined_by_a_blank_line() -> None:
    tagged = parse("<assistant_prose> a </assistant_prose>\n<assistant_prose>b\n</assistant_prose>")
    assert tagged.prose == "a\n\nb"
    assert tagged.canonical == ("<assistant_prose>\na\n</assistant_prose>\n\n<assistant_prose>\nb\n</assistant_prose>")
    assert tagged.violations == ()


def test_the_last_done_marker_counts() -> None:
    tagged = parse("<done>A</done><done> B </done>")
    assert tagged.done_marker == "B"
    assert tagged.canonical == "<done>A</done>\n\n<done>B</done>"


def test_an_empty_done_block_is_a_violation() -> None:
    tagged = parse("<done> </done>")
    assert tagged.done_marker is None
    assert tagged.violations[0].startswith("<done> block is empty.")


def test_a_tool_call_block_is_one_call() -> None:
    tagged = parse('<tool_call>\nrun({"command": "ls"})\n</tool_call>')
    assert tagged.calls == ({"id": "tc_0", "name": "run", "arguments": {"command": "ls"}},)
    assert tagged.canonical == '<tool_call>\nrun({\n  "command": "ls"\n})\n</tool_call>'


def test_calls_are_numbered_over_the_whole_response() -> None:
    tagged = parse("<tool_call>run({})</tool_call><tool_call>edit({})</tool_call>")
    assert [call["id"] for call in tagged.calls] == ["tc_0", "tc_1"]


def test_a_call_without_arguments_has_empty_ones() -> None:
    assert parse("<tool_call>run()</tool_call>").calls[0]["arguments"] == {}


def test_the_ledger_is_a_known_tool() -> None:
    assert parse("<tool_call>ledger({})</tool_call>").calls[0]["name"] == "ledger"


def test_an_unknown_tool_is_an_error_that_lists_the_known_ones() -> None:
    tagged = parse('<tool_call>make({"a": 1})</tool_call>')
    assert tagged.errors == ("Unknown tool 'make'. Available tools: [edit, ledger, run]",)
    assert tagged.calls == ()


def test_arguments_that_are_no_object_are_an_error() -> None:
    tagged = parse('<tool_call>run(command="ls")</tool_call>')
    assert tagged.errors == ("Tool 'run' must be called with an object literal argument like run({ ... }).",)


def test_damaged_arguments_are_an_error() -> None:
    assert parse('<tool_call>run({"a": })</tool_call>').errors[0].startswith("TOOL CALL PARSE ERROR: `run(...)` — ")


def test_a_missing_parenthesis_is_an_error() -> None:
    errors = parse('<tool_call>run({"a": 1}</tool_call>').errors
    assert errors[0].startswith("TOOL CALL PARSE ERROR: `run(...)` — missing closing `)`.")


def test_a_body_without_a_call_is_an_error_that_quotes_it() -> None:
    assert parse("<tool_call> ls </tool_call>").errors == (
        '<tool_call> body did not contain a bare `name({ ... })` expression. Got: "ls"',
    )


def test_two_calls_in_one_body_are_an_error() -> None:
    assert parse("<tool_call>run({})\nrun({})</tool_call>").errors == (
        "<tool_call> body contained 2 calls; emit one call per <tool_call> block.",
    )


def test_a_call_in_a_fence_inside_the_body_is_read() -> None:
    assert len(parse("<tool_call>\n```python\nrun({})\n```\n</tool_call>").calls) == 1


def test_a_raw_json_list_of_calls_keeps_its_ids() -> None:
    tagged = parse('<tool_call>[{"id":"c9","function":{"name":"run","arguments":"{\\"a\\": 1}"}}]</tool_call>')
    assert tagged.calls == ({"id": "c9", "name": "run", "arguments": {"a": 1}},)


def test_an_angle_wrapped_call_runs_with_a_violation() -> None:
    tagged = parse('<run({"a": ">"})> ')
    assert tagged.calls == ({"id": "tc_angle_run", "name": "run", "arguments": {"a": ">"}},)
    assert tagged.violations[0].startswith("Tool call `run` was emitted as `<run(...)>` ")


def test_a_bare_call_runs_with_a_violation() -> None:
    tagged = parse('I run it:\nrun({"command": "ls"})')
    assert tagged.calls[0]["arguments"] == {"command": "ls"}
    assert tagged.violations[0].startswith("Tool call(s) (run) were emitted as bare text")


def test_a_call_in_the_middle_of_a_line_is_prose() -> None:
    assert parse("call run({}) now").calls == ()


def test_plain_text_is_a_violation_that_quotes_it() -> None:
    tagged = parse("Paris.")
    assert (tagged.prose, tagged.canonical) == ("", "")
    assert tagged.violations[0].startswith('Stray text outside response tags: "Paris.".')


def test_unknown_and_unclosed_tags_are_violations() -> None:
    tagged = parse("<notes>a</notes><done>OK</done>\n<open")
    assert tagged.done_marker == "OK"
    assert beginnings(tagged) == [
        "Unknown top-level ",
        "Stray text outside",
        "Unknown top-level ",
        "Unclosed tag start",
    ]
    assert '"<notes>"' in tagged.violations[0]


def test_a_block_without_its_end_is_an_unknown_tag_and_a_call_in_it_runs() -> None:
    tagged = parse("<tool_call>\nrun({})")
    assert len(tagged.calls) == 1
    assert beginnings(tagged) == ["Unknown top-level ", "Tool call(s) (run)"]


def test_a_response_of_empty_blocks_is_a_violation() -> None:
    violations = parse("<assistant_prose> </assistant_prose>").violations
    assert violations[0].startswith("Response contained no <tool_call>, <assistant_prose>, or <done> block.")


def test_a_heredoc_does_not_end_stray_text() -> None:
    tagged = parse("text <<END\n<done>no</done>\nEND more")
    assert tagged.done_marker is None
    assert len(tagged.violations) == 1


def test_thinking_is_removed_before_reading() -> None:
    tagged = parse("<think><done>X</done></think></think><assistant_prose>a</assistant_prose>")
    assert (tagged.prose, tagged.done_marker, tagged.violations) == ("a", None, ())


def test_quoting_escapes_and_cuts() -> None:
    assert quoted('a"\\\n\r\t\0\x07é', 20) == '"a\\"\\\\\\n\\r\\t\\0\\u{7}é"'
    assert quoted("abcdef", 3) == '"abc…"'


_PARTS = ["<assistant_prose>", "</assistant_prose>", "<tool_call>", "</tool_call>", "<done>", "</done>", "<think>"]
_PARTS += ["run(", "{", "}", ")", '"a": 1', "```\n", "\n", " ", "<", ">", "<<E\n", "E", "x", '[{"id":', "é"]


@given(st.lists(st.sampled_from(_PARTS), max_size=20).map("".join))
def test_every_response_is_read_to_its_end(text: str) -> None:
    tagged = parse(text)
    anything = tagged.prose or tagged.calls or tagged.errors or tagged.violations or tagged.done_marker
    assert anything or not text.replace("<think>", "").strip()
