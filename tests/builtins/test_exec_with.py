"""exec_with: input, variables, directory, limits; every bad option is named with what was found and what is expected."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from process_calls import call, error_of
from support import make_test_runtime, run_source

from harnpy.builtins.file_access import ExecutionContext
from harnpy.vm.child_processes import KeptOutput, RunOptions, _Keeper
from harnpy.vm.values import Duration, Value

QUIET = {
    "stdout": "", "stderr": "", "combined": "", "status": 0, "success": True, "signal": None, "timed_out": False,
    "truncated": False,
}  # fmt: skip


def run(command: Value, **options: Value) -> dict[str, Value]:
    result = call("exec_with", {"command": command, **options})
    assert type(result) is dict
    return result


# --- results --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"command": "true"}, {}),
        ({"command": ["false"]}, {"status": 1, "success": False}),
        ({"command": ["printf", "%s|", "a b", "$HOME", 5, 1.5, True]}, {"stdout": "a b|$HOME|5|1.5|true|"}),
        ({"command": "printf $((1 + 1))", "shell": True}, {"stdout": "2"}),
        ({"command": "kill -TERM $$", "shell": True}, {"status": -1, "success": False, "signal": "SIGTERM"}),
        ({"command": "kill -36 $$", "shell": True}, {"status": -1, "success": False, "signal": "SIG36"}),
        ({"command": ["cat"], "stdin": "é\n"}, {"stdout": "é\n"}),
        ({"command": ["cat"], "stdin": ""}, {}),
        ({"command": ["cat"], "stdin": None, "timeout": None, "env": None, "cwd": None, "max_output": None}, {}),
        ({"command": ["true"], "stdin": "x" * 1_000_000}, {}),  # it reads nothing of it
        ({"command": "exec <&-; sleep 0", "shell": True, "stdin": "x" * 1_000_000}, {}),
        ({"command": ["pwd"], "cwd": "/"}, {"stdout": "/\n"}),
        ({"command": ["true"], "timeout": Duration(60_000)}, {}),
        ({"command": ["true"], "timeout": 10**18}, {}),
    ],
)
def test_options_do_what_they_say(options: dict[str, Value], expected: dict[str, Value]) -> None:
    combined = expected.get("stdout", "")
    assert call("exec_with", options) == {**QUIET, "combined": combined, **expected}


def test_input_and_output_may_be_larger_than_any_pipe() -> None:
    text = "0123456789abcde\n" * 1_000_000
    assert run(["cat"], stdin=text)["stdout"] == text


def test_both_streams_come_in_order() -> None:
    # Each line is written when the one before has been read: by a shell that looks at the pipes' fill.
    program = """
import fcntl, os, termios
def is_empty(): return all(fcntl.ioctl(fd, termios.FIONREAD, b"    ") == b"\\0\\0\\0\\0" for fd in (1, 2))
for number in range(100):
    os.write(1 + number % 2, f"{number}\\n".encode())
    while not is_empty(): pass
"""
    result = run([sys.executable, "-c", program])
    assert result["combined"] == "".join(f"{number}\n" for number in range(100))
    assert result["stderr"] == "".join(f"{number}\n" for number in range(1, 100, 2))


def test_merged_streams_are_in_exact_order() -> None:
    script = "for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo err$i >&2; done"
    expected = "".join(f"{number}\nerr{number}\n" for number in range(1, 10))
    result = run(script, shell=True, merge_stderr=True)
    assert (result["stdout"], result["combined"], result["stderr"]) == (expected, expected, "")


def test_variables_are_laid_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "kept")
    monkeypatch.setenv("CHANGED", "old")
    monkeypatch.setenv("REMOVED", "still there")
    script = 'echo "$KEPT $CHANGED ${REMOVED-gone} $NUMBER"'
    result = run(script, shell=True, env={"CHANGED": "new", "REMOVED": None, "NUMBER": 5})
    assert result["stdout"] == "kept new gone 5\n"
    assert os.environ["REMOVED"] == "still there"


def test_programs_are_looked_for_in_the_path_that_they_get(tmp_path: Path) -> None:
    (tmp_path / "greet").write_text("#!/bin/sh\necho hello\n")
    (tmp_path / "greet").chmod(0o755)
    assert run(["greet"], env={"PATH": f"{tmp_path}:/bin:/usr/bin"})["stdout"] == "hello\n"
    assert run(["./greet"], cwd=str(tmp_path))["stdout"] == "hello\n"


def test_options_go_before_the_execution_context(tmp_path: Path) -> None:
    (tmp_path / "context" / "data").mkdir(parents=True)
    runtime = make_test_runtime()
    runtime.begin_with(ExecutionContext(str(tmp_path / "context"), {"A": "context", "B": "context"}))
    source = """
