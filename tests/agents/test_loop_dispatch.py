"""Dispatch of tool calls: what tools do to a loop, and what a loop does about calls (chapter 12 section 12.5)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loop_programs import TOOLS, LoopRun, agent, call, execute, native, prose
from programs import LlmWorld

from harnpy.llm.agent_events import LoopCompleted, ToolExecuted, ToolNotRun, ToolRejected, ToolStarted
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.errors import HarnError

ADD = call("add", a=1, b=2)


def results(run: LoopRun) -> list[str]:
    """The texts of all tool results, in order."""
    found = []
    for text in run.feedback("tool_results"):
        for block in text.split("[result of ")[1:]:
            name, _, rest = block.partition("]\n")
            found.append(rest[: rest.rindex(f"\n[end of {name} result]")])
    return found


def with_tool(body: str, more: str = "") -> str:
    return (
        f'var tools = tool_define(tool_registry(), "t", "", {{parameters: {{}}, {more} handler: {{ args -> {body} }}}})'
    )


# --- results ---------------------------------------------------------------------------------------------------------


def test_results_come_back_in_one_message_in_the_order_of_the_calls() -> None:
    run = agent(ADD + call("boom") + call("add", a=5, b=5), prose("x"))
    assert run.feedback("tool_results") == [
        "[result of add]\n3\n[end of add result]\n\n[result of boom]\nError: Thrown: it broke\n[end of boom result]\n\n"
        "[result of add]\n10\n[end of add result]"
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("nil", "nil"),
        ("true", "true"),
        ("[1, 2.5]", "[1, 2.5]"),
        ("{b: 1, a: nil}", "{a: nil, b: 1}"),
        ("{ x -> x }", "<fn>"),
        ('"  text\\n"', "  text\n"),
        ('""', ""),
    ],
)
def test_results_that_are_no_text_are_displayed(body: str, text: str) -> None:
    run = agent(call("t"), prose("x"), tools=with_tool(body))
    shown = execute(f"println(json_stringify(to_string({body})))").values[0] if body.startswith("{ x") else text
    assert results(run) == [shown]
    assert run.result["successful_tools"] == ["t"]


def test_ten_megabytes_come_back_whole_without_compaction() -> None:
    run = agent(call("t"), prose("x"), tools=with_tool('"0123456789".repeat(1000000)'))
    assert len(results(run)[0]) == 10_000_000


def test_with_compaction_results_are_cut() -> None:
    run = agent(call("t"), prose("x"), tools=with_tool('"line\\n".repeat(100000)'), options="auto_compact: true")
    assert len(results(run)[0]) < 17_000
    assert "characters snipped" in results(run)[0]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('throw "no"', "Error: Thrown: no"),
        ("throw {code: 1}", "Error: Thrown: {code: 1}"),
        ("1 / 0", "Error: Runtime error: Division by zero"),
    ],
)
def test_what_a_tool_throws_is_its_result(body: str, text: str) -> None:
    run = agent(call("t"), prose("x"), tools=with_tool(body))
    assert results(run) == [text]
    assert run.result["successful_tools"] == []
    assert run.result["tools_used"] == ["t"]
    assert run.result["rejected_tools"] == []
    assert run.result["trace"]["tool_executions"] == 1


def test_a_result_that_says_error_is_one() -> None:
    run = agent(call("t"), prose("x"), tools=with_tool('"ERROR: no such thing"'))
    assert run.result["successful_tools"] == []
    assert [event["metadata"]["status"] for event in run.trace_events("tool_execution")] == ["error"]


def test_endless_recursion_in_a_tool_is_its_own_failure() -> None:
    run = agent(call("t"), prose("x"), tools="fn down(n) { return down(n + 1) + 1 }\n" + with_tool("down(0)"))
    assert results(run)[0].startswith("Error: ")


# --- refusals --------------------------------------------------------------------------------------------------------


def refusal(run: LoopRun, number: int = 0) -> dict[str, str]:
    found: dict[str, str] = json.loads(results(run)[number])
    return found


def test_a_tool_without_handler_is_not_available() -> None:
    tools = 'var tools = tool_define(tool_registry(), "t", "", {parameters: {}})'
    run = agent(call("t"), prose("x"), tools=tools)
    assert refusal(run)["error"] == "permission_denied"
    assert refusal(run)["reason"].startswith("Tool 't' is not available in the current environment.")
    assert refusal(run)["reason"].endswith(" Do not retry this tool.")
    assert run.result["rejected_tools"] == ["t"]
    assert run.result["trace"]["tool_rejections"] == 1
    assert run.result["trace"]["tool_executions"] == 0


def test_a_call_of_an_unknown_tool_over_the_channel_is_refused_and_the_loop_goes_on() -> None:
    run = agent(native(("nope", {})), prose("x"), options='tool_format: "native"')
    assert run.result["status"] == "done"
    assert run.result["rejected_tools"] == ["nope"]


def test_a_handler_that_is_denied_something_is_denied_itself() -> None:
    tools = with_tool('read_file("/etc/hostname")')
    run = agent(call("t"), prose("x"), tools=tools, options='policy: {capabilities: {workspace: ["list"]}}')
    assert refusal(run)["reason"] == "builtin 'read_file' exceeds workspace.read_text ceiling Do not retry this tool."
    assert run.result["rejected_tools"] == ["t"]


def test_a_tool_beyond_the_policy_is_denied_without_a_trace_event() -> None:
    run = agent(ADD + call("look"), prose("x"), options='policy: {tools: ["look"]}')
    reason = refusal(run)["reason"]
    assert reason.startswith("Error [tool_rejected]: tool 'add' exceeds tool ceiling.")
    assert list(refusal(run)) == ["error", "reason", "tool"]
    assert run.result["rejected_tools"] == ["add"]
    assert run.result["tools_used"] == ["look"]
    assert run.result["trace"]["tool_rejections"] == 0
    metadata = run.trace_events("tool_execution")[0]["metadata"]
    assert metadata == {"tool_name": "add", "tool_use_id": "tc_0", "rejected": True, "arguments": {"a": 1, "b": 2}}


def test_approval_denies_and_says_so() -> None:
    run = agent(
        ADD + call("look"), prose("x"), options='approval_policy: {auto_deny: ["a*"], require_approval: ["look"]}'
    )
    assert refusal(run)["reason"] == "tool 'add' matches deny pattern 'a*'"
    assert refusal(run, 1)["reason"] == "approval required but no host bridge is available"
    assert [event["metadata"]["approval"] for event in run.trace_events("tool_execution")] == [
        "auto_denied",
        "host_denied",
    ]
    assert run.result["rejected_tools"] == ["add", "look"]


def test_a_hook_denies_and_another_shortens() -> None:
    tools = TOOLS + 'register_tool_hook({pattern: "add", deny: "not today"})\n'
    run = agent(ADD, prose("x"), tools=tools)
    assert refusal(run)["reason"] == "not today"
    long_text = "line\n" * 200
    tools = TOOLS + 'register_tool_hook({pattern: "run", max_output: 300})\n'
    run = agent(call("run", what=long_text), prose("x"), tools=tools)
    assert len(results(run)[0]) < 400


def test_a_malformed_call_of_the_provider_is_answered_by_its_error() -> None:
    run = agent(native(("add", {"__parse_error": "Could not parse tool arguments as JSON: x."})), prose("x"))
    assert results(run) == ["ERROR: Could not parse tool arguments as JSON: x."]
    assert run.result["rejected_tools"] == []
    assert run.result["tools_used"] == []


def test_missing_arguments_are_named() -> None:
    run = agent(call("add", b=None), prose("x"))
    assert results(run) == [
        "ERROR: Tool 'add' is missing required parameter(s): a, b. Provide all required parameters and try again."
    ]
    assert run.result["rejected_tools"] == []


def test_wrong_types_reach_the_tool_which_may_fail() -> None:
    run = agent(call("add", a="1", b=[2]), prose("x"))
    assert run.result["status"] == "done"
    assert len(results(run)) == 1


# --- the policies afterwards -----------------------------------------------------------------------------------------


def test_policies_and_registry_are_as_before_when_the_loop_fails() -> None:
    source = f"""
    {TOOLS}
    tool_bind(tool_registry())
    let outcome = try {{ agent_loop("x", nil, {{tools: tools, policy: {{capabilities: {{workspace: ["list"]}}}}}}) }}
    println(json_stringify([is_err(outcome), file_exists("/")]))
    println(json_stringify(is_err(try {{ tool_ref("add") }})))
    """
    run = execute(source, [{"error": {"category": "auth", "message": "no"}}])
    assert run.values == [[True, True], True]


def test_a_loop_inside_a_loop_can_not_have_more_than_the_outer_one() -> None:
    tools = """
    var tools = tool_define(tool_registry(), "sub", "", {parameters: {}, handler: { args ->
      agent_loop("inner", nil, {policy: {tools: ["sub", "more"]}}).status
    }})
    """
    run = agent(call("sub"), prose("x"), tools=tools, options='policy: {tools: ["sub"]}')
    assert "requested tools exceed host ceiling: more" in results(run)[0]


# --- built-in tools --------------------------------------------------------------------------------------------------

READERS = """
var tools = tool_registry()
tools = tool_define(tools, "read_file", "Reads", {parameters: {path: "string"}})
tools = tool_define(tools, "list_directory", "Lists", {parameters: {}})
"""


def test_read_file_numbers_lines_and_says_how_to_go_on(tmp_path: Path) -> None:
    file = tmp_path / "f.txt"
    file.write_text("".join(f"line {number}\n" for number in range(1, 6)))
    run = agent(
        call("read_file", path=str(file)),
        call("read_file", path=str(file), offset="2", limit=2),
        call("read_file", path=str(tmp_path / "none")),
        call("read_file", path=""),
        prose("x"),
        tools=READERS,
    )
    assert results(run) == [
        "1\tline 1\n2\tline 2\n3\tline 3\n4\tline 4\n5\tline 5",
        "2\tline 2\n3\tline 3\n\n[... 2 more lines not shown. Use offset=4 to continue reading]",
        f"Error: cannot read file '{tmp_path / 'none'}': No such file or directory (os error 2)",
        "Error: missing path parameter",
    ]


def test_directories_are_listed(tmp_path: Path) -> None:
    (tmp_path / "b.txt").touch()
    (tmp_path / "a").mkdir()
    calls = call("list_directory", path=str(tmp_path)) + call("read_file", path=str(tmp_path))
    run = agent(calls, call("list_directory", path=str(tmp_path / "x")), prose("x"), tools=READERS)
    assert results(run)[:2] == ["a/\nb.txt", "a/\nb.txt"]
    assert results(run)[2].startswith(f"Error: cannot list directory '{tmp_path / 'x'}': ")


def test_a_handler_of_the_program_goes_before_them() -> None:
    tools = 'var tools = [{name: "read_file", description: "", parameters: {}, handler: { args -> "mine" }}]'
    assert results(agent(call("read_file"), prose("x"), tools=tools)) == ["mine"]


def test_the_policy_decides_about_them_too(tmp_path: Path) -> None:
    run = agent(
        call("read_file", path=str(tmp_path)),
        prose("x"),
        tools=READERS,
        options='policy: {capabilities: {workspace: ["list"]}}',
    )
    assert "exceeds workspace.read_text ceiling" in refusal(run)["reason"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"path": "secret"},
        {"name": "secret"},
        {"path": "", "name": "secret"},
        {"path": None, "name": "secret"},
        {"path": ["secret"]},
        {"path": 7},
        {"path": "src/../secret"},
    ],
)
def test_whatever_way_a_path_is_given_it_is_the_one_that_a_constraint_is_about(arguments: dict[str, object]) -> None:
    constraint = '{tool: "read_file", arg_key: "path", arg_patterns: ["src/*"]}'
    run = agent(
        call("read_file", **arguments),
        call("read_file", name="src/none"),
        prose("x"),
        tools=READERS.replace('path: "string"', ""),
        options=f"policy: {{tool_arg_constraints: [{constraint}]}}",
    )
    assert 'does not match allowed patterns: ["src/*"].' in refusal(run)["reason"]
    assert results(run)[1].startswith("Error: cannot read file 'src/none': ")


def test_a_constraint_is_about_the_directory_that_is_listed_without_a_path_too() -> None:
    constraint = '{tool: "list_directory", arg_key: "path", arg_patterns: ["src/*"]}'
    options = f"policy: {{tool_arg_constraints: [{constraint}]}}"
    run = agent(call("list_directory"), prose("x"), tools=READERS, options=options)
    assert "path '.' does not match" in refusal(run)["reason"]


def test_a_read_of_a_directory_that_fails_says_that_it_was_one() -> None:
    class Sealed(LlmWorld):
        @operation("fs.read", Repeat.PURE)
        def list_directory(self, path: str) -> list[str]:
            raise PermissionError(13, "Permission denied")

    run = agent(call("read_file", path="/"), prose("x"), tools=READERS, world=Sealed({"HARN_LLM_PROVIDER": "mock"}))
    assert results(run) == ["Error: cannot list directory '/': Permission denied (os error 13)"]


def test_only_calls_that_get_as_far_as_their_tool_are_used_ones() -> None:
    tools = (
        TOOLS
        + """
    tools = tool_define(tools, "nowhere", "", {parameters: {}})
    register_tool_hook({pattern: "hooked", deny: "no"})
    """
    )
    answer = native(
        ("beyond", {}),
        ("add", {"__parse_error": "bad"}),
        ("add", {"a": 1}),
        ("look", {}),
        ("hooked", {}),
        ("nowhere", {}),
    )
    repeated = native(("look", {}), ("ledger", {"action": "note", "text": "n"}))
    options = """tool_format: "native", loop_detect_skip: 2, approval_policy: {auto_deny: ["look2"]},
      policy: {tools: ["add", "look", "hooked", "nowhere", "look2"]}"""
    run = agent(answer, native(("look2", {})), repeated, prose("x"), tools=tools, options=options)
    assert run.result["tools_used"] == ["look", "nowhere", "ledger", "look"]
    assert run.result["rejected_tools"] == ["beyond", "hooked", "nowhere", "look2"]
    (ended,) = [event for event in run.events if isinstance(event, LoopCompleted)]
    assert ended.tools_used == ("look", "nowhere", "ledger")


# --- repeated calls --------------------------------------------------------------------------------------------------

LOOK = call("look")


def test_repeated_calls_are_warned_about_then_blocked_then_skipped() -> None:
    run = agent(*[LOOK] * 5, options="max_iterations: 5")
    texts = results(run)
    assert texts[0] == "nothing new"
    assert texts[1] == (
        "nothing new\n[LOOP DETECTED] This exact look() call has produced the same result 2 times. "
        'The result says: "nothing new". Try a DIFFERENT tool or DIFFERENT parameters.'
    )
    assert texts[2].startswith("BLOCKED: look() has failed 3 times identically.")
    assert texts[3].startswith("BLOCKED: look() was NOT executed (repeated 4 times identically).")
    assert texts[4] == texts[3]
    assert run.result["tools_used"] == ["look"] * 5
    assert run.result["trace"]["interventions"] == 2
    assert run.result["trace"]["tool_executions"] == 3
    skipped = run.trace_events("tool_execution")[3]["metadata"]
    assert skipped == {"tool_name": "look", "tool_use_id": "tc_0", "loop_skipped": True, "repeat_count": 4}


def test_other_arguments_and_other_results_are_no_repetition() -> None:
    run = agent(*(call("add", a=number, b=0) for number in range(5)), options="max_iterations: 5")
    assert results(run) == ["0", "1", "2", "3", "4"]


def test_detection_can_be_switched_off() -> None:
    run = agent(*[LOOK] * 6, options="max_iterations: 6, loop_detect_warn: 0")
    assert results(run) == ["nothing new"] * 6


def test_thresholds_are_options() -> None:
    options = "max_iterations: 5, loop_detect_warn: 3, loop_detect_block: 4, loop_detect_skip: 5"
    texts = results(agent(*[LOOK] * 5, options=options))
    assert texts[:2] == ["nothing new"] * 2
    assert "[LOOP DETECTED]" in texts[2]
    assert texts[3].startswith("BLOCKED: look() has failed 4")
    assert texts[4].startswith("BLOCKED: look() was NOT executed")


def test_an_empty_result_is_called_empty() -> None:
    run = agent(*[call("run", what="")] * 2, options="max_iterations: 2")
    assert 'The result says: "(empty)".' in results(run)[1]


def test_a_first_line_that_is_empty_is_quoted_as_it_is() -> None:
    run = agent(*[call("run", what="\nmore")] * 2, options="max_iterations: 2")
    assert 'The result says: "". Try' in results(run)[1]


# --- events ----------------------------------------------------------------------------------------------------------


def test_subscribers_follow_each_call() -> None:
    tools = TOOLS + 'agent_subscribe("s", { e -> println(json_stringify(e)) })\n'
    run = agent(ADD + call("boom"), prose("x"), tools=tools, options='session_id: "s"')
    assert [(each["type"], each.get("status")) for each in run.printed] == [
        ("turn_start", None),
        ("tool_call", "pending"),
        ("tool_call_update", "in_progress"),
        ("tool_call_update", "completed"),
        ("tool_call", "pending"),
        ("tool_call_update", "in_progress"),
        ("tool_call_update", "completed"),
        ("turn_end", None),
        ("turn_start", None),
    ]
    assert run.printed[1] == {
        "type": "tool_call",
        "session_id": "s",
        "tool_call_id": "tool-tc_0",
        "tool_name": "add",
        "kind": None,
        "status": "pending",
        "raw_input": {"a": 1, "b": 2},
    }
    assert run.printed[3]["raw_output"] == {"text": "3", "tool_use_id": "tc_0"}


def test_a_skipped_call_fails_for_subscribers() -> None:
    tools = TOOLS + 'agent_subscribe("s", { e -> if e.type == "tool_call_update" { println(json_stringify(e)) } })\n'
    run = agent(*[LOOK] * 4, tools=tools, options='session_id: "s", max_iterations: 4')
    last = run.printed[-1]
    assert last["status"] == "failed"
    assert last["raw_output"] == {"loop_skipped": True, "repeat_count": 4}
    assert last["error"] == "tool loop detected (skipped after 4 repeats)"


def test_the_trace_of_the_run_names_tools_with_their_classes() -> None:
    annotated = '{tool_annotations: {add: {kind: "edit"}}, tools: ["add"]}'
    source = f"""
    {TOOLS}
    agent_loop("x", nil, {{tools: tools, policy: {annotated}}})
    println(json_stringify(agent_trace().filter({{ e -> e.type == "tool_execution" }})))
    """
    ((entry,),) = execute(source, [ADD, prose("x")]).values
    assert (entry["tool_name"], entry["classification"], entry["status"], entry["iteration"]) == (
        "add",
        "workspace_write",
        "ok",
        0,
    )


# --- read-only calls side by side ------------------------------------------------------------------------------------

READ = '{tool_annotations: {slow: {kind: "read"}, other: {kind: "edit"}}, tools: ["slow", "other"]}'
SLOW = """
let gate = channel("gate", 10)
var tools = tool_registry()
tools = tool_define(tools, "slow", "", {parameters: {n: "int", of: "int"}, handler: { args ->
  println(json_stringify("start ${args.n}"))
  if args.n == args.of {
    for i in 1 to args.of { send(gate, i) }
  } else {
    receive(gate)
  }
  args.n
}})
tools = tool_define(tools, "other", "", {parameters: {}, handler: { args -> "edited" }})
"""


def test_leading_read_only_calls_run_at_once_and_answer_in_order() -> None:
    # Each but the last waits for the last: one after the other they would wait for ever.
    calls = "".join(call("slow", n=number, of=3) for number in (1, 2, 3))
    run = agent(calls + call("other"), prose("x"), tools=SLOW, options=f"policy: {READ}")
    assert results(run) == ["1", "2", "3", "edited"]
    assert run.result["tools_used"] == ["slow", "slow", "slow", "other"]
    assert run.printed == ["start 1", "start 2", "start 3"]


def test_only_calls_that_pass_the_checks_run_ahead() -> None:
    tools = """
    var tools = tool_define(tool_registry(), "peek", "", {parameters: {n: "int"}, handler: { args ->
      println(json_stringify(args.n))
      args.n
    }})
    """
    policy = (
        'policy: {tool_annotations: {peek: {kind: "read", arg_schema: {path_params: ["n"]}}}, tools: ["peek"]}, '
        "approval_policy: {}"
    )
    run = agent(call("peek") + call("peek", n=2) + call("peek", n=3), prose("x"), tools=tools, options=policy)
    assert run.printed == [2, 3]
    assert results(run)[0].startswith("ERROR: Tool 'peek' is missing required parameter(s): n.")
    denied = agent(
        call("peek", n=1) + call("peek", n=2),
        prose("x"),
        tools=tools,
        options=policy.replace("{}", '{auto_deny: ["peek"]}'),
    )
    assert denied.printed == []
    assert denied.result["rejected_tools"] == ["peek"]


def test_equal_calls_of_one_turn_are_not_run_more_often_than_one_after_the_other() -> None:
    tools = """
    var tools = tool_define(tool_registry(), "peek", "", {parameters: {}, handler: { args ->
      println(json_stringify("ran"))
      "same"
    }})
    """
    policy = 'policy: {tool_annotations: {peek: {kind: "read"}}, tools: ["peek"]}'
    run = agent(call("peek") * 6, prose("x"), tools=tools, options=policy)
    assert run.printed == ["ran"] * 3
    assert results(run)[5].startswith("BLOCKED: peek() was NOT executed")


def test_the_beginning_of_a_tool_is_told_before_it_runs() -> None:
    run = agent(
        call("boom") + call("nope", x=1) + call("run", what="x"),
        prose("x"),
        tools=TOOLS
        + """
    tools = tool_define(tools, "nope", "", {parameters: {}})
    """,
    )
    told = [event for event in run.events if isinstance(event, ToolStarted | ToolExecuted | ToolRejected)]
    kinds = [(type(event).__name__, event.tool_name, event.tool_use_id, event.iteration) for event in told]
    assert kinds == [
        ("ToolStarted", "boom", "tc_0", 0),
        ("ToolExecuted", "boom", "tc_0", 0),
        ("ToolStarted", "nope", "tc_1", 0),
        ("ToolRejected", "nope", "tc_1", 0),
        ("ToolStarted", "run", "tc_2", 0),
        ("ToolExecuted", "run", "tc_2", 0),
    ]
    assert {event.agent_id for event in told} == {run.events[0].agent_id}  # type: ignore[union-attr]
    assert [event.arguments for event in told if isinstance(event, ToolStarted)] == [{}, {"x": 1}, {"what": "x"}]


def test_what_does_not_get_as_far_as_its_tool_is_no_beginning() -> None:
    answers = [call("run"), *[call("look")] * 4, prose("x")]
    run = agent(*answers, options='policy: {tools: ["look", "run"]}, loop_detect_skip: 2')
    assert [event.iteration for event in run.events if isinstance(event, ToolStarted)] == [1]


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_deadline_around_the_loop_is_not_the_tools_to_survive() -> None:
    tools = with_tool('receive(channel("never", 1))')
    source = f"""
    {tools}
    let outcome = try {{ deadline 1s {{ agent_loop("x", nil, {{tools: tools}}) }} }}
    println(json_stringify(to_string(outcome)))
    """
    (text,) = execute(source, [call("t"), prose("never said")]).values
    assert "Deadline exceeded" in text


def test_a_tool_that_swallows_the_deadline_does_not_keep_the_loop_alive() -> None:
    tools = with_tool('let r = try { receive(channel("never", 1)) }\n "swallowed"')
    source = f"""
    {tools}
    let outcome = try {{ deadline 1s {{ agent_loop("x", nil, {{tools: tools}}) }} }}
    println(json_stringify(to_string(outcome)))
    """
    run = execute(source, [call("t"), prose("never said")])
    assert "Deadline exceeded" in run.values[0]
    assert len(run.calls) == 1


def test_a_deadline_inside_a_tool_is_its_own() -> None:
    run = agent(call("t"), prose("x"), tools=with_tool('deadline 1s { receive(channel("never", 1)) }'))
    assert results(run) == ["Error: Thrown: Deadline exceeded"]
    assert run.result["status"] == "done"


def test_a_cancelled_loop_ends_where_it_waits() -> None:
    source = f"""
    {with_tool('receive(channel("never", 1))')}
    let task = spawn {{ agent_loop("x", nil, {{tools: tools}}) }}
    sleep(10ms)
    cancel(task)
    println(json_stringify(await task))
    """
    run = execute(source, [call("t"), prose("never said")])
    assert run.values == [None]
    assert len(run.calls) == 1


def test_what_leaves_a_loop_is_told_to_those_who_watch() -> None:
    with pytest.raises(HarnError):
        agent({"error": {"category": "auth", "message": "no"}})
    source = 'let r = try { agent_loop("x") }\nprintln(json_stringify(agent_trace_summary().status))'
    assert execute(source, [{"error": {"category": "auth", "message": "no"}}]).values == ["error"]


def test_observers_hear_of_calls_that_do_not_reach_their_tool() -> None:
    run = agent(
        call("boom"),
        call("add", a=1),
        *[call("look")] * 4,
        prose("x"),
        options='approval_policy: {auto_deny: ["boom"]}',
    )
    told = [event for event in run.events if isinstance(event, ToolNotRun)]
    assert [(each.tool_name, each.kind, each.iteration) for each in told] == [
        ("boom", "denied", 0),
        ("add", "invalid", 1),
        ("look", "repeated", 5),
    ]
    assert told[0].reason == "tool 'boom' matches deny pattern 'boom'"
    assert told[1].reason.startswith("Tool 'add' is missing required parameter(s): b.") and told[1].arguments == {
        "a": 1
    }
    assert told[2].reason == "tool loop detected (skipped after 4 repeats)"
    # Programs are told of executed calls and refused executions alone (section 12.13.1).
    trace = run.result["trace"]
    assert (trace["tool_executions"], trace["tool_rejections"]) == (3, 0)
    assert run.result["rejected_tools"] == ["boom"]
