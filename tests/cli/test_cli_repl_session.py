"""What a REPL session keeps, numbers, shows and survives."""

from __future__ import annotations

import time
from threading import Thread

import pytest
from harn_process import write
from hypothesis import given
from hypothesis import strategies as st

from harnpy.cli.repl_commands import COMMAND_NAMES, Quit, run_command
from harnpy.cli.repl_session import ReplSession, Reply, is_expression, named_result


@pytest.fixture
def session():
    session = ReplSession()
    yield session
    session.close()


def results(session, *inputs):
    return [reply.error or reply.text for reply in map(session.evaluate, inputs)]


def test_the_value_of_an_expression_is_shown_and_stays_available(session):
    assert results(session, "1 + 2", "_1 * 2", "_1 + _2") == ["3", "6", "9"]


def test_failed_expressions_count_as_well(session):
    assert results(session, "1", "nope", "3", "[_1, _3]")[2:] == ["3", "[1, 3]"]


def test_statements_and_declarations_show_nothing(session):
    assert results(session, "let x = 1", "fn f() { return 2 }", "if true { 3 }", "var y = 4", "y = 5", "y") == [
        *[""] * 5,
        "5",
    ]


def test_bindings_survive_an_error(session):
    assert results(session, "let x = 1", "x + nope", "throw x", "x") == [
        "",
        "Error: Runtime error: Undefined variable: nope (line 1)",
        "Error: Thrown: 1",
        "1",
    ]


def test_syntax_and_compile_errors_are_the_terse_texts(session):
    assert results(session, "let x = )", "break") == [
        "Error: Expected expression, got ) at 1:9",
        "Error: Compile error at line 1: break outside of loop",
    ]


def test_a_syntax_error_in_an_expression_has_the_position_that_was_typed(session):
    assert results(session, "1 + )") == ["Error: Expected expression, got ) at 1:5"]


def test_an_input_runs_once(session):
    assert results(session, "let n = atomic(0)", "atomic_add(n, 1)", "1", "2", "atomic_get(n)")[-1] == "1"


def test_a_dict_literal_is_an_expression(session):
    assert results(session, '{a: 1, b: "x"}', "_1.b") == ["{a: 1, b: x}", "x"]


def test_of_several_statements_the_last_value_counts(session):
    assert results(session, "len([1])\nlen([1, 2])", "_1") == ["2", "2"]


def test_the_value_at_the_end_of_a_pasted_program_is_shown(session):
    assert results(session, "fn f(x) { return x + 1 }\nlet a = f(1)\na * 2 // done", "_1") == ["4", "4"]


def test_an_assignment_at_the_end_of_several_statements_shows_nothing(session):
    assert results(session, "var a = 1\nlen([a])\na = 2", "a") == ["", "2"]


@pytest.mark.parametrize(
    ("input", "line_end"),
    [('print("a")', "\n"), ('println("a")', ""), ("1", ""), ('print("a\\n")', ""), ('print("")', "")],
)
def test_output_that_leaves_a_line_open_is_ended_once(session, input, line_end):
    session.evaluate(input)
    assert (session.take_line_end(), session.take_line_end()) == (line_end, "")


def wait_for(path):
    while not path.exists():
        time.sleep(0.001)


def test_insisting_ends_what_an_interrupted_input_cleans_up(session, tmp_path):
    begun, cleaning = tmp_path / "begun", tmp_path / "cleaning"

    def interrupt_twice():
        wait_for(begun)
        session.interrupt()
        wait_for(cleaning)
        session.interrupt(insist=True)

    interrupting = Thread(target=interrupt_twice, daemon=True)
    interrupting.start()
    reply = session.evaluate(f"""
var n = 1
try {{
  write_file("{begun}", "")
  sleep(1h)
}} finally {{
  n = 2
  write_file("{cleaning}", "")
  while true {{ }}
}}
""")
    interrupting.join()
    assert reply.error == "Interrupted"
    assert results(session, "n") == ["2"]