let script = "pwd; echo $A $B"
print(exec_with({command: script, shell: true}).stdout)
print(exec_with({command: script, shell: true, cwd: "data", env: {A: "option", B: nil}}).stdout)
"""
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    place = tmp_path / "context"
    expected = [f"{place}", "context context", f"{place}/data", "option"]
    assert runtime.world.output.splitlines() == expected  # type: ignore[attr-defined]


# --- output that is too long ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "kept", "truncated"),
    [(0, "", True), (1, "a", True), (2, "a", True), (3, "aé", True), (6, "aéaé", True), (7, "aéaéz", False), (8, "aéaéz", False)],
)  # fmt: skip
def test_what_is_beyond_the_limit_is_dropped(limit: int, kept: str, truncated: bool) -> None:
    result = run(["printf", "%s", "aéaéz"], max_output=limit)
    assert (result["stdout"], result["combined"], result["truncated"]) == (kept, kept, truncated)
    assert result["status"] == 0


def test_each_stream_has_its_own_limit() -> None:
    result = run("printf 123456; printf abcdef >&2", shell=True, max_output=4)
    assert (result["stdout"], result["stderr"], len(result["combined"])) == ("1234", "abcd", 4)


@given(data=st.binary(max_size=200), limit=st.integers(0, 220))
@settings(deadline=None)
def test_cut_text_is_the_beginning_of_the_whole(data: bytes, limit: int) -> None:
    whole = data.decode("utf-8", "replace")
    kept = KeptOutput(data[:limit], b"", max(0, len(data) - limit)).text
    assert whole.startswith(kept)
    assert len(data[:limit]) - len(kept.encode("utf-8", "replace")) <= 3 or "\ufffd" in whole


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=30), max_size=30),
    limit=st.none() | st.integers(0, 300),
    keeps_end=st.booleans(),
)
@settings(deadline=None, max_examples=500)
def test_what_is_kept_is_the_beginning_and_the_end_however_it_comes(
    chunks: list[bytes], limit: int | None, keeps_end: bool
) -> None:
    keeper = _Keeper(RunOptions(max_output=limit, keeps_end=keeps_end))
    for each in chunks:
        keeper.add(each)
    whole, kept = b"".join(chunks), keeper.kept()
    head = len(whole) if limit is None else limit // 2 if keeps_end else limit
    tail = 0 if limit is None else limit - head if keeps_end else 0
    assert kept.head == whole[:head]
    assert kept.tail == whole[max(len(kept.head), len(whole) - tail) :]
    assert kept.cut == len(whole) - len(kept.head) - len(kept.tail)


MEMORY = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from support import run_source
run_source('exec("true")')
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(run_source('''
let r = exec_with({command: "head -c 1000000000 /dev/zero; head -c 100000000 /dev/zero >&2", shell: true, max_output: 1000})
println("${len(r.stdout)} ${len(r.stderr)} ${len(r.combined)} ${r.truncated} ${r.status}")
'''), end="")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_gigabyte_of_output_takes_no_memory_with_a_limit() -> None:
    tests = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, tests], capture_output=True, text=True, timeout=120, check=True, env=os.environ
    )
    shown, grown = done.stdout.splitlines()
    assert shown == "1000 1000 1000 true 0"
    assert int(grown) < 4_000  # kilobytes


# --- bad options ----------------------------------------------------------------------------------------------------

NO_NUL = "must not hold NUL characters"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (None, "options must be a dict, got nil"),
        (["ls"], "options must be a dict, got list"),
        ({}, "command is required"),
        ({"command": None}, "command is required"),
        ({"command": ""}, "command must not be empty"),
        ({"command": []}, "command must not be empty"),
        ({"command": [""]}, "command must not be empty"),
        ({"command": "", "shell": True}, "command must not be empty"),
        ({"command": 5}, "command must be a string or a list of a program and its arguments, got int"),
        ({"command": ["ls", ["-l"]]}, "command[1] must be a string or a number, got list"),
        ({"command": ["ls", None]}, "command[1] must be a string or a number, got nil"),
        ({"command": ["ls"], "shell": True}, "command must be a string where shell is true, got list"),
        ({"command": ["a\0b"]}, f"command {NO_NUL}"),
        ({"command": "ls", "shell": "yes"}, "shell must be a bool, got string"),
        ({"command": "ls", "merge_stderr": 1}, "merge_stderr must be a bool, got int"),
        ({"command": "ls", "cwd": 5}, "cwd must be a string, got int"),
        ({"command": "ls", "cwd": ""}, "cwd must not be empty or hold NUL characters"),
        ({"command": "ls", "env": ["A=1"]}, "env must be a dict of names and values, got list"),
        ({"command": "ls", "env": {"A": []}}, "env.A must be a string or a number, or nil to remove the variable, got list"),
        ({"command": "ls", "env": {"A=B": "1"}}, "env has the name 'A=B'; names must be not empty and without '=' and NUL"),
        ({"command": "ls", "env": {"": "1"}}, "env has the name ''; names must be not empty and without '=' and NUL"),
        ({"command": "ls", "env": {"A": "\0"}}, f"env.A {NO_NUL}"),
        ({"command": "ls", "stdin": 5}, "stdin must be a string, got int"),
        ({"command": "ls", "stdin": "\ud800"}, "stdin contains a lone surrogate, which UTF-8 cannot hold"),
        ({"command": "ls", "timeout": "5s"}, "timeout must be a duration or an int of milliseconds, got string"),
        ({"command": "ls", "timeout": 1.5}, "timeout must be a duration or an int of milliseconds, got float"),
        ({"command": "ls", "timeout": True}, "timeout must be a duration or an int of milliseconds, got bool"),
        ({"command": "ls", "timeout": 0}, "timeout must be at least 1ms, got 0"),
        ({"command": "ls", "timeout": Duration(0)}, "timeout must be at least 1ms, got 0ms"),
        ({"command": "ls", "max_output": "1k"}, "max_output must be an int of bytes, got string"),
        ({"command": "ls", "max_output": -1}, "max_output must not be negative, got -1"),
        (
            {"command": "ls", "timeuot": 5},
            "unknown option 'timeuot' (did you mean 'timeout'?); there are: command, cwd, env, max_output, merge_stderr, "
            "shell, stdin, timeout",
        ),
        (
            {"command": "ls", "zzzzzzzz": 5},
            "unknown option 'zzzzzzzz'; there are: command, cwd, env, max_output, merge_stderr, shell, stdin, timeout",
        ),
    ],
)  # fmt: skip
def test_bad_options_are_named(options: Value, message: str) -> None:
    assert error_of("exec_with", options) == f"exec_with: {message}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"command": ["no-such-program-9"]}, "command 'no-such-program-9': No such file or directory (os error 2)"),
        (
            {"command": "ls -l"},
            "command 'ls -l': No such file or directory (os error 2); a string is the name of a program: give its "
            "arguments in a list, or set shell: true",
        ),
        ({"command": "ls", "cwd": "/no/such"}, "cwd '/no/such': No such file or directory (os error 2)"),
        ({"command": "ls", "cwd": "/dev/null"}, "cwd '/dev/null': Not a directory (os error 20)"),
        ({"command": "/dev/null"}, "command '/dev/null': Permission denied (os error 13)"),
    ],
)
def test_what_cannot_be_started_is_said(options: Value, message: str) -> None:
    assert error_of("exec_with", options) == f"exec_with failed: {message}"


def test_too_many_open_files_are_an_error_and_leave_nothing_open() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_now = len(os.listdir("/proc/self/fd"))
    source = """
exec("true")
let before = len(list_dir("/proc/self/fd"))
let results = parallel settle range(0, 40) { i -> exec_with({command: ["cat"], stdin: "x", timeout: 10s}).stdout }
println("${results.succeeded > 0} ${results.failed > 0} ${len(list_dir("/proc/self/fd")) - before}")
println(to_string(results.results).contains("Too many open files (os error 24)"))
"""
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + 40, hard))
    try:
        output = run_source(source)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert output == "true true 0\ntrue\n"
