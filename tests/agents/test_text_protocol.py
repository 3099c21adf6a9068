"""The text tool-call protocol (chapter 12 section 12.3): what runs, what does not, and what the model is told."""

from __future__ import annotations

import json

import pytest

from harnpy.llm.call_expressions import CallError, parse_call
from harnpy.llm.deltas import ToolCall
from harnpy.llm.source_text import SourceText
from harnpy.llm.tagged import Tagged, parse_tagged

TOOLS = ["edit", "run"]
FENCE = "```"


def parse(text: str) -> Tagged:
    return parse_tagged(text, TOOLS)


def block(body: str) -> Tagged:
    return parse(f"<tool_call>{body}</tool_call>")


def commands(tagged: Tagged) -> list[str]:
    return [call["arguments"].get("command", "") for call in tagged.calls]


def error(body: str) -> str:
    tagged = block(body)
    assert tagged.calls == ()
    assert len(tagged.errors) == 1
    assert tagged.violations == ()
    return tagged.errors[0]


LS: ToolCall = {"id": "tc_0", "name": "run", "arguments": {"command": "ls"}}
LS_CANONICAL = '<tool_call>\nrun({\n  "command": "ls"\n})\n</tool_call>'


class TestExamplesOfTheSpecification:
    @pytest.mark.parametrize("text", ["", " \n\t "])
    def test_blank(self, text: str) -> None:
        assert parse(text) == Tagged("", (), (), (), None, "")

    def test_plain_words(self) -> None:
        tagged = parse("hello there")
        assert (tagged.calls, tagged.errors, tagged.canonical) == ((), (), "")
        assert [violation[:46] for violation in tagged.violations] == ['Stray text outside response tags: "hello there']

    def test_bare_call(self) -> None:
        tagged = parse('run({ command: "ls" })')
        assert tagged.calls == (LS,)
        assert tagged.canonical == LS_CANONICAL
        assert [violation[:45] for violation in tagged.violations] == ["Tool call(s) (run) were emitted as bare text "]

    def test_stray_text_before_a_block(self) -> None:
        tagged = parse('x = 1<tool_call>run({ command: "ls" })</tool_call>')
        assert tagged.calls == (LS,)
        assert tagged.canonical == LS_CANONICAL
        assert [violation[:40] for violation in tagged.violations] == ['Stray text outside response tags: "x = 1']

    def test_unknown_tags(self) -> None:
        tagged = parse("<notes>a</notes><done>OK</done>")
        assert tagged.done_marker == "OK"
        assert [violation.split(".")[0] for violation in tagged.violations] == [
            'Unknown top-level tag "<notes>"',
            'Stray text outside response tags: "a"',
            'Unknown top-level tag "</notes>"',
        ]

    def test_keyword_arguments(self) -> None:
        assert error('run(command="ls")') == (
            "Tool 'run' must be called with an object literal argument like run({ ... })."
        )

    def test_label(self) -> None:
        assert error('Hint: run({ command: "ls" })').startswith("Saw `Hint: run(...)`. ")

    def test_unknown_tool(self) -> None:
        assert error("make({ a: 1 })") == "Unknown tool 'make'. Available tools: [edit, ledger, run]"

    def test_fence_in_a_block(self) -> None:
        assert block(f'\n{FENCE}python\nrun({{ command: "ls" }})\n{FENCE}\n') == Tagged(
            "", (LS,), (), (), None, LS_CANONICAL
        )

    def test_angle_call(self) -> None:
        tagged = parse('<run({ command: "ls" })>')
        assert tagged.calls == ({**LS, "id": "tc_angle_run"},)
        assert tagged.canonical == LS_CANONICAL
        assert [violation[:48] for violation in tagged.violations] == [
            "Tool call `run` was emitted as `<run(...)>` inst"
        ]

    def test_heredoc_with_comment(self) -> None:
        tagged = block("edit({ path: 'a.txt', // note\n  content: <<END\nx = \"1\"\nEND })")
        assert tagged.calls[0]["arguments"] == {"content": 'x = "1"', "path": "a.txt"}


