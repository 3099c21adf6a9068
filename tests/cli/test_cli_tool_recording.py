"""Recording tool calls and answering them later without running the tools (chapter 12 section 12.5.1), as users do it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harn_process import harn, write

# `run` leaves a trace in a file and says how often it ran; `refuse` may not run; `ask` asks a model.
TOOLS = """
tool run(stage: string) -> string {
  append_file("deployed.txt", "${stage}\\n")
  "exit_code=${if len(split(read_file("deployed.txt"), "\\n")) > 2 { 0 } else { 1 }}\\n${"long\\n" * 40}"
}
tool ask(question: string) -> string {
  append_file("deployed.txt", "asked\\n")
  llm_call(question).prose
}
"""

PROGRAM = (
    TOOLS
    + """
let tools = {_type: "tool_registry", tools: [run.tools[0], ask.tools[0], {name: "far", parameters: {}}]}
let r = agent_loop("go", nil, {tools: tools, persistent: OPTIONS})
println(json_stringify({status: r.status, used: r.tools_used, rejected: r.rejected_tools, messages: r.transcript.messages}))
"""
)


def call(name: str, **arguments: str) -> str:
    return f"<tool_call>\n{name}({json.dumps(arguments)})\n</tool_call>"


def prose(text: str) -> str:
    return f"<assistant_prose>{text}</assistant_prose>"


RUN = call("run", stage="test")
ENDING = prose("well") + "\n<done>##DONE##</done>"
ANSWERS = [RUN, RUN, call("far"), call("ask", question="why?"), prose("because"), ENDING]


def program(directory: Path, options: str = "true") -> None:
    write(directory, "agent.harn", PROGRAM.replace("OPTIONS", options))


def answers(directory: Path, *texts: str) -> None:
    write(directory, "model.jsonl", "".join(json.dumps({"text": text}) + "\n" for text in texts))


def run(directory: Path, *flags: str) -> Any:
    return harn("run", "--llm-mock", "model.jsonl", *flags, "agent.harn", cwd=directory)


def recordings(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "tools.jsonl").read_text().splitlines()]


def effects(directory: Path) -> list[str]:
    file = directory / "deployed.txt"
    return file.read_text().splitlines() if file.exists() else []


def recorded(directory: Path, options: str = "true") -> Any:
    program(directory, options)
    answers(directory, *ANSWERS)
    ended = run(directory, "--tool-record", "tools.jsonl")
    assert (ended.status, ended.errors) == (0, "")
    return ended


def test_a_run_is_repeated_without_running_its_tools(tmp_path: Path) -> None:
    first = recorded(tmp_path, "true, exit_when_verified: true, auto_compact: true, tool_output_max_chars: 200")
    assert effects(tmp_path) == ["test", "test", "asked"]
    (tmp_path / "deployed.txt").unlink()
    again = run(tmp_path, "--tool-replay", "tools.jsonl")
    assert (again.status, again.output, again.errors) == (0, first.output, "")
    # Only the tool that asks a model has run: what it asked for is in the script of the model, in its turn.
    assert effects(tmp_path) == ["asked"]
    # The same call failed at first, and the next time did not.
    told = json.loads(again.output)
    assert told["status"] == "done" and told["rejected"] == ["far"]
    results = [message["content"] for message in told["messages"] if "[result of run]" in message["content"]]
    assert ["exit_code=1" in results[0], "exit_code=0" in results[1]] == [True, True]


def test_what_is_recorded(tmp_path: Path) -> None:
    recorded(tmp_path)
    first, second, far, ask = recordings(tmp_path)
    assert first == first | {
        "tool_name": "run",
        "tool_use_id": first["tool_use_id"],
        "arguments": {"stage": "test"},
        "is_rejected": False,
        "asked_model": False,
        "iteration": 0,
    }
    assert first["tool_use_id"].startswith("tool-") and first["duration_ms"] >= 0
    assert first["result"].startswith("exit_code=1\nlong\n") and second["result"].startswith("exit_code=0\n")
    assert len(first["args_hash"]) == 16 and first["args_hash"] == second["args_hash"] != far["args_hash"]
    assert "T" in first["timestamp"] and first["timestamp"].endswith("+00:00")
    assert (far["is_rejected"], json.loads(far["result"])["error"]) == (True, "permission_denied")
    assert (ask["asked_model"], ask["result"]) == (True, "because")


def test_replaying_may_be_recorded(tmp_path: Path) -> None:
    recorded(tmp_path)
    assert run(tmp_path, "--tool-replay", "tools.jsonl", "--tool-record", "again.jsonl").status == 0
    again = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text().splitlines()]
    timeless = ("duration_ms", "timestamp")
    assert [{k: v for k, v in each.items() if k not in timeless} for each in again] == [
        {k: v for k, v in each.items() if k not in timeless} for each in recordings(tmp_path)
    ]


def test_a_call_without_a_recording_ends_the_run_and_runs_nothing(tmp_path: Path) -> None:
    recorded(tmp_path)
    (tmp_path / "deployed.txt").unlink()
    answers(tmp_path, RUN, RUN, RUN)
    used_up = run(tmp_path, "--tool-replay", "tools.jsonl")
    assert used_up.status == 1
    assert f'No recording found for tool call run({{"stage":"test"}}) in {tmp_path}/tools.jsonl' in used_up.errors
    assert "Its 2 recordings are used up. Run once with --tool-record to record it." in used_up.errors
    answers(tmp_path, call("run", stage="production"))
    other = run(tmp_path, "--tool-replay", "tools.jsonl")
    assert 'Recorded calls of run have other arguments: {"stage":"test"}.' in other.errors
    assert effects(tmp_path) == []


def test_refused_calls_need_no_recording(tmp_path: Path) -> None:
    recorded(tmp_path)
    answers(tmp_path, call("run", stage="x"), ENDING)
    program(tmp_path, 'false, approval_policy: {auto_deny: ["run"]}')
    ended = run(tmp_path, "--tool-replay", "tools.jsonl")
    assert ended.status == 0 and json.loads(ended.output)["rejected"] == ["run"]


def test_tests_have_recordings_of_their_own(tmp_path: Path) -> None:
    def pipeline(name: str, stage: str, expected: str) -> str:
        return f"""
