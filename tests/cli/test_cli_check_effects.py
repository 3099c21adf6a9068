"""`harn check --effects`: the table, its JSON, the list that lets the program run; and `--fix` for foreign spellings."""

from __future__ import annotations

import json

import pytest
from harn_process import harn, write

PROGRAM = """fn save(text) { write_file("out.txt", text) }
fn apply(f, x) { return f(x) }
fn home() { return env("HOME") }
apply({ x -> save(x) }, "text")
println(home() != nil)
"""

TABLE = """a.harn
  function     effects
  save         fs.write
  apply        ?
    ? apply: calls its parameter `f`
  home         env
  (top level)  env fs.write output
  ? calls a function that it is given, or that nothing here declares; what a given function touches counts where that function is written
  run it with: harn run --allow env=HOME,fs.write a.harn
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_table_and_the_list_that_lets_the_program_run(place):
    write(place, "a.harn", PROGRAM)
    ended = harn("check", "--effects", "a.harn")
    assert (ended.status, ended.output, ended.errors) == (0, TABLE, "")
    ran = harn("run", "--allow", "env=HOME,fs.write", "a.harn")
    assert (ran.status, ran.output) == (0, "true\n")
    assert (place / "out.txt").read_text() == "text"
    assert "is not permitted" in harn("run", "--allow", "env=HOME", "a.harn").errors


def test_verbose_tells_the_way_to_each_effect(place):
    write(place, "a.harn", PROGRAM)
    lines = harn("check", "--effects", "--verbose", "a.harn").output.splitlines()
    assert "    (top level) -> save -> write_file (fs.write)" in lines
    assert "    (top level) -> home -> env (env)" in lines


def test_as_json(place):
    write(place, "a.harn", PROGRAM)
    (file,) = json.loads(harn("check", "--effects", "--json", "a.harn").output)
    assert (file["file"], file["allow"]) == ("a.harn", ["env=HOME", "fs.write"])
    assert [row["function"] for row in file["functions"]] == ["save", "apply", "home", "(top level)"]
    save, apply, _, top = file["functions"]
    assert save["effects"] == ["fs.write"]
    assert save["ways"]["fs.write"] == {"steps": ["save", "write_file"], "at": [{"line": 1, "column": 17}]}
    assert apply["unknown"][0]["steps"] == ["apply", "calls its parameter `f`"]
    assert top["ways"]["fs.write"]["steps"] == ["(top level)", "save", "write_file"]


def test_modules_count_and_those_that_cannot_be_read_leave_everything_open(place):
    write(place, "lib/m.harn", 'pub fn save() { write_file("a", "b") }')
    write(place, "a.harn", 'import "lib/m"\nsave()')
    write(place, "b.harn", 'import "lib/none"\nnone()')
    assert "harn run --allow fs.write a.harn" in harn("check", "--effects", "a.harn").output
    output = harn("check", "--effects", "b.harn").output
    assert "imports 'lib/none', which cannot be read" in output
    assert "which --allow list lets it run cannot be said" in output


def test_a_program_that_touches_nothing_needs_nothing(place):
    write(place, "a.harn", "println([1, 2].sum())")
    output = harn("check", "--effects", "a.harn").output
    advice = output.splitlines()[-1].partition("harn ")[2].split()
    assert harn(*advice).output == "3\n"


def test_a_file_that_does_not_parse_fails_and_the_others_are_shown(place):
    write(place, "a.harn", "let x = )")
    write(place, "b.harn", "fn f() { random() }")
    ended = harn("check", "--effects", "a.harn", "b.harn")
    assert ended.status == 1
    assert "Expected expression, got ) at 1:9" in ended.errors
    assert ended.output.startswith("b.harn\n")


# --- foreign spellings ------------------------------------------------------------------------------------------------------


def test_check_reports_foreign_spellings(place):
    write(place, "a.harn", 'println(parseInt("1"))\n')
    ended = harn("check", "a.harn")
    assert "warning: there is no function `parseInt` here" in ended.errors
    assert "is not defined" not in ended.errors
    assert "= help: write `to_int(...)`" in ended.errors


def test_fix_mends_what_does_not_parse_and_then_the_rest(place):
    write(
        place, "a.harn", "const limit: int = 3\n\nfor i of [1, 2] {\n  if i === 1 and limit > 2 { println('one') }\n}\n"
    )
    ended = harn("check", "--fix", "a.harn")
    assert ended.status == 0, ended.errors
    assert "a.harn: applied 5 fix(es) of syntax errors" in ended.output
    assert harn("run", "a.harn").output == "one\n"
    text = (place / "a.harn").read_text()
    assert text == 'let limit: int = 3\n\nfor i in [1, 2] {\n  if i == 1 && limit > 2 { println("one") }\n}\n'


@pytest.mark.parametrize("text", ["let x = )\n", "const x: int = 1\nlet y = )\n", "don't say 'x'\n"])
def test_fix_leaves_a_file_alone_that_does_not_parse_after_it(place, text):
    write(place, "a.harn", text)
    ended = harn("check", "--fix", "a.harn")
    assert (ended.status, ended.output) == (1, "")
    assert (place / "a.harn").read_text() == text


@pytest.mark.parametrize("words", [["--fix"], ["--format", "sarif"], ["--format", "github"]])
def test_what_the_table_has_no_use_for_is_refused(place, words):
    write(place, "a.harn", PROGRAM)
    ended = harn("check", "--effects", *words, "a.harn")
    assert (ended.status, ended.output) == (2, "")
    assert "cannot be used with" in ended.errors.splitlines()[0]