def test_functions_types_and_imports_stay(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "lib.harn", "pub fn twice(x) { return x * 2 }")
    assert results(session, 'import "lib"', "struct P { x: int }", "P { x: twice(2) }.x") == ["", "", "4"]


def test_a_function_can_be_redefined(session):
    assert results(session, "fn f() { return 1 }", "fn f() { return 2 }", "f()")[-1] == "2"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1 + 2", True),
        ("println(1)", False),
        ("x = 1", False),
        ("x == 1", True),
        ("printable", True),
        ("pub fn f() { }", False),
        ("match x { }", False),
        ("{a: 1}", True),
    ],
)
def test_an_input_is_an_expression_by_its_first_word_and_its_equals_signs(text, expected):
    assert is_expression(text) is expected


@given(st.text())
def test_naming_a_result_never_fails_and_keeps_the_line_numbers(text):
    named = named_result(text, "_1")
    assert named == text or named.count("\n") == text.count("\n") + 1


# --- commands ---------------------------------------------------------------------------------------------------------


def test_help_lists_every_command(session):
    text = run_command(session, ":help").text
    assert all(f"  {name}" in text for name in COMMAND_NAMES)


def test_type_names_the_kind_of_a_value_or_the_signature_of_a_function(session):
    session.evaluate("fn add(a, b) { return a + b }")
    texts = [run_command(session, f":type {text}").text for text in ("1.5", "[1]", "len", "add")]
    assert texts == ["float", "list", "builtin: len(value: any) -> int", "closure: fn(a, b)"]


def test_type_neither_numbers_nor_shows_the_value(session):
    run_command(session, ":type 41")
    assert results(session, "1", "_1") == ["1", "1"]


def test_type_of_something_that_fails_is_the_error(session):
    assert run_command(session, ":type nope").error.startswith("Error: Runtime error: Undefined variable: nope")
    assert run_command(session, ":type let x = 1") == Reply(error="Error: this input has no value")


def test_doc_explains_builtins_and_methods(session):
    assert run_command(session, ":doc len").text.startswith("len(value: any) -> int\n  ")
    assert run_command(session, ":doc list.map").text.startswith("list.map(")
    assert "dict.map" in run_command(session, ":doc .map").text or "iter.map" in run_command(session, ":doc .map").text
    assert run_command(session, ":doc nonsense") == Reply(error="No documentation for nonsense")


def test_load_runs_a_file_in_the_session(session, tmp_path):
    path = write(tmp_path, "a.harn", "fn f() { return 5 }\nlet loaded = f()\n")
    assert run_command(session, f":load {path}") == Reply()
    assert results(session, "loaded + f()") == ["10"]


def test_load_says_what_is_wrong_with_the_file(session, tmp_path):
    assert run_command(session, ":load none.harn").error == (
        "Error reading none.harn: No such file or directory (os error 2)"
    )
    path = write(tmp_path, "a.harn", "let x = )")
    assert run_command(session, f":load {path}").error == "Error: Expected expression, got ) at 1:9"


def test_time_shows_the_result_and_how_long_it_took(session):
    lines = run_command(session, ":time 1 + 1").text.splitlines()
    assert lines[0] == "2"
    assert lines[1].startswith("(") and lines[1].endswith(" ms)")


def test_reset_forgets_bindings_and_numbers(session):
    results(session, "let zebra_crossing = 1", "2")
    run_command(session, ":reset")
    assert results(session, "1", "zebra_crossing", "_1") == [
        "1",
        "Error: Runtime error: Undefined variable: zebra_crossing (line 1)",
        "1",
    ]


def test_quit_leaves(session):
    with pytest.raises(Quit):
        run_command(session, ":quit")


def test_an_unknown_command_points_to_the_help(session):
    assert run_command(session, ":what") == Reply(error="Unknown command :what; :help lists the commands")


def test_a_missing_argument_shows_the_usage(session):
    assert run_command(session, ":doc") == Reply(error="Usage: :doc NAME")
