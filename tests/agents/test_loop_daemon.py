"""Daemon loops: idling, waking, watchdogs, snapshots and their resumption (chapter 12 section 12.12). The clock is made up."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from loop_programs import TOOLS, agent, call, execute, prose
from programs import LlmWorld

from harnpy.vm.effects import Repeat, operation
from harnpy.vm.errors import HarnError

ADD = call("add", a=1, b=2)


class WatchedWorld(LlmWorld):
    """While the program waits, something happens: then is called with the number of the wait."""

    def __init__(self, then: Callable[[int], None] = lambda number: None) -> None:
        super().__init__({"HARN_LLM_PROVIDER": "mock"})
        self._then = then

    @operation("time", Repeat.PURE)
    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._then(len(self.waits))


def touch(path: Path, stamp: int) -> None:
    path.touch()
    os.utime(path, ns=(stamp, stamp))


def snapshot(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_a_daemon_that_nothing_can_wake_is_idle() -> None:
    run = agent(prose("x"), options="daemon: true")
    assert (run.result["status"], run.result["daemon_state"], run.result["daemon_snapshot_path"]) == (
        "idle",
        "idle",
        None,
    )
    assert run.result["transcript"]["state"] == "paused"
    assert run.waits == []


def test_a_daemon_that_ends_done_becomes_idle() -> None:
    run = agent(ADD, options='daemon: true, wake_interval_ms: 5, stop_after_successful_tools: ["add"]')
    assert run.result["status"] == "idle"


def test_a_persistent_loop_is_no_daemon_that_waits() -> None:
    run = agent(prose("a"), options="daemon: true, persistent: true, max_nudges: 0, wake_interval_ms: 5")
    assert (run.result["status"], run.waits) == ("stuck", [])


def test_a_timer_wakes_until_the_budget_ends() -> None:
    run = agent(prose("a"), prose("b"), prose("c"), options="daemon: true, wake_interval_ms: 7000, max_iterations: 3")
    assert run.result["status"] == "budget_exhausted"
    assert run.result["daemon_state"] == "budget_exhausted"
    assert run.waits == [7.0, 7.0, 7.0]
    assert [text.split(".")[0] for text in run.feedback("timer")] == ["Daemon timer wake fired"] * 3
    assert [event["metadata"] for event in run.trace_events("daemon_wake")] == [
        {"reason": "timer", "watch_paths": [], "resumed": False}
    ] * 3


@pytest.mark.parametrize("interval", ["0", "-5", '"5"', "nil"])
def test_only_a_positive_number_is_a_timer(interval: str) -> None:
    assert agent(prose("x"), options=f"daemon: true, wake_interval_ms: {interval}").result["status"] == "idle"


def test_changes_of_watched_paths_wake(tmp_path: Path) -> None:
    watched, other, late = tmp_path / "a", tmp_path / "b", tmp_path / "late"
    touch(watched, 1_000)
    touch(other, 1_000)

    def happen(number: int) -> None:
        if number == 2:
            late.touch()  # it appears, which is no change yet
        if number == 6:
            touch(watched, 1_001)
            touch(other, 2_000)

    world = WatchedWorld(happen)
    paths = json.dumps([str(watched), str(other), str(late)])
    run = agent(
        prose("a"),
        prose("b"),
        options=f"daemon: true, watch_paths: {paths}, max_iterations: 2, idle_watchdog_attempts: 9",
        world=world,
    )
    assert world.waits[:6] == [0.1, 0.5, 1.0, 2.0, 2.0, 2.0]
    (text,) = run.feedback("watch")
    assert text.startswith(f"Daemon wake: watched paths changed: {watched}, {other}.")
    assert world.waits[6] == 0.1, "the backoff begins anew after a wake"
    assert run.result["status"] == "watchdog"
    assert [event["metadata"]["watch_paths"] for event in run.trace_events("daemon_wake")] == [
        [str(watched), str(other)]
    ]


def test_one_path_may_be_a_string(tmp_path: Path) -> None:
    touch(tmp_path / "f", 5)
    world = WatchedWorld(lambda number: touch(tmp_path / "f", 6))
    run = agent(
        prose("a"),
        options=f"daemon: true, watch_paths: {json.dumps(str(tmp_path / 'f'))}, max_iterations: 1",
        world=world,
    )
    assert len(run.feedback("watch")) == 1


def test_a_watchdog_ends_the_wait(tmp_path: Path) -> None:
    tools = (
        TOOLS + 'agent_subscribe("s", { e -> if e.type == "daemon_watchdog_tripped" { println(json_stringify(e)) } })\n'
    )
    options = f'daemon: true, session_id: "s", watch_paths: {json.dumps(str(tmp_path))}, idle_watchdog_attempts: 3'
    run = agent(prose("x"), tools=tools, options=options, world=WatchedWorld())
    assert (run.result["status"], run.result["daemon_state"]) == ("watchdog", "watchdog")
    assert len(run.waits) == 3
    assert run.printed[0]["attempts"] == 3


# --- snapshots -------------------------------------------------------------------------------------------------------


def test_a_snapshot_holds_the_whole_loop(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.snap"
    run = agent(ADD, prose("waiting"), options=f"daemon: true, persist_path: {json.dumps(str(path))}")
    assert run.result["daemon_snapshot_path"] == str(path)
    found = snapshot(path)
    assert found["_type"] == "daemon_snapshot"
    assert found["daemon_state"] == "idle"
    assert found["saved_at"].isdigit()
    assert found["recorded_messages"] == run.messages
    assert found["total_iterations"] == 2
    assert found["total_text"] == run.result["text"]
    assert found["last_iteration_text"] == prose("waiting")
    assert found["all_tools_used"] == ["add"]
    assert found["idle_backoff_ms"] == 100
    assert found["watch_state"] == {}
    assert path.read_text().startswith('{\n  "_type": "daemon_snapshot",\n')
    assert [each.name for each in path.parent.iterdir()] == ["state.snap"]


def test_a_loop_is_resumed_where_it_stopped(tmp_path: Path) -> None:
    path = json.dumps(str(tmp_path / "state.json"))
    first = agent(ADD, prose("one"), options=f'daemon: true, persist_path: {path}, deliverables: ["d"]')
    second = agent(call("look"), prose("two"), options=f"daemon: true, resume_path: {path}", prompt="not seen")
    assert second.messages[: len(first.messages)] == first.messages
    assert "not seen" not in second.contents
    assert second.result["iterations"] == 4
    assert second.result["tools_used"] == ["add", "look"]
    assert second.result["successful_tools"] == ["add", "look"]
    assert second.result["text"] == first.result["text"] + call("look") + prose("two")
    assert second.result["daemon_snapshot_path"] == json.loads(path)
    assert second.result["task_ledger"]["deliverables"][0]["text"] == "d"
    assert snapshot(tmp_path / "state.json")["total_iterations"] == 4
    assert second.calls[0].messages[0]["content"] == "do it"


def test_a_change_while_nobody_looked_wakes_the_resumed_loop(tmp_path: Path) -> None:
    watched = tmp_path / "w"
    touch(watched, 10)
    options = f"daemon: true, watch_paths: {json.dumps(str(watched))}, idle_watchdog_attempts: 1, max_iterations: 2, "
    path = json.dumps(str(tmp_path / "state.json"))
    agent(prose("one"), options=options + f"persist_path: {path}", world=WatchedWorld())
    touch(watched, 20)
    run = agent(prose("two"), prose("three"), options=options + f"resume_path: {path}", world=WatchedWorld())
    assert len(run.feedback("watch")) == 1


def test_missing_keys_take_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"recorded_messages": [{"role": "user", "content": "old"}], "total_iterations": "x"}')
    run = agent(prose("x"), options=f"daemon: true, resume_path: {json.dumps(str(path))}")
    assert run.result["iterations"] == 1
    assert run.contents[0] == "old"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "daemon snapshot read error: No such file or directory (os error 2)"),
        ("{", "daemon snapshot parse error: "),
        ("[]", "daemon snapshot parse error: "),
    ],
)
def test_what_can_not_be_resumed_is_an_error(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "state.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(HarnError) as caught:
        agent(prose("x"), options=f"daemon: true, resume_path: {json.dumps(str(path))}")
    assert caught.value.text.startswith(f"Runtime error: {message}")


def test_what_can_not_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    below, directory = tmp_path / "file" / "s.json", tmp_path / "d"
    directory.mkdir()
    for path, message in ((below, "daemon snapshot mkdir error: "), (directory, "daemon snapshot finalize error: ")):
        with pytest.raises(HarnError) as caught:
            agent(prose("x"), options=f"daemon: true, persist_path: {json.dumps(str(path))}")
        assert caught.value.text.startswith(f"Runtime error: {message}")


def test_snapshots_need_what_the_policy_around_the_loop_admits(tmp_path: Path) -> None:
    path = json.dumps(str(tmp_path / "s.json"))
    source = f"""
    var tools = tool_define(tool_registry(), "sub", "", {{parameters: {{}}, handler: {{ args ->
      agent_loop("inner", nil, {{daemon: true, persist_path: {path}}}).status
    }}}})
    let r = agent_loop("x", nil, {{tools: tools, policy: {{side_effect_level: "read_only"}}}})
    println(json_stringify(r.rejected_tools))
    """
    assert execute(source, [call("sub"), prose("x")]).values == [["sub"]]
    assert not (tmp_path / "s.json").exists()


# --- consolidation ---------------------------------------------------------------------------------------------------


def test_idle_loops_are_compacted_before_their_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    options = (
        f"daemon: true, persist_path: {json.dumps(str(path))}, consolidate_on_idle: true, auto_compact: true, "
        "compact_threshold: 10, compact_keep_last: 1"
    )
    texts = [call("add", a=number, b=0) for number in range(4)]
    run = agent(*texts, prose("z" * 100), options=options.replace("threshold: 10", "threshold: 150"))
    assert run.result["status"] == "idle"
    found = snapshot(path)
    assert found["visible_messages"][0]["content"].startswith("[auto-compacted ")
    assert len(found["visible_messages"]) < len(found["recorded_messages"])
    assert run.result["transcript"]["summary"] == found["transcript_summary"]