pipeline test_{name}(task) {{
  let r = agent_loop("go", nil, {{tools: run}})
  assert(contains(r.transcript.messages[2].content, "{expected}"), r.transcript.messages[2].content)
}}
"""

    source = TOOLS + pipeline("one", "test", "exit_code=1") + pipeline("two", "test", "exit_code=0")
    write(tmp_path, "tests/a.harn", source)
    answers(tmp_path, *[RUN, prose("x")] * 2)
    lines = (tmp_path / "model.jsonl").read_text().splitlines()
    for number, name in enumerate(["one", "one", "two", "two"]):
        lines[number] = json.dumps({**json.loads(lines[number]), "test": f"tests/a.harn::test_{name}"})
    write(tmp_path, "model.jsonl", "\n".join(lines))
    flags = ("test", "tests", "--llm-mock", "model.jsonl")
    first = harn(*flags, "--tool-record", "tools.jsonl", cwd=tmp_path)
    assert "2 passed" in first.output, first
    assert {each["test"] for each in recordings(tmp_path)} == {"tests/a.harn::test_one", "tests/a.harn::test_two"}
    (tmp_path / "tests/deployed.txt").unlink()
    for more in ((), ("--filter", "two")):
        again = harn(*flags, "--tool-replay", "tools.jsonl", *more, cwd=tmp_path)
        assert again.status == 0, again
    assert not (tmp_path / "tests/deployed.txt").exists()


def test_a_tool_that_leaves_its_questions_to_a_worker_has_asked_a_model(tmp_path: Path) -> None:
    source = """
tool delegate() -> string { spawn_agent({task: "t", node: {}}).status }
agent_loop("go", nil, {tools: delegate})
"""
    write(tmp_path, "agent.harn", source)
    answers(tmp_path, call("delegate"), prose("a"), prose("b"))
    assert run(tmp_path, "--tool-record", "tools.jsonl").errors == ""
    assert [each["asked_model"] for each in recordings(tmp_path)] == [True]


def test_no_key_gets_into_a_recording(tmp_path: Path) -> None:
    program(tmp_path)
    answers(tmp_path, call("ask", question="sk-very-secret-0001"), prose("sk-very-secret-0001"), ENDING)
    flags = ("run", "--llm-mock", "model.jsonl", "--tool-record", "tools.jsonl", "agent.harn")
    assert harn(*flags, cwd=tmp_path, OPENAI_API_KEY="sk-very-secret-0001").status == 0
    assert "sk-very-secret" not in (tmp_path / "tools.jsonl").read_text()


def test_files_that_cannot_be_used_are_said_so_before_anything_runs(tmp_path: Path) -> None:
    write(tmp_path, "bad.jsonl", '{"tool_name": "x", "args_hash": "0", "result": 5, "is_rejected": false}\n')
    for flags, message in (
        (("--tool-replay", "none"), f"error: --tool-replay: cannot read {tmp_path}/none: No such file or directory"),
        (("--tool-replay", "bad.jsonl"), f"error: --tool-replay: {tmp_path}/bad.jsonl:1: `result` must be a string"),
        (("--tool-record", "no/x"), f"error: --tool-record: cannot write {tmp_path}/no/x: No such file"),
    ):
        ended = harn("run", *flags, "-e", 'println("ran")', cwd=tmp_path)
        assert (ended.status, ended.output) == (1, "")
        assert ended.errors.startswith(message)
    same = harn("run", "--tool-replay", "bad.jsonl", "--tool-record", "./bad.jsonl", "-e", "1", cwd=tmp_path)
    assert same.status == 2 and (tmp_path / "bad.jsonl").read_text()
