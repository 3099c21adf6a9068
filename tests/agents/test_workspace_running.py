"""The workspace tool `run`: output, exit codes, and that no process outlives the call that started it.

The clock jumps once a process has said that it is there (see process_life.py).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from process_life import Life
from support import PatientClock, run_source
from workspace_calls import call, workspace

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    life = Life(tmp_path)
    yield life
    life.close()


# --- results --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("true", "exit_code=0"),
        ("exit 3", "exit_code=3"),
        ("printf x", "x\nexit_code=0"),
        ("echo one; echo two >&2; echo three; echo four >&2", "one\ntwo\nthree\nfour\nexit_code=0"),
        ("kill -9 $$", "[killed by signal 9]\nexit_code=-1"),
        ("kill -TERM $$", "[killed by signal 15]\nexit_code=-1"),
        ("cat; echo end", "end\nexit_code=0"),  # there is no input
        ("(: < /dev/tty) 2> /dev/null || echo no terminal", "no terminal\nexit_code=0"),
        ("cat file.txt", "content\nexit_code=0"),
        (["printf", "%s|", "a b", "$HOME", "*"], "a b|$HOME|*|\nexit_code=0"),
        (r"printf 'a\377b'", "a\ufffdb\nexit_code=0"),
        (["no-such-program"], "Error: cannot run 'no-such-program': No such file or directory (os error 2)"),
        (["./file.txt"], "Error: cannot run './file.txt': Permission denied (os error 13)"),
        (["echo", "a\0b"], "Error: cannot run 'echo': file name contained an unexpected NUL byte"),
        ("", "Error: 'command' has to be a text for the shell, or a list of a program and its arguments"),
        ([], "Error: 'command' has to be a text for the shell, or a list of a program and its arguments"),
        ([1], "Error: 'command' has to be a text for the shell, or a list of a program and its arguments"),
        (None, "Error: 'command' has to be a text for the shell, or a list of a program and its arguments"),
    ],
)  # fmt: skip
def test_a_command_gives_its_output_and_exit_code(tmp_path: Path, command: object, text: str) -> None:
    (tmp_path / "file.txt").write_text("content\n")
    (tmp_path / "file.txt").chmod(0o644)
    assert call(tmp_path, "run", command=command) == text


def test_the_middle_of_a_long_output_is_left_out_and_counted(tmp_path: Path) -> None:
    program = "import sys\nfor number in range(1_000_000): print(f'{number:09}')"
    with workspace(tmp_path, max_output=1001) as tools:
        result = tools.call("run", command=[sys.executable, "-c", program])
    head, _, rest = result.partition("\n[... ")
    cut, _, tail = rest.partition(" bytes of output not shown ...]\n")
    body, _, status = tail.rpartition("exit_code=")
    assert head == "".join(f"{number:09}\n" for number in range(50))
    assert body == ("".join(f"{number:09}\n" for number in range(999_900, 1_000_000)))[-501:]
    assert (int(cut), status) == (10_000_000 - 1001, "0")


def test_characters_at_a_cut_are_whole(tmp_path: Path) -> None:
    with workspace(tmp_path, max_output=201) as tools:
        result = tools.call("run", command=[sys.executable, "-c", "print('é€' * 1000, end='')"])
    assert set(re.sub(r"\n\[.*\]\n|\nexit_code=0", "", result)) == {"é", "€"}


def test_output_that_just_fits_is_shown_whole(tmp_path: Path) -> None:
    with workspace(tmp_path, max_output=200) as tools:
        assert tools.call("run", command="printf %0200d 7") == "0" * 199 + "7\nexit_code=0"
        assert "[... 1 bytes of output not shown ...]" in tools.call("run", command="printf %0201d 7")


def test_commands_get_the_variables_they_are_given_and_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    monkeypatch.setenv("HARN_API_KEY", "sk-secret")
    monkeypatch.setenv("OTHER", "other")
    assert "sk-secret" not in call(tmp_path, "run", command="env")
    with workspace(tmp_path, env={"MINE": "mine", "OPENAI_API_KEY": "given"}) as tools:
        assert tools.call("run", command="echo $OTHER $MINE $OPENAI_API_KEY") == "other mine given\nexit_code=0"


def test_a_root_that_has_gone_is_said(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    with workspace(root) as tools:
        root.rmdir()
        assert tools.call("run", command="true").startswith("Error: cannot run '/bin/sh': No such file or directory")
        assert tools.call("read", path="x") == "Error: cannot read file 'x': No such file or directory (os error 2)"


# --- the end of processes -------------------------------------------------------------------------------------------


def test_a_command_that_takes_too_long_is_killed_with_all_its_processes(tmp_path: Path, life: Life) -> None:
    with workspace(tmp_path, PatientClock(life.has_begun)) as tools:
        result = tools.call("run", command=life.script, timeout_ms=5000)
        life.wait_for_death()
    assert result == "working\n[killed with all its processes after 5000 ms]\nexit_code=-1"


def test_no_call_may_take_longer_than_the_option_says(tmp_path: Path, life: Life) -> None:
    with workspace(tmp_path, PatientClock(life.has_begun), timeout_ms=700) as tools:
        assert "after 700 ms" in tools.call("run", command=life.script, timeout_ms=10**9)
        life.wait_for_death()


def test_a_command_that_ignores_signals_is_killed_all_the_same(tmp_path: Path, life: Life) -> None:
    with workspace(tmp_path, PatientClock(life.has_begun)) as tools:
        assert "exit_code=-1" in tools.call("run", command=f"trap '' TERM INT HUP; {life.script}")
        life.wait_for_death()


def test_what_a_command_leaves_in_the_background_is_killed_when_it_ends(tmp_path: Path, life: Life) -> None:
    script = f"({life.script}) & while ! test -e started; do :; done; echo leaving"
    assert call(tmp_path, "run", command=script) == "working\nleaving\nexit_code=0"
    life.wait_for_death()


def test_a_process_that_leaves_the_group_does_not_keep_the_call(tmp_path: Path, life: Life) -> None:
    # The command ends once that process is in a session of its own, which goes on once the command has ended.
    inner = "touch left; while kill -0 $0 2> /dev/null; do :; done; touch started; cat never"
    command = f"setsid sh -c '{inner}' $$ & while ! test -e left; do :; done; echo leaving"
    with workspace(tmp_path, PatientClock(life.has_begun)) as tools:
        result = tools.call("run", command=command, timeout_ms=100_000)
    os.close(os.open(tmp_path / "never", os.O_WRONLY))  # lets it end
    assert result == "leaving\nexit_code=0"


def run_program(root: Path, life: Life, source: str) -> str:
    world = CapturingWorld()
    world.clock = PatientClock(life.has_begun)
    runtime = make_runtime(world=world)
    program = f"""