class TestErrors:
    def test_of_the_value_parser_are_passed_on(self) -> None:
        assert error("run({ a: ? })").startswith(
            "TOOL CALL PARSE ERROR: `run(...)` — unexpected character `?` starting a value. "
        )

    def test_missing_parenthesis(self) -> None:
        assert error("run({ a: 1 }").startswith("TOOL CALL PARSE ERROR: `run(...)` — missing closing `)`. ")

    def test_body_without_a_call_is_quoted(self) -> None:
        assert error(' say "é"\n') == (
            '<tool_call> body did not contain a bare `name({ ... })` expression. Got: "say \\"é\\""'
        )
        assert error("a" * 121).endswith(f'Got: "{"a" * 120}…"')

    def test_several_calls(self) -> None:
        assert error("run({})\nedit({})\nrun({})") == (
            "<tool_call> body contained 3 calls; emit one call per <tool_call> block."
        )

    def test_an_error_of_the_scanner_comes_before_the_number_of_calls(self) -> None:
        assert error("run({})\nedit({})\nmake({})").startswith("Unknown tool 'make'.")

    def test_available_tools_are_the_first_twenty(self) -> None:
        tools = [f"t{number:02}" for number in range(30)]
        listed = ", ".join(["ledger", *tools][:20])
        assert parse_tagged("<tool_call>x({})</tool_call>", tools).errors == (
            f"Unknown tool 'x'. Available tools: [{listed}]",
        )

    def test_of_the_expression_itself(self) -> None:
        def message(text: str) -> str:
            with pytest.raises(CallError) as caught:
                parse_call(SourceText(text), "run", 3)
            return str(caught.value)

        assert message("run {}") == "TOOL CALL PARSE ERROR: `run(` expected immediately after the tool name."
        assert message('run(["a", 1])') == (
            "TOOL CALL PARSE ERROR: `run(...)` — expected an object literal argument, got "
            '`["a",1]`. Wrap the value in braces: `run({ key: value })`.'
        )

    def test_of_json_arguments(self) -> None:
        raw = "{" + "é" * 300
        listing = json.dumps([{"id": "1", "function": {"name": "run", "arguments": raw}}], separators=(",", ":"))
        found = error(listing)
        assert found.startswith("Could not parse arguments for tool 'run': ")
        assert found.endswith(f". Raw: {raw[:200]}")


class TestCallsInABlock:
    @pytest.mark.parametrize(
        "body",
        [
            '  run({ command: "ls" })',
            'some words\n\trun({ command: "ls" }) > more',
            '<run({ command: "ls" })>',
            '< run({ command: "ls" }) >',
            'tool_code: run({ command: "ls" })',
            'python:run({ command: "ls" })',
            'bash: \trun({ command: "ls" })',
            '`run({ command: "ls" })`',
            f'words\n{FENCE}js\nrun({{ command: "ls" }})\n{FENCE}',
            'run(\n  { command: "ls" }\n)',
            'run(/* now */ { command: "ls" })',
            'unknown(1)\nrun({ command: "ls" })',
            'f(x)\n`code\nrun({ command: "rm" })`\nrun({ command: "ls" })',
        ],
    )
    def test_are_found(self, body: str) -> None:
        assert block(body) == Tagged("", (LS,), (), (), None, LS_CANONICAL)

    @pytest.mark.parametrize("body", ["run()", "run( )", "run(\n// nothing\n)"])
    def test_may_have_no_arguments(self, body: str) -> None:
        assert block(body).calls == ({"id": "tc_0", "name": "run", "arguments": {}},)

    @pytest.mark.parametrize(
        "body",
        [
            'and run({ command: "ls" })',
            '"run({})"',
            '{"name": "run", "arguments": {}}',
            "run ({})",
            "call: call: run({})",
        ],
    )
    def test_elsewhere_are_none(self, body: str) -> None:
        assert block(body).calls == ()
        assert len(block(body).errors) == 1

    def test_of_tools_with_names_from_elsewhere(self) -> None:
        tagged = parse_tagged("<tool_call>files.read-all({ a: 1 })</tool_call>", ["files.read-all"])
        assert tagged.calls[0]["name"] == "files.read-all"

    def test_have_unique_ids(self) -> None:
        listing = '[{"id":"x","function":{"name":"run"}}]'
        text = f"<run({{}})><run({{}})>\n<tool_call>{listing}</tool_call><tool_call>{listing}</tool_call>\nrun({{}})\nrun({{}})"
        assert [call["id"] for call in parse(text).calls] == [
            "tc_angle_run",
            "tc_angle_run_2",
            "x",
            "x_2",
            "tc_0",
            "tc_1",
        ]

    def test_may_quote_whole_blocks(self) -> None:
        content = "Write:\n<tool_call>\nrun({})\n</tool_call>\nor\n<tool_call>\nedit({})\n</tool_call>"
        tagged = block(f"\nedit({{ content: <<EOF\n{content}\nEOF\n}})\n")
        assert [call["arguments"] for call in tagged.calls] == [{"content": content}]
        assert (tagged.errors, tagged.violations) == ((), ())

    def test_with_a_forgotten_heredoc_end_do_not_swallow_the_next_block(self) -> None:
        text = "<tool_call>edit({ a: <<E\nx })</tool_call>\n<tool_call>edit({ a: <<E\ny\nE })</tool_call>"
        tagged = parse(text)
        assert [call["arguments"] for call in tagged.calls] == [{"a": "y"}]
        assert len(tagged.errors) == 1


