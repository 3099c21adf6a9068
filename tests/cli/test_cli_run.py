"""`harn run` as a process: what it prints, where, and with which status it ends."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest
from harn_process import COMMAND, environment, harn, write
from support import HANG_SECONDS


def test_a_program_that_succeeds_ends_with_0(tmp_path):
    write(tmp_path, "a.harn", 'println("hi")')
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (0, "hi\n", "")


def test_a_program_chooses_its_status_with_exit_and_keeps_what_it_printed(tmp_path):
    write(tmp_path, "a.harn", 'println("before")\nexit(7)\nprintln("after")')
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output, ended.errors) == (7, "before\n", "")


def test_arguments_after_two_dashes_are_the_global_argv(tmp_path):
    write(tmp_path, "a.harn", "println(argv)")
    assert harn("run", "a.harn", "--", "x", "--trace", "-h", cwd=tmp_path).output == "[x, --trace, -h]\n"
    assert harn("run", "a.harn", cwd=tmp_path).output == "[]\n"


def test_the_parameter_task_is_empty_or_what_the_environment_says():
    code = 'pipeline default(task, other) { println("[${task}] ${other}") }'
    assert harn("run", "-e", code).output == "[] nil\n"
    assert harn("run", "-e", code, HARN_TASK="mow the lawn").output == "[mow the lawn] nil\n"


def test_arguments_without_two_dashes_are_a_usage_error(tmp_path):
    write(tmp_path, "a.harn", "println(argv)")
    ended = harn("run", "a.harn", "x", cwd=tmp_path)
    assert (ended.status, ended.output) == (2, "")
    assert ended.errors.startswith("error: unexpected argument 'x' found\n")


def test_a_file_and_code_exclude_each_other():
    ended = harn("run", "-e", "1", "a.harn")
    assert ended.status == 2
    assert ended.errors.startswith("error: `harn run` accepts either `-e <code>` or `<file.harn>`, not both\n")


def test_a_file_or_code_has_to_be_given():
    ended = harn("run")
    assert ended.status == 2
    assert ended.errors.startswith("error: `harn run` requires either `-e <code>` or `<file.harn>`\n")


def test_code_resolves_imports_in_the_working_directory(tmp_path):
    write(tmp_path, "lib/tools.harn", "pub fn twice(x) { return x * 2 }")
    ended = harn("run", "-e", 'import "lib/tools"\nprintln(twice(4))\nprintln(basename(source_dir()))', cwd=tmp_path)
    assert (ended.output, ended.errors) == (f"8\n{tmp_path.name}\n", "")


def test_errors_in_code_have_the_lines_and_columns_of_that_code():
    ended = harn("run", "-e", "let a = 1\nlet b = a + nope")
    assert ended.errors == (
        "error: Runtime error: Undefined variable: nope (line 2)\n"
        "  --> <eval>:2:13\n"
        "   |\n"
        " 2 | let b = a + nope\n"
        "   |             ^^^^\n"
    )


def test_an_uncaught_error_is_reported_on_stderr_after_the_output(tmp_path):
    write(tmp_path, "a.harn", 'println("kept")\nfn f(n) {\n  throw "boom ${n}"\n}\nf(1)')
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "kept\n")
    assert ended.errors.splitlines()[:2] == ["error: Thrown: boom 1", "  --> a.harn:3:3"]
    assert ended.errors.splitlines()[-1] == "  = note: called from pipeline at a.harn:5"


def test_an_error_in_an_imported_function_shows_that_file(tmp_path):
    path = write(tmp_path, "lib.harn", "pub fn f() {\n  return 1 / 0\n}")
    write(tmp_path, "a.harn", 'import "lib"\nf()')
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert ended.errors.splitlines()[0] == "error: Runtime error: Division by zero (line 2)"
    assert os.path.samefile(tmp_path / ended.errors.splitlines()[1].split()[1].rsplit(":", 2)[0], path)
    assert " 2 |   return 1 / 0" in ended.errors


def test_every_syntax_error_is_shown(tmp_path):
    write(tmp_path, "a.harn", "let x = )\nlet y = 1\nlet z = )\n")
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors == (
        "error: Expected expression, got ) at 1:9\n"
        "  --> a.harn:1:9\n"
        "   |\n"
        " 1 | let x = )\n"
        "   |         ^ unexpected token\n"
        "error: Expected expression, got ) at 3:9\n"
        "  --> a.harn:3:9\n"
        "   |\n"
        " 3 | let z = )\n"
        "   |         ^ unexpected token\n"
    )


def test_a_compile_error_has_its_own_line(tmp_path):
    write(tmp_path, "a.harn", "let x = 1\nbreak\n")
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors == "error: compile error: Compile error at line 2: break outside of loop\n"


def test_a_missing_file_and_a_directory_are_named_with_the_reason(tmp_path):
    (tmp_path / "dir").mkdir()
    missing, directory = harn("run", "none.harn", cwd=tmp_path), harn("run", "dir", cwd=tmp_path)
    assert (missing.status, directory.status) == (1, 1)
    assert missing.errors == "Error reading none.harn: No such file or directory (os error 2)\n"
    assert directory.errors == "Error reading dir: Is a directory (os error 21)\n"


def test_a_file_that_is_no_utf8_is_a_diagnostic(tmp_path):
    (tmp_path / "a.harn").write_bytes(b'println("\xff")')
    ended = harn("run", "a.harn", cwd=tmp_path)
    assert ended.status == 1
    assert ended.errors.startswith("error: Invalid UTF-8 byte 0xFF at 1:10\n")


def test_a_reader_that_goes_away_ends_the_program_quietly(tmp_path):
    write(tmp_path, "a.harn", 'for i in 1 to 1000000 {\n  println("line ${i}")\n}')
    process = subprocess.Popen(
        [*COMMAND, "run", "a.harn"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() == b"line 1\n"
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert (process.wait(HANG_SECONDS), errors) == (141, b"")


# --- the sandbox ------------------------------------------------------------------------------------------------------


def test_a_denied_builtin_is_refused_before_its_arguments_are_looked_at(tmp_path):
    write(tmp_path, "a.harn", 'println("a")\nread_file()\nprintln("b")')
    ended = harn("run", "--deny", "exec, read_file", "a.harn", cwd=tmp_path)
    assert (ended.status, ended.output) == (1, "a\n")
    assert ended.errors.splitlines()[0] == "error: Error [tool_rejected]: Tool 'read_file' is not permitted."


def test_catching_a_refusal_binds_its_whole_text():
    code = 'try { read_file("x") } catch (e) { println(e) }'
    assert harn("run", "--deny=read_file", "-e", code).output == (
        "Error [tool_rejected]: Tool 'read_file' is not permitted.\n"
    )


def test_a_refusal_reaches_references_callbacks_and_tasks():
    code = """
