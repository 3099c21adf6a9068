"""Snapshots of workers: taken up by a second process, and whole whatever happens to the first (chapter 13 section 13.15.5)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from loop_programs import DONE, call, prose
from worker_programs import delegate, error_of, shown

from harnpy.vm.clock import VirtualClock

KEYS = {
    *("_type", "id", "name", "task", "status", "created_at", "started_at", "finished_at", "mode", "history", "config"),
    *("latest_payload", "latest_error", "transcript", "artifacts", "parent_worker_id", "parent_stage_id"),
    *("child_run_id", "child_run_path", "carry_policy", "execution", "snapshot_path", "audit"),
}


def snapshot_in(directory: Path) -> tuple[Path, dict[str, Any]]:
    (path,) = directory.iterdir()
    found: dict[str, Any] = json.loads(path.read_text())
    return path, found


def harn(program: Path, state: Path) -> subprocess.Popen[str]:
    variables = {**os.environ, "HARN_LLM_PROVIDER": "mock", "HARN_WORKER_STATE_DIR": str(state)}
    command = [sys.executable, "-m", "harnpy", "run", str(program)]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True, cwd=program.parent)


def test_a_second_process_goes_on(tmp_path: Path) -> None:
    first, second = tmp_path / "first.harn", tmp_path / "second.harn"
    first.write_text(
        'llm_mock({text: "one"})\nlet h = spawn_agent({task: "first", name: "n", wait: true, node: {}})\nprintln(h.id)'
    )
    started = harn(first, tmp_path / "state")
    worker_id = started.communicate()[0].strip()
    assert started.returncode == 0
    second.write_text(f"""
