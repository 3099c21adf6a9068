"""Checkpoints, on real files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from scripted_world import fiber_in
from state_programs import Project, StateWorld

from harnpy.builtins import checkpoints


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_checkpoint_survives_from_run_to_run(project: Project) -> None:
    project.run('checkpoint("k", {a: [1.0, nil]})\ncheckpoint("none", nil)')
    source = """
println(checkpoint_get("k"))
println(checkpoint_exists("none"))
println(checkpoint_get("none"))
println(checkpoint_exists("other"))
println(checkpoint_list())
"""
    assert project.run(source) == ["{a: [1.0, nil]}", "true", "nil", "false", "[k, none]"]


def test_each_program_has_a_file_of_its_own(project: Project) -> None:
    project.run('checkpoint("k", 1)', "one.two.harn")
    assert project.run('println(checkpoint_exists("k"))', "other.harn") == ["false"]
    file = project.state / "checkpoints" / "one.two.json"
    assert file.read_text() == '{\n  "k": 1\n}'


def test_deleting_a_key_writes_the_file_and_clearing_removes_it(project: Project) -> None:
    file = project.state / "checkpoints" / "main.json"
    project.run('checkpoint("a", 1)\ncheckpoint("b", 2)\ncheckpoint_delete("a")\ncheckpoint_delete("none")')
    assert json.loads(file.read_text()) == {"b": 2}
    project.run("checkpoint_clear()\ncheckpoint_clear()")
    assert os.listdir(file.parent) == []
    assert project.run('checkpoint_clear()\ncheckpoint("c", 3)\nprintln(checkpoint_list())') == ["[c]"]
    assert json.loads(file.read_text()) == {"c": 3}


def test_clearing_without_a_state_directory_creates_none(project: Project) -> None:
    assert project.run("println(checkpoint_clear())") == ["nil"]
    assert os.listdir(project.directory) == []


@pytest.mark.parametrize(
    ("path", "name"),
    [("<repl>", "default"), ("", "default"), ("..harn", "default"), ("a/b.harn", "b"), (".harn", ".harn"), ("x", "x")],
)
def test_the_file_is_named_after_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    fiber = fiber_in(StateWorld({"HARN_STATE_DIR": str(tmp_path)}))
    fiber.runtime.entry_path = path
    checkpoints.checkpoint(fiber, "k", 1)
    assert os.listdir(tmp_path / "checkpoints") == [f"{name}.json"]


def test_code_of_the_command_line_has_a_file_for_each_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fiber = fiber_in(StateWorld())
    fiber.runtime.entry_path = "<eval>"
    checkpoints.checkpoint(fiber, "k", 1)
    checkpoints.checkpoint(fiber, "l", 2)
    assert os.listdir(tmp_path / ".harn" / "checkpoints") == ["eval-00000001.json"]


def test_failures_have_texts_of_their_own(project: Project) -> None:
    directory = project.state / "checkpoints"
    directory.parent.mkdir()
    directory.touch()
    assert project.failure('checkpoint("k", 1)') == "Runtime error: checkpoint mkdir error: File exists (os error 17)"
    assert project.run("println(checkpoint_list())") == ["[]"]
    directory.unlink()
    (directory / "main.json").mkdir(parents=True)
    is_directory = "Is a directory (os error 21)"
    assert project.failure('checkpoint("k", 1)') == f"Runtime error: checkpoint write error: {is_directory}"
    assert project.failure("checkpoint_clear()") == f"Runtime error: checkpoint clear error: {is_directory}"
    deep = 'var deep = 0\nfor i in 1 to 130 { deep = [deep] }\ncheckpoint("k", deep)'
    assert project.failure(deep) == "Runtime error: checkpoint save error: the value is nested too deeply"


def test_clearing_keeps_a_damaged_file_aside(project: Project) -> None:
    file = project.state / "checkpoints" / "main.json"
    file.parent.mkdir(parents=True)
    file.write_text("work of hours")
    project.run("checkpoint_clear()")
    assert os.listdir(file.parent) == ["main.json.corrupt"]
    assert (file.parent / "main.json.corrupt").read_text() == "work of hours"
