"""The REPL at a pipe and at a terminal: reading, completing, colouring, interrupting, leaving."""

from __future__ import annotations

import signal
import subprocess

import pytest
from harn_process import COMMAND, environment, harn, write
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from pygments.token import Comment, Keyword, Name, Number, String
from support import HANG_SECONDS

import harnpy
from harnpy.cli.repl import answer, history_path
from harnpy.cli.repl_completion import HarnCompleter
from harnpy.cli.repl_highlight import HarnLexer
from harnpy.cli.repl_prompt import HISTORY_LIMIT, Prompt, open_history
from harnpy.cli.repl_session import ReplSession

BANNER = f"Harn REPL v{harnpy.__version__}\nType expressions or statements. Ctrl+C or Ctrl+D to exit.\n"


@pytest.fixture
def session():
    session = ReplSession()
    yield session
    session.close()


# --- a pipe -----------------------------------------------------------------------------------------------------------


def test_inputs_come_from_a_pipe_until_it_ends():
    ended = harn("repl", input="1 + 2\n\nnope\n_1\n")
    assert (ended.status, ended.output) == (0, f"{BANNER}3\n3\nGoodbye!\n")
    assert ended.errors == "Error: Runtime error: Undefined variable: nope (line 1)\n"


def test_an_input_goes_on_until_its_brackets_are_closed():
    ended = harn("repl", input='fn f(x) {\n  return "}" +\n    x\n}\nf("a")\n')
    assert (ended.output, ended.errors) == (f"{BANNER}}}a\nGoodbye!\n", "")


def test_an_unfinished_input_at_the_end_is_an_error():
    ended = harn("repl", input="fn f() {\n")
    assert ended.errors == "Error: Unexpected end of file, expected }\n"


def test_what_a_program_prints_comes_before_its_value():
    assert (
        harn("repl", input='fn f() {\n  println("side")\n  return 1\n}\nf()\n').output == f"{BANNER}side\n1\nGoodbye!\n"
    )


def test_quit_and_exit_leave():
    assert harn("repl", input=":quit\n1\n").output == f"{BANNER}Goodbye!\n"
    assert harn("repl", input="exit(3)\n1\n").status == 3