let attempts = [
  fn() { let f = read_file
    return f("x") },
  fn() { return ["x"].map(read_file) },
  fn() { return await(spawn { read_file("x") }) },
  fn() { return parallel each ["x"] { p -> read_file(p) } },
]
for attempt in attempts {
  try { attempt() } catch (e) { println(e) }
}
"""
    ended = harn("run", "--deny", "read_file", "-e", code)
    assert (ended.errors, ended.output.splitlines()) == (
        "",
        ["Error [tool_rejected]: Tool 'read_file' is not permitted."] * 4,
    )


def test_a_user_function_of_a_denied_name_is_not_affected():
    code = 'fn read_file(p) { return "mine" }\nprintln(read_file("x"))'
    assert harn("run", "--deny", "read_file", "-e", code).output == "mine\n"


def test_allow_leaves_the_core_the_listed_names_and_all_syntax():
    code = """
struct P { x: int }
let {a, b} = {a: 1, b: 2}
for i in 1 to 2 { print(i) }
println([P { x: len([a, b]) }.x, unwrap(Ok(3)), [3, 1].sort(), abs(-1)])
"""
    ended = harn("run", "--allow", "abs", "-e", code)
    assert (ended.errors, ended.output) == ("", "12[2, 3, [1, 3], 1]\n")


def test_allow_refuses_everything_else():
    ended = harn("run", "--allow", "", "-e", 'write_file("x", "y")')
    assert ended.errors.splitlines()[0] == "error: Error [tool_rejected]: Tool 'write_file' is not permitted."


def test_deny_and_allow_exclude_each_other():
    ended = harn("run", "--deny", "a", "--allow", "b", "-e", "1")
    assert ended.status == 2
    assert ended.errors.startswith("error: the argument '--deny <LIST>' cannot be used with '--allow <LIST>'\n")


# --- colours ----------------------------------------------------------------------------------------------------------


def on_terminal(*words: str, **variables: str) -> str:
    """What `harn WORDS` writes to stderr when that is a terminal."""
    ours, theirs = pty.openpty()
    subprocess.run([*COMMAND, *words], env=environment(**variables), stderr=theirs, timeout=HANG_SECONDS, check=False)
    os.close(theirs)
    text = os.read(ours, 65536).decode()
    os.close(ours)
    return text


@pytest.mark.parametrize("code", ["let x = )", 'throw "x"'])
def test_errors_are_coloured_on_terminals_only_and_not_with_no_color(code):
    assert on_terminal("run", "-e", code).startswith("\x1b[1;31merror\x1b[0m: ")
    assert "\x1b" not in on_terminal("run", "-e", code, NO_COLOR="1")
    assert "\x1b" not in harn("run", "-e", code).errors


def test_the_joke_is_told_only_on_request():
    assert "= note: the compiler stepped on a rake here." in harn("run", "-e", "let x = )", HARN_FUN="1").errors
    assert "note" not in harn("run", "-e", "let x = )").errors
