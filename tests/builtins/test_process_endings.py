"""No process outlives the call that has started it, unless it was left in the background by a program that ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from process_life import Life
from support import PatientClock

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.vm import child_processes
from harnpy.vm.errors import ExitProgram


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    monkeypatch.chdir(tmp_path)
    life = Life(tmp_path)
    yield life
    life.close()


def run_program(life: Life, source: str) -> str:
    """Run a program in which SCRIPT stands for that of life; its clock jumps once the processes have begun."""
    world = CapturingWorld()
    world.clock = PatientClock(life.has_begun)
    runtime = make_runtime(world=world)
    program = source.replace("SCRIPT", f'"{life.script}"')
    try:
        runtime.run(runtime.compile(program, "test.harn", use_cache=False))
    except ExitProgram:
        pass
    finally:
        runtime.close()
    return world.output


CALLS = [
    "shell(SCRIPT)",
    'exec("sh", "-c", SCRIPT)',
    'shell_at(".", SCRIPT)',
    "exec_with({command: SCRIPT, shell: true})",
]
CALLS += ['host_call("process.exec", {command: SCRIPT})']


def test_time_that_is_over_kills_the_whole_group(life: Life) -> None:
    source = """
let r = exec_with({command: SCRIPT, shell: true, timeout: 5s})
println("${r.status} ${r.signal} ${r.success} ${r.timed_out} ${r.stdout}")
"""
    assert run_program(life, source) == "-1 SIGKILL false true working\n\n"
    life.wait_for_death()


def test_a_program_that_ignores_signals_is_killed_all_the_same(life: Life) -> None:
    script = f"trap '' TERM INT HUP; {life.script}"
    source = f'println(exec_with({{command: "{script}", shell: true, timeout: 100}}).timed_out)'
    assert run_program(life, source) == "true\n"
    life.wait_for_death()


def test_a_host_operation_has_a_time_limit_too(life: Life) -> None:
    source = 'println(host_call("process.exec", {command: SCRIPT, timeout: 5s}))'
    expected = "{combined: working\n, status: -1, stderr: , stdout: working\n, success: false, timed_out: true}\n"
    assert run_program(life, source) == expected
    life.wait_for_death()


@pytest.mark.parametrize("call", CALLS)
def test_a_deadline_kills_it_before_anybody_cleans_up(life: Life, call: str) -> None:
    source = f"""
try {{
  deadline 5s {{ {call} }}
}} catch (e) {{
  println(e)
  println(exec("sh", "-c", "kill -0 $(cat pid) 2> /dev/null || echo dead").stdout)
}}
"""
    source = source.replace("SCRIPT", f'"echo $$ > pid; {life.script}"')
    assert run_program(life, source) == "Deadline exceeded\ndead\n\n"
    life.wait_for_death()


@pytest.mark.parametrize("call", CALLS)
def test_cancelling_a_task_kills_it_before_finally_runs(life: Life, call: str) -> None:
    source = f"""
fn look(name) {{ write_file(name, to_string(file_exists("/proc/" + read_file("pid").trim()))) }}
let h = spawn {{
  defer {{ look("deferred") }}
  try {{ {call} }} finally {{ look("finally") }}
}}
sleep(1000)
look("before")
cancel(h)
while !file_exists("deferred") {{ sleep(10) }}
println([read_file("before"), read_file("finally"), read_file("deferred")])
"""
    source = source.replace("SCRIPT", f'"echo $$ > pid; {life.script}"')
    assert run_program(life, source) == "[true, false, false]\n"
    life.wait_for_death()


def test_the_other_branches_of_parallel_are_killed_with_a_deadline(life: Life) -> None:
    source = """
println(try { deadline 5s { parallel 3 { i -> if i == 1 { shell(SCRIPT) } else { sleep(60s) } } } } catch (e) { e })
"""
    assert run_program(life, source) == "Deadline exceeded\n"
    life.wait_for_death()


@pytest.mark.parametrize("ending", ["", "exit(3)", 'throw "over"'])
def test_the_end_of_the_program_kills_programs_of_its_tasks(
    life: Life, ending: str, capfd: pytest.CaptureFixture[str]
) -> None:
    source = f"""
let h = spawn {{ shell(SCRIPT) }}
sleep(1000)
println("end")
{ending}
"""
    if "throw" in ending:
        with pytest.raises(Exception, match="over"):
            run_program(life, source)
    else:
        assert run_program(life, source) == "end\n"
    life.wait_for_death()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("call", CALLS)
def test_what_a_program_leaves_in_the_background_goes_on_and_does_not_hold_the_caller(life: Life, call: str) -> None:
    # It keeps the pipes open. The clock jumps as soon as it has begun, so that nothing here takes a second.
    script = f"({life.script}) & while ! test -e started; do :; done; echo leaving"
    source = f"println({call}.stdout)".replace("SCRIPT", f'"{script}"')
    assert run_program(life, source) == "working\nleaving\n\n"
    assert not life.has_ended()
    life.let_end()


def test_a_process_that_has_left_the_group_does_not_hold_a_caller_whose_time_is_over(life: Life) -> None:
    script = f"setsid sh -c '{life.script}' & cat never"
    source = f'println(exec_with({{command: "{script}", shell: true, timeout: 5s}}).timed_out)'
    assert run_program(life, source) == "true\n"
    life.let_end()


def test_cleaning_up_has_a_limit_for_what_takes_its_time(monkeypatch: pytest.MonkeyPatch, life: Life) -> None:
    killed: list[int] = []
    kill_group = child_processes.kill_group
    monkeypatch.setattr(child_processes, "kill_group", killed.append)  # as if it could not be killed
    source = (
        'println(try { deadline 5s { shell("echo $$ > pid; exec cat never & touch started; wait") } } catch (e) { e })'
    )
    try:
        world = CapturingWorld()
        world.clock = PatientClock(life.has_begun)
        runtime = make_runtime(world=world)
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
        assert (world.output, len(killed)) == ("Deadline exceeded\n", 1)
    finally:
        for each in killed:
            kill_group(each)
        runtime.close()


@pytest.mark.parametrize("has_descriptors", [True, False])
def test_where_the_system_has_no_process_descriptors_a_thread_waits(
    monkeypatch: pytest.MonkeyPatch, life: Life, has_descriptors: bool
) -> None:
    if not has_descriptors:
        monkeypatch.setattr(child_processes, "_process_descriptor", lambda pid: None)
    source = """
println(parallel 20 { i -> exec("sh", "-c", "exit ${i}").status })
println(exec_with({command: SCRIPT, shell: true, timeout: 5s}).signal)
"""
    assert run_program(life, source) == f"{list(range(20))}\nSIGKILL\n"
    life.wait_for_death()
