"""Standard input, environment variables, ending the program."""

from __future__ import annotations

import pytest
from scripted_world import ScriptedWorld, fiber_in, run_in
from support import run_source

from harnpy.builtins.environment import env
from harnpy.builtins.file_access import ExecutionContext
from harnpy.vm.errors import ExitProgram


@pytest.mark.parametrize(
    ("line", "answer"),
    [("yes\n", "[yes]"), ("  yes \t\r\n", "[  yes]"), ("\n", "[]"), ("", "[]"), ("a\x1f\u3000\n", "[a\x1f]")],
)
def test_an_answer_loses_its_trailing_white_space(line: str, answer: str) -> None:
    assert run_in(ScriptedWorld([line]), 'println("[${prompt_user()}]")') == answer + "\n"


@pytest.mark.parametrize(
    "error", [OSError(5, "broken"), ValueError("closed"), UnicodeDecodeError("utf-8", b"", 0, 1, "")]
)
def test_an_unreadable_input_gives_nil(error: Exception) -> None:
    assert run_in(ScriptedWorld([error]), "println(prompt_user())") == "nil\n"


@pytest.mark.parametrize(("argument", "shown"), [("", ""), ('"Name? "', "Name? "), ("5", "5"), ("nil", "")])
def test_the_prompt_is_visible_before_the_answer_is_read(argument: str, shown: str) -> None:
    world = ScriptedWorld()
    run_in(world, f"prompt_user({argument})")
    assert world.output_at_reads == [shown]


def test_the_prompt_of_a_child_task_is_visible_before_the_answer_is_read() -> None:
    world = ScriptedWorld(["a\n"])
    run_in(world, 'println(parallel 1 { i -> prompt_user("Name? ") })')
    assert (world.output_at_reads, world.output) == (["Name? "], "Name? [a]\n")


def test_env_reads_a_variable() -> None:
    world = ScriptedWorld(environment={"A": "x", "EMPTY": ""})
    source = 'println(env("A"))\nprintln(env("NO"))\nprintln(env("EMPTY") == "")\nprintln(env())'
    assert run_in(world, source) == "x\nnil\ntrue\nnil\n"


def test_env_or_gives_the_default_only_for_what_is_not_set() -> None:
    world = ScriptedWorld(environment={"A": "x", "EMPTY": ""})
    source = 'println(env_or("A", 1))\nprintln(env_or("NO", 8080))\nprintln(env_or("EMPTY", 1))\nprintln(env_or("NO"))'
    assert run_in(world, source) == "x\n8080\n\nnil\n"


def test_a_variable_that_is_not_unicode_counts_as_not_set() -> None:
    assert env(fiber_in(ScriptedWorld(environment={"A": "x\udcff"})), "A") is None


def test_the_execution_context_goes_before_the_process() -> None:
    fiber = fiber_in(ScriptedWorld(environment={"A": "process", "B": "process"}))
    fiber.task.get(ExecutionContext).environment = {"A": "context"}
    assert (env(fiber, "A"), env(fiber, "B")) == ("context", "process")


@pytest.mark.parametrize(
    ("argument", "code"), [("", 0), ("3", 3), ("-1", -1), ('"3"', 0), ("3.0", 0), ("true", 0), ("nil", 0)]
)
def test_exit_ends_the_program_with_a_code(argument: str, code: int) -> None:
    with pytest.raises(ExitProgram) as caught:
        run_source(f"try {{ exit({argument}) }} catch (e) {{ println(e) }}")
    assert caught.value.code == code


def test_exit_runs_no_cleanup() -> None:
    world = ScriptedWorld()
    with pytest.raises(ExitProgram):
        run_in(world, 'println("a")\ntry { exit(1) } finally { println("b") }')
    assert world.output == "a\n"