llm_mock({{text: "two"}})
let h = resume_agent("{worker_id}")
println(h.status, h.name)
println(h.result.result.text)
println(list_agents()[0].id == h.id)
println(send_input(h, "second").status)
let w = wait_agent(h)
println(w.result.transcript.messages.map({{ m -> m.role }}))
println(w.history)
""")
    resumed = harn(second, tmp_path / "state")
    output = resumed.communicate()[0].splitlines()
    assert resumed.returncode == 0
    assert output == [
        "completed",
        "one",
        "true",
        "running",
        "[user, assistant, user, assistant]",
        "[first, second]",
    ]


def test_a_snapshot_holds_all_of_a_worker(tmp_path: Path) -> None:
    source = """
    let h = spawn_agent({task: "t", wait: true, node: {tools: tools}, artifacts: [{id: "in", text: "x"}], policy: {
      tools: ["add"], tool_arg_constraints: [{tool: "add", arg_patterns: ["1"]}],
      tool_annotations: {add: {arg_schema: {path_params: ["a"]}}},
    }})
    show(resume_agent(h.snapshot_path) == h)
    show(close_agent(h).status)
    """
    values = shown(source, prose("x") + DONE, call("look"), prose("y") + DONE, state=tmp_path)
    assert values == [True, "cancelled"]
    path, found = snapshot_in(tmp_path)
    assert set(found) == KEYS
    assert (found["_type"], found["status"], path.name) == ("worker_snapshot", "cancelled", found["id"] + ".json")
    assert found["config"]["mode"] == "stage" and found["config"]["artifacts"][0]["id"] == "in"
    policy = found["carry_policy"]["policy"]
    assert policy["tools"] == ["add"] and policy["tool_arg_constraints"][0]["arg_patterns"] == ["1"]
    assert found["latest_payload"]["status"] == "completed"
    assert len(found["transcript"]["messages"]) == len(found["latest_payload"]["transcript"]["messages"])


def test_a_restored_worker_keeps_its_policy(tmp_path: Path) -> None:
    first = 'show(spawn_agent({task: "t", wait: true, node: {}, tools: ["look"]}).snapshot_path)'
    (path,) = shown(first, "x", state=tmp_path)
    document = json.loads(Path(path).read_text())
    document["config"]["node"]["mode"] = "agent"
    entry = {"name": "add", "description": "", "parameters": {}, "handler": "<closure>"}
    document["config"]["node"]["tools"] = [entry, {**entry, "name": "look"}]
    Path(path).write_text(json.dumps(document))
    second = f'let h = resume_agent("{path}")\nsend_input(h, "again")\nshow(wait_agent(h).result.result)'
    run = delegate(second, call("add", a=1, b=1), prose("x") + DONE, state=tmp_path)
    assert run.result["successful_tools"] == []
    assert "add(" not in run.calls[0].system and "look(" in run.calls[0].system


def test_a_snapshot_gives_nobody_more_than_they_may(tmp_path: Path) -> None:
    first = 'show(spawn_agent({task: "t", wait: true, node: {}, tools: ["add"]}).id)'
    (worker_id,) = shown(first, "x", state=tmp_path)
    second = f"""
    let t = tool_define(tool_registry(), "escape", "", {{parameters: {{}}, handler: {{ args ->
      try {{ send_input(resume_agent("{worker_id}"), "more") }} catch e {{ show(e) }}
      "ok"
    }}}})
    agent_loop("x", nil, {{tools: t, policy: {{tools: ["escape"]}}}})
    """
    values = shown(second, call("escape"), prose("x"), state=tmp_path)
    assert values == ["Runtime error: send_input: requested tools exceed host ceiling: add"]


def test_a_worker_that_ran_is_interrupted(tmp_path: Path) -> None:
    path = Path(shown('show(spawn_agent({task: "t", node: {}}).snapshot_path)', state=tmp_path)[0])
    assert json.loads(path.read_text())["status"] == "running"
    source = f"""
    let h = resume_agent("{path}")
    show([h.status, wait_agent(h).status])
    show(send_input(h, "go").status)
    show(wait_agent(h).status)
    """
    assert shown(source, "x", state=tmp_path) == [["interrupted", "interrupted"], "running", "completed"]
    assert json.loads(path.read_text())["status"] == "completed"


def test_nothing_is_written_without_state(tmp_path: Path) -> None:
    source = 'show(spawn_agent({task: "t", wait: true, node: {}, carry: {persist_state: false}}).snapshot_path)'
    assert shown(source, "x", state=tmp_path / "state") == [None]
    assert not (tmp_path / "state").exists()


def test_what_killed_processes_left_is_removed_unless_it_may_be_in_use(tmp_path: Path) -> None:
    now = VirtualClock().wall()
    left = {"worker_1.json.tmp": 3600, "worker_2.json.tmp": 60, "mine.tmp": 3600, "a.json.tmp": 3600}
    for name, age in left.items():
        (tmp_path / name).write_text("half a snap")
        os.utime(tmp_path / name, (now - age, now - age))
    shown('show(spawn_agent({task: "t", node: {}, wait: true}).status)', "x", state=tmp_path)
    found = {path.name for path in tmp_path.iterdir()}
    assert found & left.keys() == left.keys() - {"worker_1.json.tmp"} and len(found) == 4


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    text = error_of('spawn_agent({task: "t", node: {}})', state=tmp_path / "file" / "state")
    assert text.startswith("Runtime error: worker snapshot mkdir error: ")


NODE = {"mode": "stage", "node": {}}
BROKEN = [
    ("{", "worker snapshot parse error: "),
    ("[]", "worker snapshot parse error: "),
    ("{}", "worker snapshot is missing a valid config mode"),
    (json.dumps({"config": {"mode": "stage"}}), "worker snapshot is missing a valid config mode"),
    (json.dumps({"config": {"mode": "workflow"}}), "resume_agent: workflow graphs are not part of this version"),
    (json.dumps({"config": NODE, "id": "../x", "status": "completed"}), "worker snapshot parse error: "),
    (json.dumps({"config": NODE, "id": "w", "status": "?"}), "worker snapshot parse error: "),
    (
        json.dumps({"config": NODE, "id": "w", "status": "failed", "artifacts": 1}),
        "worker snapshot artifacts parse error: ",
    ),
    (
        json.dumps({"config": NODE, "id": "w", "status": "failed", "execution": {"cwd": 1}}),
        "worker snapshot execution parse error: ",
    ),
    (
        json.dumps({"config": NODE, "id": "w", "status": "failed", "carry_policy": {"policy": 1}}),
        "worker snapshot parse error: ",
    ),
]


@pytest.mark.parametrize(("text", "beginning"), BROKEN)
def test_broken_snapshots_are_errors(text: str, beginning: str, tmp_path: Path) -> None:
    path = tmp_path / "w.json"
    path.write_text(text)
    assert error_of(f'resume_agent("{path}")', state=tmp_path).startswith(f"Runtime error: {beginning}")


def test_a_missing_snapshot_is_an_error(tmp_path: Path) -> None:
    text = error_of('resume_agent("worker_gone")', state=tmp_path)
    assert text == "Runtime error: worker snapshot read error: No such file or directory (os error 2)"


def test_a_kill_leaves_only_snapshots_that_parse(tmp_path: Path) -> None:
    program, state = tmp_path / "busy.harn", tmp_path / "state"
    # Large enough for a write to take a while.
    program.write_text("""