@pytest.mark.parametrize("code", ["while true { }", "sleep(60s)"])
def test_ctrl_c_stops_the_running_input_and_not_the_repl(code):
    process = subprocess.Popen(
        [*COMMAND, "repl"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f'let x = 7\nif true {{\n  println("ready")\n  {code}\n}}\n')
    process.stdin.flush()
    while process.stdout.readline() != "ready\n":
        pass
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate("x\n", timeout=HANG_SECONDS)
    assert (process.returncode, output, errors) == (0, "7\nGoodbye!\n", "Interrupted\n")


def test_a_defect_of_harnpy_costs_the_input_and_not_the_session(session, monkeypatch):
    def broken(text):
        raise LookupError("lost")

    monkeypatch.setattr(session, "evaluate", broken)
    assert answer(session, "1").error.startswith("internal error: LookupError: lost\n")


# --- a terminal -------------------------------------------------------------------------------------------------------


def typed(session, tmp_path, keys, count=1):
    """What the prompt reads when keys are typed."""
    with create_pipe_input() as pipe:
        pipe.send_text(keys)
        prompt = Prompt(session, tmp_path / "home/.harn/history", input=pipe, output=DummyOutput())
        return [prompt.read() for _ in range(count)]


def test_enter_ends_a_complete_input(session, tmp_path):
    assert typed(session, tmp_path, "1 + 2\r") == ["1 + 2"]


def test_enter_inside_brackets_begins_an_indented_line(session, tmp_path):
    assert typed(session, tmp_path, "fn f() {\rif x {\rg([\r1\r])\r}\r}\r") == [
        "fn f() {\n  if x {\n    g([\n      1\n    ])\n  }\n}"
    ]


def test_the_prompt_comes_back_after_an_input_that_waited(session, tmp_path):
    with create_pipe_input() as pipe:
        prompt = Prompt(session, tmp_path / "history", input=pipe, output=DummyOutput())
        pipe.send_text("sleep(1ms)\r_1\r")
        assert session.evaluate(prompt.read()).text == "nil"
        assert session.evaluate(prompt.read()).text == "nil"


def test_ctrl_d_on_an_empty_line_leaves(session, tmp_path):
    assert typed(session, tmp_path, "\x04") == [None]


def test_ctrl_c_drops_the_line_first_and_leaves_the_second_time(session, tmp_path, capsys):
    assert typed(session, tmp_path, "oops\x03\x03") == [None]
    assert capsys.readouterr().out == "(Ctrl+C again or Ctrl+D to exit)\n"


def test_after_a_dropped_line_another_one_can_be_typed(session, tmp_path):
    assert typed(session, tmp_path, "oops\x031\r") == ["1"]


def test_what_was_typed_comes_back_with_the_up_key_in_the_next_session_too(session, tmp_path):
    assert typed(session, tmp_path, "let a = 1\r") == ["let a = 1"]
    assert typed(session, tmp_path, "\x1b[A\r") == ["let a = 1"]


def test_tab_completes_a_name_and_appends_a_blank(session, tmp_path):
    with create_pipe_input() as pipe:
        prompt = Prompt(session, tmp_path / "history", input=pipe, output=DummyOutput())

        def finish(buffer: Buffer) -> None:
            if buffer.text == "println ":
                pipe.send_text("x\r")

        prompt.buffer.on_text_changed += finish
        pipe.send_text("printl\t")
        assert prompt.read() == "println x"


def test_the_history_is_kept_in_the_home_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert history_path() == tmp_path / ".harn/repl_history"
    monkeypatch.delenv("HOME")
    assert str(history_path()) == ".harn/repl_history"


def test_the_history_keeps_the_newest_entries_only(tmp_path):
    path = tmp_path / "history"
    history = FileHistory(str(path))
    for number in range(HISTORY_LIMIT + 5):
        history.store_string(f"{number}\nnext line")
    kept = list(open_history(path).load_history_strings())
    assert (len(kept), kept[0], kept[-1]) == (HISTORY_LIMIT, f"{HISTORY_LIMIT + 4}\nnext line", "5\nnext line")


def test_a_history_that_cannot_be_written_is_kept_in_memory(tmp_path):
    write(tmp_path, "file", "")
    assert isinstance(open_history(tmp_path / "file/history"), InMemoryHistory)


# --- completion -------------------------------------------------------------------------------------------------------


def completions(session, text):
    completer = HarnCompleter(session.registry, session.names, ["math", "text"])
    return [each.text for each in completer.get_completions(Document(text), CompleteEvent())]


def test_names_are_keywords_builtins_and_bindings_by_case_sensitive_prefix(session):
    session.evaluate("let printable = 1")
    assert completions(session, "let x = pri") == ["print ", "printable ", "println "]
    assert completions(session, "Pri") == []
    assert "parallel " in completions(session, "par")


def test_internal_builtins_are_not_offered(session):
    assert [text for text in completions(session, "_") if text.startswith("__")] == []


def test_members_are_those_of_the_kind_of_a_binding(session):
    session.evaluate('let name = "x"')
    session.evaluate("let conf = {retries: 1, keys_of: 2}")
    assert completions(session, "name.upper") == [
        each for each in sorted(session.registry.methods("string")) if each.startswith("upper")
    ]
    assert completions(session, "conf.ke") == ["keys", "keys_of"]
    assert completions(session, "conf?.retr") == ["retries"]


def test_members_of_a_struct_are_its_fields_and_methods(session):
    session.evaluate("struct P { width: int }")
    session.evaluate("impl P { fn widen(self) { return self } }")
    session.evaluate("let p = P { width: 1 }")
    assert completions(session, "p.wid") == ["widen", "width"]


def test_members_of_a_literal_follow_from_its_last_character(session):
    assert completions(session, "[1, 2].fil") == [
        each for each in sorted(session.registry.methods("list")) if each.startswith("fil")
    ]


def test_members_of_something_unknown_are_those_of_the_common_kinds(session):
    assert {"trim", "trim_start", "trim_end"} & set(completions(session, "f().trim") + completions(session, "zzz.trim"))


def test_an_import_completes_bundled_modules_files_and_directories(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "tools.harn", "")
    write(tmp_path, "things/inner.harn", "")
    write(tmp_path, "text.md", "")
    assert completions(session, 'import "t') == ["things/", "tools"]
    assert completions(session, 'import { a } from "std/') == ["std/math", "std/text"]
    assert completions(session, 'import "things/') == ["things/inner"]
    assert completions(session, 'import "none/') == []


def test_commands_complete_at_the_start_of_an_input(session):
    assert completions(session, ":t") == [":time ", ":type "]


@pytest.mark.parametrize("text", ['let x = "pri', "// pri", "/* pri", 'r"pri'])
def test_nothing_is_completed_inside_strings_and_comments(session, text):
    assert completions(session, text) == []


def test_names_are_completed_inside_interpolations_and_behind_comments(session):
    assert "println " in completions(session, 'let x = "a ${prin')
    assert "println " in completions(session, "/* a */ prin")


@given(st.text())
def test_completing_any_text_never_fails(text):
    completer = HarnCompleter(EMPTY.registry, EMPTY.names, [])
    assert all(each.text for each in completer.get_completions(Document(text), CompleteEvent()))


EMPTY = ReplSession()


# --- colours ----------------------------------------------------------------------------------------------------------


def coloured(text):
    return [(kind, value) for _, kind, value in HarnLexer().get_tokens_unprocessed(text) if value.strip()]


def test_keywords_builtins_strings_numbers_and_comments_have_their_colours():
    assert coloured('let x = len("a") + 30s // c') == [
        (Keyword, "let"),
        (Name, "x"),
        *[(kind, value) for kind, value in coloured("=")],
        (Name.Builtin, "len"),
        *coloured("("),
        (String, '"a"'),
        *coloured(")"),
        *coloured("+"),
        (Number, "30s"),
        (Comment, "// c"),
    ]


def test_code_inside_an_interpolation_is_coloured_as_code():
    assert (Name.Builtin, "len") in coloured('"a ${len(x)} b"')
    assert (String, '"a ') in coloured('"a ${len(x)} b"')


def test_a_string_that_is_still_open_is_a_string():
    assert coloured('"abc') == [(String, '"abc')]


@given(st.text())
def test_colouring_covers_any_text(text):
    pieces = list(HarnLexer().get_tokens_unprocessed(text))
    assert "".join(value for _, _, value in pieces) == text
    assert [start for start, _, _ in pieces] == sorted({start for start, _, _ in pieces})
