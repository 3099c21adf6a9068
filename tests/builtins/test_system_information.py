"""temp_dir, home_dir, username, hostname, platform, arch, pid, and the directories that a task knows."""

from __future__ import annotations

import os
import platform
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
from scripted_world import ScriptedWorld, fiber_in, run_in
from support import make_test_runtime

from harnpy.builtins.file_access import ExecutionContext
from harnpy.vm.machine import architecture_name, platform_name


@pytest.mark.parametrize(
    ("name", "environment", "expected"),
    [
        ("temp_dir", {}, "/tmp"),
        ("temp_dir", {"TMPDIR": "/var/t"}, "/var/t"),
        ("temp_dir", {"TMPDIR": ""}, "/tmp"),
        ("home_dir", {}, ""),
        ("home_dir", {"HOME": "/home/a", "USERPROFILE": "/b"}, "/home/a"),
        ("home_dir", {"USERPROFILE": "/b"}, "/b"),
        ("username", {"USER": "ada", "USERNAME": "b"}, "ada"),
        ("username", {"USERNAME": "b"}, "b"),
        ("username", {}, pwd.getpwuid(os.getuid()).pw_name),
        ("hostname", {"HOSTNAME": "h", "COMPUTERNAME": "c"}, "h"),
        ("hostname", {"COMPUTERNAME": "c"}, "c"),
        ("hostname", {}, platform.node()),
        ("platform", {}, "linux"),
        ("arch", {}, architecture_name(os.uname().machine)),
    ],
)
def test_where_each_comes_from(name: str, environment: dict[str, str], expected: str) -> None:
    assert run_in(ScriptedWorld(environment=environment), f"println({name}())") == expected + "\n"


def test_pid_is_the_number_of_this_process() -> None:
    assert run_in(ScriptedWorld(), "println(pid())") == f"{os.getpid()}\n"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_user_without_a_name_has_a_number() -> None:
    program = """
import os, pwd
from harnpy.vm.machine import account_name  # first: that user may not read where it lies
os.setuid(987654)
print(account_name())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "987654\n"


def test_the_execution_context_goes_first() -> None:
    fiber = fiber_in(ScriptedWorld(environment={"HOME": "/process"}))
    fiber.task.get(ExecutionContext).environment = {"HOME": "/context", "USER": "context", "TMPDIR": "/t"}
    found = [fiber.call(fiber.runtime.registry.get(name)) for name in ("home_dir", "username", "temp_dir")]
    assert found == ["/context", "context", "/t"]


@pytest.mark.parametrize(
    ("system", "name"),
    [("linux", "linux"), ("darwin", "darwin"), ("win32", "windows"), ("cygwin", "windows"), ("freebsd14", "freebsd"),
     ("sunos5", "sunos"), ("aix", "aix")],
)  # fmt: skip
def test_systems_have_the_names_that_programs_know(system: str, name: str) -> None:
    assert platform_name(system) == name


@pytest.mark.parametrize(
    ("machine", "name"),
    [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("arm64", "aarch64"), ("aarch64", "aarch64"), ("i686", "x86"),
     ("armv7l", "arm"), ("armv6l", "arm"), ("ppc64le", "powerpc64"), ("riscv64", "riscv64"), ("s390x", "s390x")],
)  # fmt: skip
def test_processors_have_the_names_that_programs_know(machine: str, name: str) -> None:
    assert architecture_name(machine) == name


# --- directories ----------------------------------------------------------------------------------------------------


def run_at(path: Path, context: ExecutionContext | None, source: str) -> list[str]:
    runtime = make_test_runtime()
    if context is not None:
        runtime.begin_with(context)
    try:
        runtime.run(runtime.compile(source, str(path), use_cache=False))
    finally:
        runtime.close()
    return runtime.world.output.splitlines()  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def projects(tmp_path: Path) -> Path:
    """Two projects, each with a directory `in`."""
    for name in ("one", "two"):
        (tmp_path / name / "in").mkdir(parents=True)
        (tmp_path / name / "harn.toml").write_text("")
    return tmp_path


PLACES = (
    "println(cwd())\nprintln(execution_root())\nprintln(source_dir())\nprintln(asset_root())\nprintln(project_root())"
)


def test_without_a_context_the_process_and_the_source_file_decide(
    projects: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(projects / "two" / "in")
    one, two = projects / "one", projects / "two"
    expected = [f"{two}/in", f"{two}/in", f"{one}/in", f"{one}/in", f"{one}"]
    assert run_at(one / "in" / "a.harn", None, PLACES) == expected


def test_the_project_is_that_of_the_context(projects: Path) -> None:
    one, two = projects / "one", projects / "two"
    expected = [f"{two}/in", f"{two}/in", f"{one}/in", f"{one}/in", f"{two}"]
    assert run_at(one / "in" / "a.harn", ExecutionContext(str(two / "in")), PLACES) == expected


def test_where_the_context_is_in_no_project_that_of_the_source_file_counts(projects: Path) -> None:
    one = projects / "one"
    assert run_at(one / "in" / "a.harn", ExecutionContext(str(projects)), "println(project_root())") == [str(one)]
    assert run_at(projects / "a.harn", ExecutionContext(str(projects)), "println(project_root())") == ["nil"]


def test_an_empty_directory_of_the_context_is_none(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(projects)
    source = 'println(cwd())\nprintln(exec("pwd").stdout.trim())\nprintln(len(list_dir()))'
    assert run_at(projects / "a.harn", ExecutionContext(""), source) == [str(projects), str(projects), "2"]


def test_the_source_directory_of_the_context_is_for_programs_from_no_file(projects: Path) -> None:
    runtime = make_test_runtime()
    runtime.begin_with(ExecutionContext(str(projects), source_directory=str(projects / "one")))
    try:
        runtime.run(runtime.compile("println(source_dir())\nprintln(cwd())", "<inline>", use_cache=False))
    finally:
        runtime.close()
    assert runtime.world.output.splitlines() == [f"{projects}/one", f"{projects}"]  # type: ignore[attr-defined]


def test_the_roots_are_below_the_project(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HARN_STATE_DIR", "HARN_RUN_DIR", "HARN_WORKTREE_DIR"):
        monkeypatch.delenv(name, raising=False)
    one, two = projects / "one", projects / "two"
    source = """
let p = runtime_paths()
println([p.state_root, p.run_root, p.worktree_root].join(" "))
println(p.asset_root == asset_root() && p.asset_root == source_dir() && p.execution_root == execution_root())
"""
    expected = [f"{two}/.harn {two}/.harn-runs {two}/.harn/worktrees", "true"]
    assert run_at(one / "a.harn", ExecutionContext(str(two / "in")), source) == expected
    variables = {"HARN_STATE_DIR": "state", "HARN_RUN_DIR": "/runs", "HARN_WORKTREE_DIR": " "}
    expected = [f"{two}/state /runs {two}/state/worktrees", "true"]
    assert run_at(one / "a.harn", ExecutionContext(str(two / "in"), variables), source) == expected


def test_a_context_is_inherited_whole_and_changes_do_not_reach_back() -> None:
    context = ExecutionContext("/a", {"A": "1"}, source_directory="/s", adapter="worktree", repo_path="/r",
                               worktree_path="/w", branch="b", base_ref="HEAD", cleanup="remove")  # fmt: skip
    child = context.inherit()
    assert vars(child) == vars(context)
    child.directory = "/b"
    assert context.directory == "/a"