let artifacts = [{text: "x".repeat(2000000)}]
let h = spawn_agent({task: "t", wait: true, artifacts: artifacts, node: {context_policy: {max_artifacts: 0}}})
var n = 0
while true {
  send_input(h, "again")
  wait_agent(h)
  n = n + 1
  println(n)
}
""")
    for round_number in range(3):
        process = harn(program, state)
        assert process.stdout is not None
        for _ in range(2 + round_number):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        found = list(state.glob("*.json"))
        assert len(found) == round_number + 1
        for path in found:
            assert json.loads(path.read_text())["_type"] == "worker_snapshot"


DYING = """
import os, resource, signal, sys
from harnpy.cli.compose import make_runtime
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.world import World

class DyingWorld(World):
    writes = 0

    @operation("fs.write", Repeat.IDEMPOTENT)
    def save_state(self, path, data):
        self.writes += 1
        if self.writes == int(sys.argv[2]):
            # The system writes half of it, then ends the process.
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(data) // 2, len(data) // 2))
        super().save_state(path, data)

runtime = make_runtime(world=DyingWorld())
source = open(sys.argv[1]).read()
runtime.run(runtime.compile(source, sys.argv[1], use_cache=False))
"""


def killed_while_writing(folder: Path, fatal: int) -> Path:
    """The directory of snapshots of a process that was killed in the middle of its write of that number."""
    program, state = folder / "p.harn", folder / "state"
    program.write_text('let h = spawn_agent({task: "t", wait: true, node: {}})\nsend_input(h, "again")\nwait_agent(h)')
    variables = {**os.environ, "HARN_LLM_PROVIDER": "mock", "HARN_WORKER_STATE_DIR": str(state)}
    command = [sys.executable, "-c", DYING, str(program), str(fatal)]
    done = subprocess.run(command, env=variables, cwd=folder, check=False)
    assert done.returncode == -signal.SIGXFSZ
    return state


@pytest.mark.parametrize("fatal", [1, 2, 3, 4])
def test_a_kill_in_the_middle_of_a_write_leaves_the_snapshot_before(fatal: int, tmp_path: Path) -> None:
    state = killed_while_writing(tmp_path, fatal)
    assert [path.stat().st_size > 0 for path in state.glob("*.json.tmp")] == [True]
    found = list(state.glob("*.json"))
    assert len(found) == (1 if fatal > 1 else 0)
    for path in found:
        assert json.loads(path.read_text())["status"] == ("completed" if fatal == 4 else "running")


def test_what_a_kill_in_the_middle_of_the_first_write_has_left_is_removed_by_later_workers(tmp_path: Path) -> None:
    state = killed_while_writing(tmp_path, 1)
    (left,) = state.glob("*.tmp")
    long_ago = VirtualClock().wall() - 3600
    os.utime(left, (long_ago, long_ago))
    assert shown('show(spawn_agent({task: "t", node: {}, wait: true}).status)', "x", state=state) == ["completed"]
    assert not left.exists()
