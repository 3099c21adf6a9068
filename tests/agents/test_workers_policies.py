"""What workers may do and spend: never more than whoever starts them (chapter 12 section 12.15.1)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from loop_programs import DONE, call, execute, prose
from programs import LlmWorld, openai_variables
from provider_server import ProviderServer, openai_reply
from support import harn_with
from worker_programs import delegate, shown

PARENT = """
let t = tool_define(tool_registry(), "delegate", "", {parameters: {}, handler: { args ->
  try { show(wait_agent(spawn_agent({task: "t", CONFIG})).result.result.rejected_tools) } catch e { show(e) }
  "ok"
}})
agent_loop("x", nil, {tools: t, policy: POLICY})
"""


def in_loop(config: str, policy: str, *answers: str, state: Path) -> object:
    """What a worker that a tool of a loop starts comes to."""
    source = PARENT.replace("CONFIG", config).replace("POLICY", policy)
    return shown(source, call("delegate"), *answers, *[prose("x") + DONE] * 3, state=state)[0]


@pytest.mark.parametrize(
    ("config", "policy", "text"),
    [
        (
            'node: {}, tools: ["add"]',
            '{tools: ["delegate"]}',
            "requested tools exceed host ceiling: add",
        ),
        (
            'node: {}, policy: {capabilities: {process: ["exec"]}}',
            '{capabilities: {workspace: ["read_text"]}}',
            "requested capability exceeds host ceiling: process",
        ),
        (
            'node: {}, carry: {policy: {capabilities: {workspace: ["read_text", "delete"]}}}',
            '{capabilities: {workspace: ["read_text"]}}',
            "requested capability operations exceed host ceiling: workspace.delete",
        ),
    ],
)
def test_a_worker_cannot_ask_for_more_than_its_parent_has(config: str, policy: str, text: str, tmp_path: Path) -> None:
    assert in_loop(config, policy, state=tmp_path) == f"Runtime error: spawn_agent: {text}"


def test_builtins_of_tools_are_below_the_ceiling_of_the_parent(tmp_path: Path) -> None:
    writer = """node: {tools: tool_define(tool_registry(), "w", "", {parameters: {}, handler: { args ->
      try { write_file("PATH", "x") } catch e { show(e) }
      "ok"
    }})}""".replace("PATH", str(tmp_path / "made"))
    found = in_loop(writer, '{side_effect_level: "read_only"}', call("w"), state=tmp_path / "s")
    # What the worker prints comes first.
    assert found == "Error [tool_rejected]: builtin 'write_file' exceeds workspace write ceiling"
    assert not (tmp_path / "made").exists()


def test_carry_wins_over_the_same_keys_beside_it(tmp_path: Path) -> None:
    source = """
    let h = spawn_agent({task: "t", node: {}, tools: ["a"], policy: {tools: ["b"]}, carry: {tools: ["c"], policy: nil}})
    show(h.snapshot_path)
    """
    (path,) = shown(source, state=tmp_path)
    assert json.loads(Path(path).read_text())["carry_policy"]["policy"]["tools"] == ["c"]


def test_tools_beyond_the_policy_of_a_worker_are_not_offered(tmp_path: Path) -> None:
    source = 'show(spawn_agent({task: "t", wait: true, node: {tools: tools}, tools: ["add"]}).result.result)'
    run = delegate(source, call("look") + call("add", a=1, b=2), prose("x") + DONE, state=tmp_path)
    assert "look(" not in (run.calls[0].system or "")
    assert run.result["successful_tools"] == ["add"]


def test_tools_say_in_their_policy_what_they_touch(tmp_path: Path) -> None:
    source = """
    let t = tool_define(tool_registry(), "peek", "", {
      parameters: {path: "string"}, policy: {kind: "read", side_effect_level: "read_only", path_params: ["path"]},
      handler: { args -> try { write_file(args.path, "x") } catch e { show(e) } },
    })
    let node = {tools: t, capability_policy: {tool_arg_constraints: [{tool: "peek", arg_patterns: ["ok/**"]}]}}
    show(spawn_agent({task: "t", wait: true, node: node}).result.result)
    """
    answers = [call("peek", path="elsewhere/x"), call("peek", path="ok/x"), prose("x") + DONE]
    run = delegate(source, *answers, state=tmp_path)
    assert run.result["rejected_tools"] == ["peek"]
    assert run.printed == ["Error [tool_rejected]: builtin 'write_file' exceeds workspace write ceiling"]


def test_approvals_of_the_audit_are_in_force(tmp_path: Path) -> None:
    source = """
    let h = spawn_agent({task: "t", wait: true, node: {tools: tools}, audit: {approval_policy: {auto_deny: ["add"]}}})
    show(h.result.result)
    """
    run = delegate(source, call("add", a=1, b=2), prose("x") + DONE, state=tmp_path)
    assert run.result["rejected_tools"] == ["add"]


def test_workers_spend_of_the_budget_around_them(server: ProviderServer, tmp_path: Path) -> None:
    server.script(*[openai_reply("x")] * 5)
    source = """
    let spent = try { with_llm_budget(0.0000001, { -> wait_agent(spawn_agent({task: "t", node: {}})) }) }
    println(json_stringify(to_string(spent)))
    """
    variables = openai_variables(server, HARN_WORKER_STATE_DIR=str(tmp_path), HARN_LLM_MODEL="gpt-4o")
    (text,) = execute(source, world=LlmWorld(variables)).values
    assert "LLM budget exceeded" in text
    assert not server.requests


def test_a_signal_ends_workers_with_their_finally(tmp_path: Path) -> None:
    program = tmp_path / "p.harn"
    program.write_text("""
let t = tool_define(tool_registry(), "hang", "", {parameters: {}, handler: { args ->
  try { write_file("begun", ""); receive(channel("never")) } finally { write_file("cleaned", "") }
}})
llm_mock({text: "<tool_call>hang({})</tool_call>"})
let h = spawn_agent({task: "t", node: {tools: t}})
while !file_exists("begun") { sleep(10ms) }
println("running")
receive(channel("never"))
""")
    variables = {**os.environ, "HARN_LLM_PROVIDER": "mock"}
    command = [*harn_with("harnpy.cli.stop_signals", GRACE_SECONDS=3600), "run", str(program)]
    process = subprocess.Popen(command, env=variables, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert (tmp_path / "begun").exists() and (tmp_path / "cleaned").exists()
