"""The command as a whole: help, version, usage errors, internal errors."""

from __future__ import annotations

import shlex
import subprocess
import sys

import pytest
from harn_process import COMMAND, environment, harn, write

import harnpy
from harnpy.cli import main as main_module
from harnpy.cli.main import COMMANDS, main


@pytest.mark.parametrize("words", [["-V"], ["--version"]])
def test_the_version_is_one_line(words):
    assert harn(*words).output == f"harn {harnpy.__version__}\n"


def test_the_version_command_shows_a_banner():
    output = harn("version").output
    assert f"harn v{harnpy.__version__}" in output
    assert "the agent harness language" in output


def test_without_arguments_the_help_goes_to_stderr_and_the_status_is_2():
    ended = harn()
    assert (ended.status, ended.output) == (2, "")
    assert "Usage: harn COMMAND [flags] [args]" in ended.errors


@pytest.mark.parametrize("words", [["-h"], ["--help"], ["help"]])
def test_the_general_help_lists_every_command(words):
    ended = harn(*words)
    assert ended.status == 0
    assert all(f"\n  {name} " in ended.output for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_describes_itself_in_three_ways(name):
    texts = [harn(name, "-h"), harn(name, "--help"), harn("help", name)]
    assert {ended.status for ended in texts} == {0}
    assert len({ended.output for ended in texts}) == 1
    assert f"Usage: harn {name}" in texts[0].output


def test_an_unknown_command_is_a_usage_error_with_a_suggestion():
    ended = harn("chek")
    assert (ended.status, ended.output) == (2, "")
    assert ended.errors.startswith(
        "error: unrecognized subcommand 'chek'\n\n  hint: a similar command exists: 'check'\n"
    )


def test_an_unknown_flag_shows_the_usage_of_its_command():
    ended = harn("run", "--fast", "x.harn")
    assert ended.status == 2
    assert ended.errors.startswith("error: unexpected argument '--fast' found\n")
    assert (
        "Usage: harn run [-e CODE] [--trace] [--stats] [--deny LIST | --allow LIST] [--record] [--replay] "
        "[--llm-mock FILE] [--llm-mock-record FILE] [--tool-record FILE] [--tool-replay FILE] [--events FILE] [--quiet] "
        "[FILE] [-- ARG...]" in ended.errors
    )


def test_a_file_alone_is_run(tmp_path):
    write(tmp_path, "hi.harn", 'println("hi")')
    assert harn("hi.harn", cwd=tmp_path).output == "hi\n"


def test_a_file_with_more_words_is_no_shorthand(tmp_path):
    write(tmp_path, "hi.harn", 'println("hi")')
    ended = harn("hi.harn", "x", cwd=tmp_path)
    assert ended.status == 2
    assert "unrecognized subcommand 'hi.harn'" in ended.errors


def test_a_defect_of_harnpy_is_reported_as_one_and_not_as_a_traceback(monkeypatch, capsys):
    def broken(words: list[str]) -> int:
        raise LookupError("lost")

    monkeypatch.setattr(main_module, "dispatch", broken)
    assert main(["run"]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("internal error: LookupError: lost\n")
    assert "Please report it" in errors
    assert "Traceback" not in errors


def test_output_is_utf8_whatever_the_locale_says(tmp_path):
    write(tmp_path, "hi.harn", 'println("grün ✓")')
    assert harn("hi.harn", cwd=tmp_path, LC_ALL="C", PYTHONIOENCODING="ascii").output == "grün ✓\n"


def test_what_is_left_to_do_at_the_end_is_done(tmp_path):
    script = write(tmp_path, "hi.harn", 'println("hi")\nexit(3)')
    leave = "import atexit; atexit.register(print, 'left'); from harnpy.cli.main import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-c", leave, "run", script], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "hi\nleft\n", "")


def test_a_flag_of_run_in_front_says_where_it_belongs():
    ended = harn("-e", "println(1)")
    assert (ended.status, ended.output) == (2, "")
    assert ended.errors.startswith(
        "error: unexpected argument '-e' found\n\n  hint: a flag of `harn run`: harn run -e\n"
    )
    assert "hint" not in harn("--nonsense").errors


def test_a_working_directory_that_was_removed_is_in_the_way_of_nothing_that_needs_none(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    write(tmp_path, "c.harn", "pipeline test_c(task) { }")
    program = write(tmp_path, "a.harn", 'println([cwd(), source_dir(), try { read_file("x") }])')
    module = write(tmp_path, "b.harn", 'import "std/math"\nprintln([cwd(), source_dir(), sum([1, 2])])')

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        line = " ".join(shlex.quote(word) for word in (*COMMAND, *words))
        shell = ["sh", "-c", f"cd {gone} && rmdir {gone} && exec {line}"]
        gone.mkdir(exist_ok=True)
        return subprocess.run(shell, env=environment(), capture_output=True, text=True, check=False)

    missing = "Result.Err(Failed to read file ./x: No such file or directory (os error 2))"
    assert run("run", str(program)).stdout == f"[., {tmp_path}, {missing}]\n"
    assert run("run", str(module)).stdout == f"[., {tmp_path}, 3]\n"
    assert run("run", "-e", "println([cwd(), source_dir()])").stdout == "[., .]\n"
    for words in (("doctor", "--no-network"), ("test", str(tmp_path))):
        ended = run(*words)
        assert (ended.returncode, ended.stderr) == (1, "error: the working directory has been removed\n")
