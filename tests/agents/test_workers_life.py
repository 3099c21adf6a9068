"""Delegated workers from their start to their end (chapter 12 section 12.15)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from loop_programs import DONE, call, prose
from test_loop_host import FakeHost
from worker_programs import delegate, error_of, shown

from harnpy.llm.agent_events import AgentStarted, WorkerChanged
from harnpy.llm.messages import content_text
from harnpy.llm.observe import CallStarted

HANDLE_KEYS = [
    *("_type", "artifact_count", "audit", "child_run_id", "child_run_path", "created_at", "error", "execution"),
    *("finished_at", "has_transcript", "history", "id", "mode", "name", "parent_stage_id", "parent_worker_id"),
    *("result", "snapshot_path", "started_at", "status", "task"),
]


def test_a_worker_runs_when_its_parent_waits(tmp_path: Path) -> None:
    source = """
    let h = spawn_agent({task: "go", name: "helper", node: {}})
    show(h)
    show(list_agents()[0].status)
    show(wait_agent(h))
    """
    started, listed, ended = shown(source, "an answer", state=tmp_path)
    assert sorted(started) == HANDLE_KEYS
    assert re.fullmatch(r"worker_[0-9a-f-]{36}", started["id"])
    assert (started["status"], listed, ended["status"]) == ("running", "running", "completed")
    assert (started["name"], started["mode"], started["history"]) == ("helper", "stage", ["go"])
    assert started["result"] is None and started["finished_at"] is None and not started["has_transcript"]
    assert ended["finished_at"] >= ended["started_at"] >= ended["created_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", ended["started_at"])
    payload = ended["result"]
    assert sorted(payload) == ["artifacts", "execution", "mode", "result", "status", "task", "transcript"]
    assert (payload["status"], payload["result"]["status"], payload["result"]["text"]) == (
        "completed",
        "done",
        "an answer",
    )
    (artifact,) = payload["artifacts"]
    assert (artifact["title"], artifact["text"], artifact["kind"], artifact["relevance"]) == (
        "stage delegated_worker output",
        "an answer",
        "artifact",
        1.0,
    )
    assert artifact["data"]["text"] == "an answer"
    assert ended["audit"]["execution_kind"] == "stage" and ended["audit"]["worker_id"] == ended["id"]
    assert ended["audit"]["session_id"].startswith("session_") and ended["audit"]["mutation_scope"] == "read_only"


def test_a_list_is_waited_for_in_order(tmp_path: Path) -> None:
    source = """
    let a = spawn_agent({task: "a", node: {}})
    let b = spawn_agent({task: "b", node: {}})
    show(wait_agent([b, a.id]).map({ h -> h.task }))
    show(wait_agent([]))
    """
    assert shown(source, "x", "y", state=tmp_path) == [["b", "a"], []]


def test_the_error_of_a_worker_is_raised_once(tmp_path: Path) -> None:
    source = """
    let h = spawn_agent({task: "a", node: {input_contract: {min_inputs: 2}}})
    try { wait_agent(h) } catch e { show(e) }
    let after = wait_agent(h)
    show([after.status, after.error])
    try { spawn_agent({task: "b", wait: true, node: {input_contract: {min_inputs: 1}}}) } catch e { show(e) }
    show(spawn_agent({task: "c", wait: "yes", node: {input_contract: {min_inputs: 1}}}).status)
    """
    text = "Runtime error: workflow stage delegated_worker requires at least 2 input artifacts"
    assert shown(source, state=tmp_path) == [text, ["failed", text], text.replace("2", "1"), "running"]


def test_an_input_goes_on_with_the_conversation(tmp_path: Path) -> None:
    source = """
    let h = spawn_agent({task: "first", wait: true, node: {}})
    let again = send_input(h, "second")
    show([again.status, again.task, again.history, again.result, again.finished_at])
    show(wait_agent(h).result.transcript.messages.map({ m -> m.role }))
    """
    run = delegate(source, "one", "two", state=tmp_path)
    assert run.values == [
        ["running", "second", ["first", "second"], None, None],
        ["user", "assistant", "user", "assistant"],
    ]
    asked = run.calls[1].messages
    assert "first" in asked[0]["content"] and content_text(asked[1]["content"]) == "one"
    assert "\nsecond\n" in asked[2]["content"] and "<body>\none\n</body>" in asked[2]["content"]


def test_an_agent_goes_on_with_its_conversation(tmp_path: Path) -> None:
    source = """
    let h = spawn_agent({task: "first", wait: true, node: {mode: "agent", tools: tools}, carry: {artifacts: "none"}})
    show(h.result.result.iterations)
    send_input(h, "second")
    show(wait_agent(h).result.result.status)
    """
    answers = [call("add", a=1, b=2), prose("three") + DONE, call("add", a=2, b=2), prose("four") + DONE]
    run = delegate(source, *answers, state=tmp_path)
    assert run.values == [2, "done"]
    contents = [message["content"] for message in run.calls[2].messages]
    assert "first" in contents[0] and any("three" in each for each in contents)
    assert "second" in contents[-1] and "<artifact>" not in contents[-1]


def test_agents_have_the_defaults_of_stages(tmp_path: Path) -> None:
    source = """
    let h = spawn_agent({task: "t", wait: true, node: {tools: tools}})
    let r = h.result.result
    show([r.status, r.iterations, r.tool_calling_mode, r.system_prompt, r.selected_artifact_ids])
    """
    answers = [call("run", what=str(number)) for number in range(20)]
    assert shown(source, *answers, state=tmp_path) == [["budget_exhausted", 16, "text", "", []]]


def test_a_closed_worker_cleans_up(tmp_path: Path) -> None:
    source = """
    let t = tool_define(tool_registry(), "hang", "", {parameters: {}, handler: { args ->
      try { show("begun"); receive(channel("never")) } finally { sleep(1); append_file("NOTE", "cleaned") }
    }})
    let h = spawn_agent({task: "t", node: {tools: t}})
    sleep(5)
    let closed = close_agent(h)
    show([closed.status, closed.error, read_file("NOTE")])
    show([wait_agent(h).status, send_input(h, "again").status])
    show(close_agent(h).history)
    """.replace("NOTE", str(tmp_path / "note"))
    values = shown(source, call("hang"), state=tmp_path)
    assert values == [
        ["cancelled", "worker cancelled", "cleaned"],
        "begun",
        ["cancelled", "running"],
        ["t", "again"],
    ]


def test_a_completed_worker_can_be_closed(tmp_path: Path) -> None:
    source = """
    let h = spawn_agent({task: "t", wait: true, node: {}})
    let c = close_agent(h.id)
    show([c.status, c.error, c.artifact_count])
    """
    assert shown(source, "x", state=tmp_path) == [["cancelled", "worker cancelled", 1]]


def test_the_end_of_the_program_ends_workers_with_their_finally(tmp_path: Path) -> None:
    note = tmp_path / "note"
    source = f"""
    let t = tool_define(tool_registry(), "hang", "", {{parameters: {{}}, handler: {{ args ->
      try {{ receive(channel("never")) }} finally {{ append_file("{note}", "cleaned") }}
    }}}})
    let h = spawn_agent({{task: "t", node: {{tools: t}}}})
    sleep(5)
    throw "the program fails"
    """
    assert error_of(source, call("hang"), state=tmp_path / "state") == "Thrown: the program fails"
    assert note.read_text() == "cleaned"
    (snapshot,) = (tmp_path / "state").glob("*.json")
    assert json.loads(snapshot.read_text())["status"] == "running"


def test_output_of_a_worker_comes_when_it_is_waited_for(tmp_path: Path) -> None:
    source = """
    let t = tool_define(tool_registry(), "say", "", {parameters: {}, handler: { args -> show("inside"); "ok" }})
    let h = spawn_agent({task: "t", node: {tools: t}})
    sleep(5)
    show("outside")
    wait_agent(h)
    """
    values = shown(source, call("say"), prose("x") + DONE, state=tmp_path)
    assert values == ["outside", "inside"]


def test_fifty_workers_at_once(tmp_path: Path) -> None:
    source = """
    for i in 0 to 49 { llm_mock({match: "*<instructions>\\nwork ${i}\\n*", text: "answer ${i}"}) }
    var handles = []
    for i in 0 to 49 { handles = handles + [spawn_agent({task: "work ${i}", node: {}})] }
    show(len(handles.filter({ h -> h.status == "running" })))
    show(wait_agent(handles).map({ h -> h.result.result.text }))
    show(len(list_agents()))
    """
    running, texts, listed = shown(source, state=tmp_path)
    assert (running, listed) == (50, 50)
    assert texts == [f"answer {number}" for number in range(50)]
    assert len(list(tmp_path.glob("*.json"))) == 50 == len(list(tmp_path.iterdir()))


def test_a_worker_of_an_agent_is_its_child(tmp_path: Path) -> None:
    source = """
    let t = tool_define(tool_registry(), "delegate", "", {parameters: {}, handler: { args ->
      let h = spawn_agent({task: "inner", wait: true, node: {mode: "agent"}})
      show([h.parent_worker_id, h.audit.parent_session_id])
      "ok"
    }})
    let h = spawn_agent({task: "outer", node: {tools: t}, audit: {mutation_scope: "apply_workspace", run_id: "r"}})
    wait_agent(h)
    show([h.id, h.audit.session_id])
    show(list_agents().map({ w -> [w.audit.mutation_scope, w.audit.run_id] }))
    """
    run = delegate(source, call("delegate"), *[prose("a") + DONE] * 5, state=tmp_path)
    started = [event for event in run.events if isinstance(event, AgentStarted)]
    assert [event.parent_id for event in started] == [None, started[0].agent_id]
    assert run.values[0] == run.values[1]
    assert run.values[2] == [["apply_workspace", "r"]] * 2
    changes = [event for event in run.events if isinstance(event, WorkerChanged)]
    assert [event.status for event in changes] == ["running", "running", "completed", "completed"]
    assert changes[1].agent_id == started[0].agent_id


def test_calls_of_workers_count_in_the_budget_of_their_parent(tmp_path: Path) -> None:
    run = delegate(
        'wait_agent(spawn_agent({task: "a", node: {}}))\nshow(agent_trace_summary().llm_calls)', state=tmp_path
    )
    assert run.values == [1]
    assert len([event for event in run.events if isinstance(event, CallStarted)]) == 1


def test_a_host_hears_of_every_status(tmp_path: Path) -> None:
    host = FakeHost()
    delegate('wait_agent(spawn_agent({task: "a", name: "n", node: {}}))', "x", state=tmp_path, host=host)
    updates = [update["content"] for update in host.updates("worker_update")]
    assert [each["status"] for each in updates] == ["running", "completed"]
    assert updates[0]["lifecycle"]["event"] == "running" and updates[1]["metadata"]["artifact_count"] == 1
    assert sorted(updates[0]) == [
        *("audit", "finished_at", "lifecycle", "metadata", "run_id", "run_path", "script", "snapshot_path"),
        *("started_at", "status", "worker_id", "worker_name"),
    ]
    assert [each["message"] for each in host.notices if each["method"] == "progress"] == ["n running", "n completed"]


ERRORS = [
    ("spawn_agent()", "spawn_agent: missing config"),
    ("spawn_agent(1)", "spawn_agent: config must be a dict"),
    ("spawn_agent({node: {}})", "spawn_agent: config.task is required"),
    ('spawn_agent({task: " ", node: {}})', "spawn_agent: config.task is required"),
    ('spawn_agent({task: "t"})', "spawn_agent: config requires either graph or node"),
    ('spawn_agent({task: "t", node: {}, tools: "x"})', "spawn_agent: tools shorthand must be a list of strings"),
    (
        'spawn_agent({task: "t", node: {}, tools: [" "]})',
        "spawn_agent: tools shorthand must include at least one tool name",
    ),
    (
        'spawn_agent({task: "t", node: {}, policy: {tools: ["a"]}, tools: ["b", "a", "c"]})',
        "spawn_agent: requested tools exceed host ceiling: b, c",
    ),
    ('spawn_agent({task: "t", node: {}, artifacts: 1})', "expected artifact list or nil"),
    ('wait_agent("worker_x")', "unknown worker: worker_x"),
    ("wait_agent({})", "agent handle dict is missing an id field"),
    ("wait_agent(1)", "expected agent handle or worker id"),
    ("wait_agent(nil)", "wait_agent: missing worker handle"),
    ("wait_agent()", "wait_agent: missing worker handle"),
    ("close_agent()", "close_agent: missing worker handle"),
    ('send_input("x")', "send_input: requires worker handle and task text"),
    ('send_input("x", " ")', "send_input: task text must not be empty"),
    ("resume_agent()", "resume_agent: missing worker id or snapshot path"),
    (
        'spawn_agent({task: "t", wait: true, node: {}, execution: {worktree: {repo: " "}}})',
        "worker execution.worktree.repo must not be empty",
    ),
]


@pytest.mark.parametrize(("source", "text"), ERRORS)
def test_errors_are_exact(source: str, text: str, tmp_path: Path) -> None:
    assert error_of(source, state=tmp_path) == f"Runtime error: {text}"


BEGINNINGS = [
    ('spawn_agent({task: "t", graph: {}})', "spawn_agent: workflow graphs are not part of this version"),
    ('spawn_agent({task: "t", node: {}, policy: {tools: 1}})', "spawn_agent: policy parse error: "),
    ('spawn_agent({task: "t", node: {}, execution: {cwd: 1}})', "worker execution parse error: "),
    ('spawn_agent({task: "t", node: {}, audit: nil})', "worker audit parse error: "),
    ('spawn_agent({task: "t", node: {}, carry: {context_policy: 1}})', "context policy parse error: "),
    (
        'spawn_agent({task: "t", node: {model_policy: {max_tokens: "x"}}})',
        "spawn_agent node parse error at model_policy.max_tokens: expected an int, found string | payload={",
    ),
    (
        'spawn_agent({task: "t", node: {}, artifacts: [{lineage: [1]}]})',
        "orchestration parse error at lineage[0]: expected a string, found int | payload={",
    ),
]


@pytest.mark.parametrize(("source", "beginning"), BEGINNINGS)
def test_errors_say_where_a_shape_is_wrong(source: str, beginning: str, tmp_path: Path) -> None:
    assert error_of(source, state=tmp_path).startswith(f"Runtime error: {beginning}")


def test_a_running_worker_takes_no_input(tmp_path: Path) -> None:
    found = error_of('let h = spawn_agent({task: "t", node: {}})\nsend_input(h, "x")', state=tmp_path)
    assert re.fullmatch(r"Runtime error: send_input: worker worker_[0-9a-f-]+ is still running", found)


def test_artifacts_are_what_a_stage_sees(tmp_path: Path) -> None:
    source = """
    let made = [{kind: "file", title: "A <b>", text: "alpha", source: "s"}, {kind: "plan", id: "p", data: {x: 1}}]
    let h = spawn_agent({task: " do & it ", wait: true, artifacts: made, node: {task_label: "L<"}})
    show(h.result.result.prompt)
    show(h.result.result.selected_artifact_titles)
    show(h.result.artifacts[0].lineage == h.result.result.selected_artifact_ids)
    """
    prompt, titles, same = shown(source, "x", state=tmp_path)
    assert prompt.startswith(
        "<workflow_task>\n<label>L&lt;</label>\n<instructions>\ndo & it\n</instructions>\n</workflow_task>\n\n"
        "<workflow_context>\n<artifact>\n<title>plan p</title>\n<kind>plan</kind>\n<source>unknown</source>\n"
        '<freshness>normal</freshness>\n<priority>80</priority>\n<body>\n{"x":1}\n</body>\n</artifact>\n\n'
        "<artifact>\n<title>A &lt;b&gt;</title>\n<kind>workspace_file</kind>\n<source>s</source>\n"
        "<freshness>normal</freshness>\n<priority>70</priority>\n<body>\nalpha\n</body>\n</artifact>\n"
        "</workflow_context>\n\n<workflow_response_contract>\n"
    )
    assert prompt.endswith("\n</workflow_response_contract>")
    assert (titles, same) == ([None, "A <b>"], True)


def test_verify_nodes_run_their_command(tmp_path: Path) -> None:
    source = """
    let h = spawn_agent({task: "t", wait: true, node: {kind: "verify", verify: {command: "echo $WHO; echo no >&2; exit 3"}},
      execution: {cwd: "DIR", env: {WHO: "me"}}})
    let r = h.result.result
    show([r.status, r.text, r.stdout, r.stderr, r.exit_status, r.success, h.result.artifacts[0].kind, h.has_transcript])
    """.replace("DIR", str(tmp_path))
    run = delegate(source, state=tmp_path)
    assert run.values == [["completed", "me\n\nno\n", "me\n", "no\n", 3, False, "verification_result", False]]
    assert not run.calls


def test_where_a_worker_works(tmp_path: Path) -> None:
    source = """
    let t = tool_define(tool_registry(), "look", "", {parameters: {}, handler: { args ->
      write_file("made.txt", "x")
      show([cwd(), env("WHO")])
      "ok"
    }})
    let h = spawn_agent({task: "t", wait: true, node: {tools: t}, execution: {cwd: "DIR", env: {WHO: "me"}}})
    show(env("WHO"))
    """.replace("DIR", str(tmp_path))
    assert shown(source, call("look"), prose("x") + DONE, state=tmp_path / "s") == [[str(tmp_path), "me"], None]
    assert (tmp_path / "made.txt").read_text() == "x"