class TestJsonLists:
    def test_keep_the_ids_and_read_arguments_in_both_forms(self) -> None:
        listing = [
            {"id": "a", "function": {"name": "run", "arguments": '{"command": "ls"}'}},
            {"type": "function", "function": {"name": "edit", "arguments": {"x": 1}}},
            {"id": 7, "function": {"name": "edit", "arguments": 5}},
            {"no": "function"},
        ]
        tagged = parse("Calls: " + json.dumps(listing, separators=(",", ":")) + " and so on")
        assert [(call["id"], call["name"], call["arguments"]) for call in tagged.calls] == [
            ("a", "run", {"command": "ls"}),
            ("native_fallback", "edit", {"x": 1}),
            ("native_fallback_2", "edit", {}),
        ]

    def test_a_single_object_has_to_end_the_text(self) -> None:
        single = '{"id":"call_1","function":{"name":"run","arguments":"{}"}}'
        assert [call["id"] for call in block(f"go {single} \n").calls] == ["call_1"]
        assert block(f"{single} or not").calls == ()
        assert [call["id"] for call in parse(f"go {single} \n").calls] == ["call_1"]
        assert parse(f"{single} or not").calls == ()

    def test_a_number_beyond_all_floats_is_not_json_and_the_model_is_told(self) -> None:
        found = block('[{"id":"a","function":{"name":"run","arguments":{"n":1e999}}}]')
        assert found.calls == ()
        assert found.errors[0].startswith("<tool_call> body did not contain a bare `name({ ... })` expression. Got: ")

    def test_are_units_in_stray_text(self) -> None:
        arguments = json.dumps({"content": "<tool_call>run({})</tool_call>"})
        listing = json.dumps([{"id": "a", "function": {"name": "edit", "arguments": arguments}}], separators=(",", ":"))
        assert [call["name"] for call in parse(listing).calls] == ["edit"]


