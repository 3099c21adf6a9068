"""What std/agents asks of the builtins for workflows and run records, and what it makes of their answers.

Those builtins are stood in for here: the tests say what they are called with, not what they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from library_calls import Library

from harnpy.cli.compose import make_registry
from harnpy.vm.values import Builtin, Value

TRANSCRIPT = {"_type": "transcript", "version": 2, "id": "t", "messages": [], "events": [], "assets": []}


class Agents(Library):
    """std/agents with builtins that note their calls and give what answers say."""

    def __init__(self, answers: Mapping[str, Callable[..., Value]]) -> None:
        self.calls: list[tuple[str, tuple[Value, ...]]] = []
        registry = make_registry()
        for name, answer in answers.items():
            registry.define(Builtin(name, self._noting(name, answer), "", frozenset(), False, 0, None, False))
        super().__init__("agents", registry=registry)

    def _noting(self, name: str, answer: Callable[..., Value]) -> Callable[..., Value]:
        def noted(*args: Value) -> Value:
            self.calls.append((name, args))
            return answer(*args)

        return noted


def flow_that_gives(**result: Value) -> Agents:
    return Agents({"workflow_graph": lambda flow: {"graph of": flow, **flow}, "workflow_execute": lambda *_: result})


def stage(node_id: str, kind: str = "stage", status: str = "completed") -> dict[str, Value]:
    return {"node_id": node_id, "kind": kind, "status": status}


# --- workflows -----------------------------------------------------------------------------------------------------


def test_a_workflow_is_a_graph():
    agents = flow_that_gives()
    assert agents("workflow", {"name": "w"}) == {"graph of": {"name": "w"}, "name": "w"}
    assert agents("workflow") == {"graph of": {}}


def test_a_task_is_executed_by_the_graph_of_its_flow():
    agents = flow_that_gives()
    overrides = {"artifacts": [1], "max_steps": 3}
    agents("task_run", "Do it", {"name": "w"}, overrides)
    assert agents.calls[1] == ("workflow_execute", ("Do it", {"graph of": {"name": "w"}, "name": "w"}, [1], overrides))
    agents("task_run", "Do it")
    assert agents.calls[3] == ("workflow_execute", ("Do it", {"graph of": {}}, [], None))


def test_the_result_of_a_task_has_everything_of_the_run():
    run = {"stages": [stage("act")]}
    artifacts = [{"text": "first"}, {"text": "last"}]
    agents = flow_that_gives(status="paused", run=run, transcript=TRANSCRIPT, artifacts=artifacts)
    result = agents("task_run", "Do it", {"name": "w"}, None)
    assert result == {
        "task": "Do it",
        "workflow": "w",
        "status": "paused",
        "text": "last",
        "result": {"status": "paused", "run": run, "transcript": TRANSCRIPT, "artifacts": artifacts},
        "act": stage("act"),
        "repair": None,
        "verification": None,
        "final_verification": None,
        "transcript": TRANSCRIPT,
        "run": run,
        "artifacts": artifacts,
    }


def test_a_result_without_anything_is_a_completed_one():
    result = flow_that_gives()("task_run", "Do it", {}, {})
    assert (result["workflow"], result["status"]) == ("workflow", "completed")
    assert (result["text"], result["act"], result["artifacts"]) == (None, None, [])


@pytest.mark.parametrize(
    ("stages", "verification", "repair", "status"),
    [
        ([stage("plan"), stage("verify")], stage("verify"), None, "completed"),
        ([stage("verify", status="failed")], None, None, "completed"),
        ([stage("repair")], None, None, "completed"),
        ([stage("plan"), stage("verify", status="failed")], stage("verify", status="failed"), None, "needs_attention"),
        ([stage("a"), stage("check", "verify")], stage("check", "verify"), None, "completed"),
        ([stage("a"), stage("repair"), stage("verify")], stage("verify"), stage("repair"), "needs_attention"),
        (
            [stage("a"), stage("repair", "verify"), stage("repair"), stage("verify")],
            stage("repair", "verify"),
            stage("repair"),
            "needs_attention",
        ),
    ],
)
def test_stages_are_known_by_their_place_and_name(stages, verification, repair, status):
    result = flow_that_gives(status="completed", run={"stages": stages})("task_run", "Do it", {}, {})
    assert result["act"] == stages[0]
    assert result["verification"] == result["final_verification"] == verification
    assert result["repair"] == repair
    assert result["status"] == status


@pytest.mark.parametrize("prev", [TRANSCRIPT, {"transcript": TRANSCRIPT, "text": "x"}])
def test_a_workflow_goes_on_with_the_transcript_before(prev):
    agents = flow_that_gives()
    agents("workflow_continue", prev, "Go on", {}, {"transcript": "other", "max_steps": 1})
    assert agents.calls[1][1][3] == {"transcript": TRANSCRIPT, "max_steps": 1}


# --- results as runs -----------------------------------------------------------------------------------------------


def recorder() -> Agents:
    return Agents(
        {
            "artifact": lambda payload: {"_type": "artifact", **payload},
            "run_record": lambda payload: {"_type": "run_record", **payload},
            "run_record_save": lambda run, path=None: {
                "path": path or "default.json",
                "run": {**run, "persisted_path": path or "default.json"},
            },
            "run_record_load": lambda path: {"_type": "run_record", "loaded": path, "transcript": TRANSCRIPT},
        }
    )


def test_a_result_becomes_a_run_record():
    options = {"status": "failed", "metadata": {"b": 2}}
    run = recorder()("workflow_result_run", "Do it", "w", {"text": "answer"}, [{"text": "made"}], options)
    assert (run["_type"], run["workflow_id"], run["workflow_name"]) == ("run_record", "w", "w")
    assert (run["task"], run["status"], run["metadata"], run["trace_spans"]) == ("Do it", "failed", {"b": 2}, [])
    assert run["transcript"]["metadata"] == {"b": 2, "workflow": "w"}
    assert [message["role"] for message in run["transcript"]["messages"]] == ["user", "assistant"]
    assert run["artifacts"] == [
        {"text": "made"},
        {
            "_type": "artifact",
            "kind": "summary",
            "title": "Visible result",
            "text": "answer",
            "source": "w",
            "freshness": "fresh",
            "relevance": 1.0,
            "metadata": {"visibility": "public"},
        },
    ]


@pytest.mark.parametrize("wrap", [lambda run: run, lambda run: {"run": run, "text": "answer"}])
def test_a_run_record_is_laid_under_its_successor(wrap):
    base = {
        "_type": "run_record",
        "id": "r",
        "workflow_id": "old id",
        "workflow_name": "old name",
        "task": "old",
        "status": "paused",
        "transcript": TRANSCRIPT,
        "artifacts": [{"text": "answer"}],
        "metadata": {"a": 1, "b": 1},
    }
    run = recorder()("workflow_result_run", "new", "w", wrap(base), [{"text": "ignored"}], {"metadata": {"b": 2}})
    assert run == {**base, "task": "new", "metadata": {"a": 1, "b": 2}, "trace_spans": []}


def test_a_result_without_text_adds_no_artifact():
    run = recorder()("workflow_result_run", "Do it", "w", {}, None, None)
    assert (run["artifacts"], run["status"]) == ([], "completed")
    assert recorder()("workflow_result_run", "Do it", "w", {"artifacts": [1]}, [2], None)["artifacts"] == [1]


@pytest.mark.parametrize(("options", "path"), [({"path": "a.json"}, "a.json"), (None, "default.json")])
def test_a_run_is_saved_and_told_of(options, path):
    saved = recorder()("workflow_result_persist", "Do it", "w", {"visible_text": "seen"}, None, options)
    assert (saved["path"], saved["persisted_path"], saved["run"]["persisted_path"]) == (path, path, path)
    assert (saved["status"], saved["visible_text"]) == ("completed", "seen")
    assert saved["transcript"] == saved["run"]["transcript"]
    assert [artifact["text"] for artifact in saved["artifacts"]] == ["seen"]


# --- sessions ------------------------------------------------------------------------------------------------------


def test_a_session_is_restored_from_a_file():
    session = recorder()("workflow_session_restore", "runs/a.json")
    assert (session["status"], session["run"]["loaded"], session["transcript"]) == (
        "restored",
        "runs/a.json",
        TRANSCRIPT,
    )


def test_a_session_is_saved_with_its_run():
    session = recorder()("workflow_session_persist", {"transcript": TRANSCRIPT, "run": {"status": "done"}}, "a.json")
    assert session["persisted_path"] == session["run"]["persisted_path"] == "a.json"
    assert session["status"] == "done"
