"""Standard streams that are closed, full or read by nobody: no defect of harnpy, and no lost errors."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from harn_process import COMMAND, environment, write
from support import HANG_SECONDS


def shell(directory: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command in which HARN stands for the command."""
    return subprocess.run(
        ["bash", "-c", command.replace("HARN", " ".join(COMMAND))],
        cwd=directory,
        env=environment(),
        text=True,
        capture_output=True,
        timeout=HANG_SECONDS,
    )


def test_a_closed_standard_input_reads_as_empty(tmp_path):
    ended = shell(tmp_path, "HARN run -e 'println(\"[${prompt_user()}]\")' <&-")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[]\n", "")


def test_a_closed_standard_output_swallows_what_is_written_and_errors_are_still_reported(tmp_path):
    ended = shell(tmp_path, "HARN run -e 'println(1)\nthrow \"no\"' >&-")
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: Thrown: no\n")


def test_a_closed_standard_error_leaves_output_and_status_as_they_are(tmp_path):
    ended = shell(tmp_path, "HARN run -e 'println(1)\nthrow \"no\"' 2>&-")
    assert (ended.returncode, ended.stdout) == (1, "1\n")


@pytest.mark.parametrize("words", ["run a.harn", "check a.harn", "disasm a.harn", "test a.harn", "--help"])
def test_output_that_cannot_be_written_is_said_in_one_line(tmp_path, words):
    write(tmp_path, "a.harn", "pipeline test_a(task) { println(1) }")
    ended = shell(tmp_path, f"HARN {words} > /dev/full")
    assert ended.stderr == "error: cannot write the output: No space left on device (os error 28)\n"
    assert ended.returncode == 1


@pytest.mark.parametrize("input", ["1\\n2\\n3\\n", "println(1)\\nprintln(2)\\n"])
def test_a_repl_whose_output_nobody_reads_ends_without_a_word(tmp_path, input):
    ended = shell(tmp_path, f"printf '{input}' | HARN repl | true; echo ${{PIPESTATUS[1]}}")
    assert (ended.stdout, ended.stderr) == ("141\n", "")


def test_words_of_the_command_line_are_utf8_whatever_the_locale(tmp_path):
    command = "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 HARN run -e 'println(\"é ${argv}\")' -- ü"
    assert shell(tmp_path, command).stdout == "é [ü]\n"