class TestStrayText:
    def test_names_all_its_calls_in_one_violation(self) -> None:
        tagged = parse('First\nrun({ command: "a" }) then\nedit({ command: "b" })\n')
        assert commands(tagged) == ["a", "b"]
        assert len(tagged.violations) == 1
        assert tagged.violations[0].startswith("Tool call(s) (run, edit) were emitted as bare text ")

    def test_with_errors_only_is_a_violation(self) -> None:
        tagged = parse("Hint: run({})\nmake({ a: 1 })\nrun(1)")
        assert (tagged.calls, tagged.errors) == ((), ())
        assert len(tagged.violations) == 1

    def test_goes_on_behind_a_damaged_call(self) -> None:
        assert commands(
            parse('run({ command: "a"\nrun({ command: "b" })\nrun({ command: "c" ]\n run({ command: "d" })')
        ) == [
            "b",
            "d",
        ]

    def test_of_a_call_may_hold_tags_in_its_strings(self) -> None:
        tagged = parse('run({ command: "a < b <done>no</done>" })<done>yes</done>')
        assert commands(tagged) == ["a < b <done>no</done>"]
        assert tagged.done_marker == "yes"

    def test_that_begins_with_a_name_is_no_call_without_arguments(self) -> None:
        assert parse("run() lists the files").calls == ()
        assert len(parse("run()\n").calls) == 1

    def test_runs_from_an_unclosed_block(self) -> None:
        tagged = parse('<tool_call>\nrun({ command: "ls" })\n')
        assert tagged.calls == (LS,)
        assert [violation.split(" ")[0] for violation in tagged.violations] == ["Unknown", "Tool"]

    @pytest.mark.parametrize(
        "text",
        [
            f'{FENCE}python\nrun({{ command: "ls" }})\n{FENCE}',
            f'\n{FENCE}\nrun({{ command: "ls" }})\n',
            f'<out>\n{FENCE}\nrun({{ command: "ls" }})\n{FENCE}\n</out>',
            '`run({ command: "ls" })`',
            f'<assistant_prose>Listing.</assistant_prose>\n{FENCE}\nrun({{ command: "ls" }})\n{FENCE}',
        ],
    )
    def test_that_is_one_quoted_call_runs(self, text: str) -> None:
        assert commands(parse(text)) == ["ls"]

    @pytest.mark.parametrize(
        "text",
        [
            f'Write this:\n{FENCE}\nrun({{ command: "ls" }})\n{FENCE}\n',
            f'{FENCE}\nrun({{ command: "ls" }})\n{FENCE}\nis how.',
            'Write this:\n~~~\nrun({ command: "ls" })\n~~~',
            f'Write this:\n{FENCE}`\n{FENCE}\nrun({{ command: "ls" }})\n{FENCE}`\n',
            f'If a < b, write\n{FENCE}\nrun({{ command: "ls" }})\n{FENCE}',
            f'{FENCE}\n<p>\nrun({{ command: "ls" }})\n{FENCE}\nis how.',
            f'Write this:\n{FENCE}\n<run({{ command: "ls" }})>\n{FENCE}\n',
            f'Write this:\n{FENCE}\n[{{"id":"1","function":{{"name":"run"}}}}]\n{FENCE}\n',
            'Write `\nrun({ command: "ls" })\n` alone',
            'Write `<run({ command: "ls" })>`',
            'Write `[{"id":"1","function":{"name":"run"}}]`',
            'I said `run({ command: "ls" })`',
            '> run({ command: "ls" })',
            "\"run({ command: 'ls' })\"",
            "edit({ content: \"\nrun({ command: 'ls' })\n\", path: })",
            'edit({ content: "\nrun({})\n',
            "edit({ content: <<EOF\nrun({})\n",
            "a <<EOF\nrun({})\nEOF",
            '<assistant_prose>\nrun({ command: "ls" })\n',
            '<assistant_prose>\n<run({ command: "ls" })>\n',
        ],
    )
    def test_that_only_shows_a_call_does_not_run_it(self, text: str) -> None:
        tagged = parse(text)
        assert tagged.calls == ()
        assert tagged.violations


class TestThinking:
    def test_is_removed_wherever_it_leaks(self) -> None:
        tagged = parse(
            '<think>run({})</think><tool_call><think>x</think>run({ command: "ls" })</think></tool_call><think>'
        )
        assert tagged == Tagged("", (LS,), (), (), None, LS_CANONICAL)

    def test_markers_made_of_the_halves_of_others_are_no_markers(self) -> None:
        assert "<think>" not in parse("<assistant_prose><th<think>ink> a</assistant_prose>").prose


class TestCanonicalForm:
    @pytest.mark.parametrize(
        "value",
        [
            "</tool_call>",
            "<think>a</think>",
            "<<EOF\nx\nEOF",
            "\b\f\0\x1f\u2028\\b`${x}` '\"",
            10**300,
            1e300,
            -0.0,
            [[[{}]]],
            None,
        ],
    )
    def test_says_the_same_again(self, value: object) -> None:
        listing = [{"id": "1", "function": {"name": "edit", "arguments": {"value": value, "<x>": True}}}]
        first = parse("[{" + json.dumps(listing, separators=(",", ":"), ensure_ascii=True)[2:].replace("<", "\\u003c"))
        assert first.calls[0]["arguments"]["value"] == value
        again = parse(first.canonical)
        assert (again.errors, again.violations) == ((), ())
        assert again.calls == ({**first.calls[0], "id": "tc_0"},)
        assert again.canonical == first.canonical

    def test_of_deep_values_is_not_mostly_indentation(self) -> None:
        text = "edit({a: " + "[" * 120 + "1," * 1000 + "]" * 120 + "})"
        tagged = block(text)
        assert len(tagged.canonical) < 2 * len(text)
        assert parse(tagged.canonical).calls == tagged.calls


def test_each_of_many_heredocs_ends_at_its_own_tag() -> None:
    members = ", ".join(
        f"k{number}: <<E{number}\nE{number}x\n  E{number}$\nv{number}\n E{number}" for number in range(30)
    )
    assert block(f"edit({{ {members} }})").calls[0]["arguments"] == {
        f"k{number}": f"E{number}x\n  E{number}$\nv{number}" for number in range(30)
    }
