"""Reading a response takes work in proportion to its length, whatever it is made of; counted, not timed."""

from __future__ import annotations

import pytest

from harnpy.llm.tagged import TaggedReader

TOOLS = ["edit", "run"]
LENGTH = 40_000
FENCE = "```"

# A piece that is repeated, and what follows all of them.
HOSTILE = {
    "opening brackets": ("[", ""),
    "bare call with brackets": ("run({ a: [\n", ""),
    "bare calls of open objects": ("run({ a: {\n", ""),
    "angle calls of open arrays": ("<run({ a: [ ", ""),
    "angle calls of open strings": ("<run({ a: 'x ", ""),
    "angle calls of strings closed once": ('<run({ a: "\n', '" })' + "," * 1000),
    "unclosed blocks": ("<tool_call>", ""),
    "unclosed blocks with calls": ("<tool_call>run({})\n", ""),
    "unclosed prose": ("<assistant_prose>x", ""),
    "unclosed done": ("<done>", ""),
    "blocks closed once": ("<tool_call>run({ a: '<tool_call>", "</tool_call>"),
    "blocks with damaged quotations": ("<tool_call>run({ a: '<tool_call></tool_call>", ""),
    "closing tags": ("</tool_call>", ""),
    "angles": ("<", ""),
    "angles on lines": ("<\n", ""),
    "empty tags": ("<>", ""),
    "unclosed heredocs": ("a <<EOF\n", ""),
    "unclosed heredocs of many tags": ("".join(f"a <<E{number}\n" for number in range(200)), ""),
    "unclosed heredocs in calls": ("run({ a: <<EOF\n", ""),
    "heredocs closed once": ("run({ a: <<EOF\n", "EOF"),
    "heredocs in angle calls": ("<run({ a: <<EOF\n", "\nEOF, b: ?"),
    "heredoc openings": ("<<", ""),
    "unclosed strings": ('run({ a: "\n', ""),
    "unclosed strings of both kinds": ("run({ a: \"\nrun({ a: '\n", ""),
    "escapes": ("\\", '"'),
    "escaped quotes in a call": ('\\"', ""),
    "unclosed templates": ("run({ a: `\n", ""),
    "unclosed interpolations": ("run({ a: `${\n", ""),
    "backticks": ("`", ""),
    "backtick lines": ("`\n", ""),
    "fences": (FENCE + "\n", ""),
    "long fences": (FENCE + "`" * 10 + "\n", ""),
    "unclosed comments": ("run({ /* \n", ""),
    "comments closed once": ("run({ /* \n", "*/ a: 1, b: ?"),
    "comments before the argument": ("run(/* \n", "*/"),
    "comments of unknown tools": ("foo(/* \n", "*/"),
    "line comments": ("run({ // \n", ""),
    "comment stars": ("run({ /***", ""),
    "thinking": ("<think>", ""),
    "ends of thinking": ("</think>", ""),
    "halves of markers": ("<th<think>ink>", ""),
    "lists of calls": ('[{"id":', ""),
    "lists of calls between tags": ('[{"id":<x>', ""),
    "single calls": ('{"id":"call_', ""),
    "lists with open strings": ('[{"id":"\\"\\"', "[" * 2000),
    "labels": ("Hint: run({})\n", ""),
    "label colons": ("a:", ""),
    "unknown tools": ("make({ a: 1 })\n", ""),
    "known names": ("run", ""),
    "known names with parentheses": ("run(", ""),
    "known names on lines": ("run(\n", ""),
    "whole calls": ("run({ a: 1 })\n", ""),
    "whole calls without end": ("run({ a: 1 }\n", ""),
    "damaged calls": ("run({ a: 1 ]\n", ""),
    "digits": ("9", ""),
    "number signs": ("-", ""),
    "blank lines": ("\n", ""),
    "spaces": (" ", "x"),
    "indented lines": (" " * 100 + "\n", ""),
    "empty done blocks": ("<done></done>", ""),
    "words": ("word ", ""),
}
WRAPPINGS = {
    "alone": ("", ""),
    "in a block": ("<tool_call>", "</tool_call>"),
    "in an argument": ("run({ a: ", " })"),
    "in a string": ('<tool_call>run({ a: "', '" })</tool_call>'),
    "in a fence": (f"Look:\n{FENCE}\n", f"\n{FENCE}"),
}


def examined(text: str) -> int:
    reader = TaggedReader(text, TOOLS)
    reader.read()
    return reader.examined


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("construct", HOSTILE)
def test_work_is_in_proportion_to_length(construct: str, wrapping: str) -> None:
    piece, ending = HOSTILE[construct]
    before, after = WRAPPINGS[wrapping]
    short, long = (before + piece * (length // len(piece)) + ending + after for length in (LENGTH // 4, LENGTH))
    work = examined(long)
    assert work <= 45 * len(long)
    # Whether the last piece is open, and looked at to the end in vain, depends on the number of pieces.
    assert work <= 4.4 * examined(short) + 2 * len(long)


def test_work_on_ordinary_responses_is_a_few_looks_at_each_character() -> None:
    prose = "<assistant_prose>I change the file now.</assistant_prose>\n"
    call = "<tool_call>\nedit({ path: 'a.py', content: <<EOF\n" + "    value = 1\n" * 50 + "EOF\n})\n</tool_call>\n"
    text = (prose + call) * 20
    assert examined(text) <= 6 * len(text)
