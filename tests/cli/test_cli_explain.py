"""`harn explain` and `harn docs`: everything that has a name is described, and the examples are true."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harn_process import harn
from support import make_test_runtime, run_source

import harnpy
from harnpy.cli.docs import reference_text
from harnpy.cli.reference import examples, lookup, methods_of, names, visible_builtins
from harnpy.cli.reference_diagnostics import diagnostics_page
from harnpy.cli.reference_words import EFFECTS, KEYWORDS
from harnpy.syntax import tokens
from harnpy.syntax.lexer import lex
from harnpy.syntax.parser import parse_program
from harnpy.vm.effects import EFFECTS as DECLARED_EFFECTS

KINDS = ("dict", "iter", "list", "range", "set", "string")


def test_a_builtin_shows_signature_text_example_and_effects():
    ended = harn("explain", "read_file")
    assert (ended.status, ended.errors) == (0, "")
    assert ended.output == (
        "builtin read_file(path: string) -> string\n\n"
        "  The whole file as a string. Throws when it cannot be read or is not UTF-8.\n\n"
        '  Example  read_file("notes.txt")\n'
        "  Effects  reads files\n"
    )


def test_a_name_with_several_meanings_shows_all_of_them():
    output = harn("explain", "split").output
    assert output.startswith("builtin split(")
    assert "\n\nmethod string.split(" in output
    assert '"a,b,c".split(",")  // [a, b, c]\n' in output


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("list.map", ["list.map"]),
        (".len", ["range.len", "set.len", "string.len"]),
        ("len", ["len", "range.len", "set.len", "string.len"]),
        ("std/async.wait_for", ["std/async.wait_for"]),
        ("async.wait_for", ["std/async.wait_for"]),
        ("wait_for", ["std/async.wait_for"]),
        ("std/async", ["std/async"]),
        ("select", ["select", "select"]),
        ("preflight", ["preflight"]),
        ("__select_list_of_nothing", []),
        ("", []),
    ],
)
def test_names_are_found_in_full_and_in_part(name, found):
    assert [entry.name for entry in lookup(name)] == found


def test_a_std_function_shows_how_it_is_imported():
    output = harn("explain", "wait_for").output
    assert output.startswith("function of std/async fn wait_for(timeout_ms, interval_ms, predicate)\n")
    assert 'import { wait_for } from "std/async"' in output


def test_an_unknown_name_fails_with_suggestions():
    ended = harn("explain", "splitt")
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors.startswith("error: nothing is called 'splitt'\n\n  hint: did you mean split?\n")
    assert "list.filter" in harn("explain", "filtre").errors or "filter" in harn("explain", "filtre").errors
    assert harn("explain", "qqqqqqqq").errors.endswith("hint: `harn docs` writes the whole reference\n")


def test_parentheses_behind_a_name_are_ignored():
    assert harn("explain", "abs()").output == harn("explain", "abs").output


def test_entries_can_be_had_as_json():
    (entry,) = json.loads(harn("explain", "--json", "read_file").output)
    assert (entry["kind"], entry["name"], entry["effects"], entry["pure"]) == (
        "builtin",
        "read_file",
        ["fs.read"],
        False,
    )
    assert entry["example"] == {"code": 'read_file("notes.txt")', "result": ""}


def test_every_name_has_an_entry_with_a_text():
    for name in names():
        found = [entry for entry in lookup(name) if entry.name == name]
        assert found, name
        assert all(entry.doc for entry in found), name


def test_every_keyword_and_effect_is_described():
    assert KEYWORDS.keys() == tokens.KEYWORDS
    assert EFFECTS.keys() == DECLARED_EFFECTS
    for word, (_, example) in KEYWORDS.items():
        parse_program(example, "example.harn")
        assert word.upper() in {token.type for token in lex(example)}, word


def test_every_method_of_plain_values_has_an_example():
    assert [each.name for kind in KINDS for each in methods_of(kind) if each.example is None] == []


def test_examples_are_about_what_they_stand_for():
    known = {*visible_builtins(), *(entry.name for kind in (*KINDS, "channel") for entry in methods_of(kind))}
    assert examples().keys() - known == set()
    for name, example in examples().items():
        assert name.rpartition(".")[2] in example.code, name


def test_examples_print_what_is_said():
    shown = {name: each for name, each in examples().items() if each.result}
    assert len(shown) > 250
    program = "\n".join(f"println(to_string({each.code}))" for each in shown.values())
    lines = [line for line in run_source(program).splitlines() if line]
    assert dict(zip(shown, lines, strict=True)) == {name: each.result for name, each in shown.items()}


def test_examples_whose_result_is_up_to_the_world_compile():
    runtime = make_test_runtime()
    for each in examples().values():
        runtime.compile(each.code, "example.harn", use_cache=False)


def test_the_reference_in_the_repository_is_current():
    """`make catalog` writes it."""
    kept = Path(harnpy.__file__).parent.parent / "docs" / "builtins.md"
    assert kept.read_text(encoding="utf-8") == reference_text()


def test_docs_are_printed_or_written(tmp_path):
    assert harn("docs").output == reference_text()
    ended = harn("docs", "-o", "made/here", cwd=tmp_path)
    assert (ended.status, ended.output) == (0, "wrote made/here/builtins.md\nwrote made/here/diagnostics.md\n")
    assert (tmp_path / "made/here/builtins.md").read_text(encoding="utf-8") == reference_text()
    assert (tmp_path / "made/here/diagnostics.md").read_text(encoding="utf-8") == diagnostics_page()
    ended = harn("docs", "-o", "one", "builtins", cwd=tmp_path)
    assert (ended.status, ended.output) == (0, "wrote one/builtins.md\n")
    (tmp_path / "file").write_text("")
    ended = harn("docs", "-o", "file", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors == "error: cannot write file/builtins.md: File exists (os error 17)\n"


def test_the_reference_has_every_builtin_and_method_once():
    text = reference_text()
    for name in (*visible_builtins(), *(entry.name for kind in KINDS for entry in methods_of(kind))):
        assert text.count(f"\n### `{name}`\n") == 1, name
    assert "`__" not in text