let tools = workspace_tools({{root: "{root}"}})
fn run(command) {{
  let handler = tools.tools[5].handler
  return handler({{command: command}})
}}
{source}
"""
    try:
        runtime.run(runtime.compile(program, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return world.output


def test_a_deadline_kills_the_command(tmp_path: Path, life: Life) -> None:
    source = f'println(try {{ deadline 5s {{ run("{life.script}") }} }} catch (e) {{ e }})'
    assert run_program(tmp_path, life, source) == "Deadline exceeded\n"
    life.wait_for_death()


def test_cancelling_a_task_kills_its_command(tmp_path: Path, life: Life) -> None:
    source = f"""
let h = spawn {{ run("{life.script}") }}
sleep(1000)
cancel(h)
println("cancelled")
"""
    assert run_program(tmp_path, life, source) == "cancelled\n"
    life.wait_for_death()


def test_the_end_of_the_program_kills_commands_of_its_tasks(
    tmp_path: Path, life: Life, capfd: pytest.CaptureFixture[str]
) -> None:
    source = f"""
let h = spawn {{ run("{life.script}") }}
sleep(1000)
println("end")
"""
    assert run_program(tmp_path, life, source) == "end\n"
    life.wait_for_death()
    assert capfd.readouterr().err == ""


def test_other_tasks_run_while_a_command_does(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    source = f"""
let tools = workspace_tools({{root: "{tmp_path}"}})
let handler = tools.tools[5].handler
let h = spawn {{ handler({{command: "touch begun; cat pipe"}}) }}
while !file_exists("{tmp_path}/begun") {{ sleep(1) }}
write_file("{tmp_path}/pipe", "from the other task")
println(await(h))
let all = parallel 8 {{ i -> handler({{command: "echo $((${{i}} * 2))"}}) }}
println(all.map({{ text -> text.split("\\n")[0] }}))
"""
    assert run_source(source) == "from the other task\nexit_code=0\n[0, 2, 4, 6, 8, 10, 12, 14]\n"


def test_denying_the_tool_by_name_denies_its_calls(tmp_path: Path) -> None:
    world = CapturingWorld()
    runtime = make_runtime(world=world, denied=frozenset({"workspace_run"}))
    source = f'let h = workspace_tools({{root: "{tmp_path}"}}).tools[5].handler\nprintln(try {{ h({{command: "true"}}) }} catch (e) {{ e }})'
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert "Tool 'workspace_run' is not permitted." in world.output


def test_no_descriptor_and_no_child_is_left(tmp_path: Path) -> None:
    with workspace(tmp_path) as tools:
        tools.call("run", command="true")
        before = len(os.listdir("/proc/self/fd"))
        for command in ("true", "exit 1", ["no-such-program"], "sleep 100 & true"):
            tools.call("run", command=command)
        assert len(os.listdir("/proc/self/fd")) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
