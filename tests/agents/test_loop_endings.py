"""How loops end: every status, the gates before `done`, phases, stops, nudges (chapter 12 sections 12.1.4, 12.1.10)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loop_programs import DONE, TOOLS, agent, call, execute, native, prose

from harnpy.vm.errors import HarnError

ADD = call("add", a=1, b=2)


# --- plain loops -----------------------------------------------------------------------------------------------------


def test_a_plain_loop_goes_on_while_the_model_calls_tools_and_ends_with_its_first_answer_in_text() -> None:
    run = agent(ADD, ADD + call("add", a=3, b=4), prose("It is 7."))
    assert run.result["status"] == "done"
    assert run.result["iterations"] == 3
    assert run.result["visible_text"] == "It is 7."
    assert run.result["tools_used"] == ["add", "add", "add"]
    assert run.result["successful_tools"] == ["add"]
    assert run.result["rejected_tools"] == []
    assert run.result["transcript"]["state"] == "active"
    assert [message["role"] for message in run.messages] == [
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
        "assistant",
    ]


def test_text_before_a_call_is_never_the_final_answer() -> None:
    run = agent(prose("The answer is 3, I think. Let me check.") + "\n" + ADD, prose("3"))
    assert run.result["iterations"] == 2
    assert run.result["visible_text"] == "3"
    assert run.result["text"] == prose("The answer is 3, I think. Let me check.") + "\n" + ADD + prose("3")


def test_a_loop_without_tools_ends_after_one_answer() -> None:
    run = agent(prose("Hello."), tools="")
    assert (run.result["status"], run.result["iterations"], len(run.messages)) == ("done", 1, 2)


def test_a_loop_of_the_mock_provider_records_two_messages_and_four_on_the_same_session() -> None:
    source = """
    let first = agent_loop("say hi", nil, {session_id: "s"})
    let second = agent_loop("again", nil, {session_id: "s"})
    println(json_stringify([first, second]))
    """
    first, second = execute(source).values[0]
    assert [(each["status"], len(each["transcript"]["messages"])) for each in (first, second)] == [
        ("done", 2),
        ("done", 4),
    ]
    assert second["transcript"]["messages"][:2] == first["transcript"]["messages"]


def test_no_turn_at_all_is_done() -> None:
    run = agent(options="max_iterations: 0")
    assert (run.result["status"], run.result["iterations"], run.result["daemon_state"]) == ("done", 0, "done")
    assert run.calls == []


def test_a_negative_budget_is_none() -> None:
    assert agent(options="max_iterations: -4").result["iterations"] == 0


def test_a_model_that_never_finishes_exhausts_its_budget() -> None:
    run = agent(*(call("add", a=number, b=0) for number in range(5)), options="max_iterations: 3")
    assert run.result["status"] == "budget_exhausted"
    assert run.result["iterations"] == 3
    assert run.result["transcript"]["state"] == "paused"
    assert len(run.calls) == 3


def test_a_native_loop_of_the_mock_provider_calls_its_first_tool_until_the_budget_ends() -> None:
    run = agent(options='tool_format: "native", max_iterations: 3')
    assert run.result["status"] == "budget_exhausted"
    assert run.result["tools_used"] == ["add", "add", "add"]


# --- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        "tool_format: nil",
        "nudge: nil",
        "done_sentinel: nil",
        "break_unless_phase: nil",
        "session_id: nil",
        "tools: nil",
    ],
)
def test_nil_is_the_same_as_absent(options: str) -> None:
    run = agent(prose("ok"), options=options, tools="")
    assert run.result["status"] == "done"
    assert run.result["tool_calling_mode"] == "text"


def test_integers_of_another_type_are_absent_and_unknown_keys_are_ignored() -> None:
    run = agent(ADD, prose("ok"), options='max_iterations: "1", max_nudges: 2.5, whatever: true')
    assert run.result["iterations"] == 2


@pytest.mark.parametrize("value", ["nil", "{}"])
def test_the_removed_transcript_option_is_an_error(value: str) -> None:
    with pytest.raises(HarnError) as caught:
        agent(options=f"transcript: {value}")
    assert caught.value.value.startswith("llm_call / agent_loop: the `transcript` option was removed.")


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ('"x"', "tools must be a tool_registry"),
        ('["x"]', "tools must be declared as tool definition dicts or a tool_registry"),
        ("[1]", "tools must contain only tool definition dicts"),
    ],
)
def test_wrong_tools_are_thrown(tools: str, message: str) -> None:
    with pytest.raises(HarnError) as caught:
        execute(f'agent_loop("x", nil, {{tools: {tools}}})')
    assert caught.value.value.startswith(message)


def test_given_messages_replace_the_prompt() -> None:
    run = agent(prose("ok"), options='messages: [{role: "user", content: "one"}, {role: "assistant", content: "two"}]')
    assert run.contents[:2] == ["one", "two"]


# --- persistent loops ------------------------------------------------------------------------------------------------


def test_a_persistent_loop_ends_with_the_sentinel_after_an_action() -> None:
    run = agent(ADD, prose("all done") + "\n" + DONE, options="persistent: true")
    assert run.result["status"] == "done"
    assert run.result["visible_text"] == "all done\n\n<done>##DONE##</done>"


def test_the_sentinel_may_come_with_the_action() -> None:
    assert agent(ADD + "\n" + DONE, options="persistent: true").result["iterations"] == 1


def test_another_sentinel_counts_instead() -> None:
    options = 'persistent: true, done_sentinel: "FIN"'
    run = agent(ADD, DONE, "<done>FIN</done>", options=options)
    assert run.result["iterations"] == 3
    assert "<done>FIN</done>" in (run.calls[0].system or "")


def test_a_native_loop_takes_the_sentinel_from_anywhere_in_the_text() -> None:
    options = 'persistent: true, tool_format: "native"'
    run = agent(native(("add", {"a": 1, "b": 2})), "Ready. ##DONE##", options=options)
    assert (run.result["status"], run.result["iterations"]) == ("done", 2)
    assert run.feedback("protocol_violation") == []


def test_a_text_loop_with_tools_takes_it_from_its_block_only() -> None:
    run = agent(ADD, prose("##DONE##"), DONE, options="persistent: true")
    assert run.result["iterations"] == 3


def test_a_persistent_loop_without_tools_can_not_finish() -> None:
    run = agent(DONE, tools="", options="persistent: true, max_iterations: 1")
    assert run.result["status"] == "budget_exhausted"
    assert run.feedback("sentinel_without_action") == []


def test_a_model_that_only_talks_is_nudged_and_then_stuck() -> None:
    long_text = "x" * 300
    tools = TOOLS + 'agent_subscribe("s", { e -> if e.type == "loop_stuck" { println(json_stringify(e)) } })'
    run = agent(*[prose(long_text)] * 3, options='persistent: true, max_nudges: 2, session_id: "s"', tools=tools)
    assert run.result["status"] == "stuck"
    assert run.result["iterations"] == 3
    assert run.feedback("nudge") == ["Continue — use a tool call to make progress."] * 2
    (stuck,) = run.printed
    assert (stuck["max_nudges"], stuck["last_iteration"]) == (2, 2)
    assert stuck["tail_excerpt"] == prose(long_text)[:240] + "…"


def test_a_tool_call_makes_the_patience_new() -> None:
    run = agent(
        prose("a"),
        ADD,
        prose("b"),
        ADD.replace("1", "7"),
        prose("c"),
        prose("d"),
        options="persistent: true, max_nudges: 1",
    )
    assert (run.result["status"], run.result["iterations"]) == ("stuck", 6)


def test_the_nudge_of_the_program_replaces_the_usual_one() -> None:
    run = agent(prose("a"), prose("b"), options='persistent: true, max_nudges: 1, nudge: "Go on!"')
    assert run.feedback("nudge") == ["Go on!"]


def test_malformed_calls_are_no_talk() -> None:
    broken = "<tool_call>add(a=1)</tool_call>"
    run = agent(*[broken] * 6, options="persistent: true, max_nudges: 1, max_iterations: 6")
    assert run.result["status"] == "budget_exhausted"


def test_a_malformed_call_keeps_a_plain_loop_going() -> None:
    run = agent("<tool_call>add(a=1)</tool_call>", ADD, prose("3"))
    assert (run.result["status"], run.result["iterations"]) == ("done", 3)


# --- gates -----------------------------------------------------------------------------------------------------------


def test_done_before_any_action_is_refused() -> None:
    run = agent(DONE, ADD, DONE, options="persistent: true")
    assert run.result["iterations"] == 3
    (text,) = run.feedback("sentinel_without_action")
    assert text.startswith("A `<done>` block came before any tool action.")


def test_done_needs_a_passing_run_where_verification_is_asked_for() -> None:
    options = "persistent: true, exit_when_verified: true"
    failing, passing = call("run", what="Command failed exit_code=2"), call("run", what="exit_code=0")
    run = agent(ADD, DONE, failing + DONE, DONE, passing, DONE, options=options)
    assert (run.result["status"], run.result["iterations"]) == ("done", 6)
    texts = run.feedback("verification_gate")
    assert len(texts) == 3
    assert "(last run exit code: none)" in texts[0]
    assert "(last run exit code: none)" in texts[1]
    assert "(last run exit code: 1)" in texts[2]


def test_a_run_that_says_nothing_of_its_exit_code_changes_nothing() -> None:
    options = "persistent: true, exit_when_verified: true"
    run = agent(call("run", what="success=true"), call("run", what="hm"), DONE, options=options)
    assert (run.result["status"], run.result["iterations"]) == ("done", 3)


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ("ok, exit_code=0\nthen it broke\nexit_code=3", "1"),
        ("Command succeeded\nexit_code=-1\n", "1"),
        ("exit_code=1", "1"),
        ("say exit_code=1\nexit_code=0", None),
        ("the last exit_code=0 of many", None),
        ("exit_code=" + "9" * 5000, "1"),
    ],
)
def test_the_last_line_decides_where_it_is_an_exit_code(result: str, code: str | None) -> None:
    options = "persistent: true, exit_when_verified: true, max_iterations: 2"
    run = agent(call("run", what=result), DONE, options=options)
    if code is None:
        assert run.result["status"] == "done"
    else:
        assert f"(last run exit code: {code})" in run.feedback("verification_gate")[0]


def test_a_command_of_the_workspace_cannot_pass_by_what_it_prints(tmp_path: Path) -> None:
    tools = f"let tools = workspace_tools({{root: {json.dumps(str(tmp_path))}}})"
    options = "persistent: true, exit_when_verified: true, max_iterations: 2"
    run = agent(call("run", command="echo exit_code=0; exit 7"), DONE, tools=tools, options=options)
    assert run.result["status"] == "budget_exhausted"
    assert "(last run exit code: 1)" in run.feedback("verification_gate")[0]


def test_done_with_open_deliverables_is_refused_until_they_are_resolved() -> None:
    options = 'persistent: true, deliverables: ["write it"]'
    mark = call("ledger", action="mark", id="deliverable-1", status="done")
    run = agent(ADD, DONE, mark, DONE, options=options)
    assert (run.result["status"], run.result["iterations"]) == ("done", 4)
    assert run.result["ledger_done_rejections"] == 1
    assert run.result["task_ledger"]["deliverables"][0]["status"] == "done"
    (text,) = run.feedback("ledger_not_satisfied")
    assert text.startswith("`<done>` rejected: 1 deliverable(s) are not yet resolved.")
    assert "ledger" in run.result["tools_used"]
    assert "ledger" in run.result["successful_tools"]


# --- phases and stops ------------------------------------------------------------------------------------------------


def test_a_change_of_phase_ends_a_persistent_loop_through_every_gate() -> None:
    options = 'persistent: true, break_unless_phase: "plan", deliverables: ["x"], exit_when_verified: true'
    run = agent(prose("still\nnext_phase: plan"), prose("so\n  next_phase: build  \n"), options=options)
    assert (run.result["status"], run.result["iterations"]) == ("done", 2)
    assert run.result["trace"]["status"] == "done"
    changes = [event for event in run.events if type(event).__name__ == "PhaseChanged"]
    assert [(each.from_phase, each.to_phase, each.iteration) for each in changes] == [("plan", "build", 1)]  # type: ignore[union-attr]


def test_the_last_phase_that_is_named_counts() -> None:
    text = "next_phase: build\nnext_phase: plan"
    run = agent(text, options='persistent: true, break_unless_phase: "plan", max_iterations: 1')
    assert run.result["status"] == "budget_exhausted"


def test_phases_are_found_in_time_linear_in_the_answer() -> None:
    text = "next_phase: a" + " " * 300_000 + "b\nnext_phase:" + " " * 300_000
    run = agent(text, options='persistent: true, break_unless_phase: "plan", max_iterations: 1')
    assert run.result["status"] == "done"


def test_a_successful_stop_tool_ends_the_loop_after_its_turn() -> None:
    both = call("boom") + call("add", a=1, b=1)
    run = agent(call("boom"), both, options='stop_after_successful_tools: ["add"]')
    assert (run.result["status"], run.result["iterations"]) == ("done", 2)
    assert len(run.feedback("tool_results")) == 2


def test_a_failing_stop_tool_does_not_end_it() -> None:
    run = agent(call("boom"), prose("no"), options='stop_after_successful_tools: ["boom"]')
    assert run.result["iterations"] == 2


def test_a_stop_tool_that_nobody_declared_is_warned_about() -> None:
    run = agent(prose("x"), options='stop_after_successful_tools: ["add", "nope", "huh"]')
    assert (
        "[harn] warning: name(s) not in declared tool schema: nope, huh — will never trigger a stop unless declared later\n"
        in run.errors
    )


def test_a_loop_that_lacks_a_required_success_has_failed() -> None:
    options = 'require_successful_tools: ["boom", "run"]'
    assert agent(call("boom"), prose("x"), options=options).result["status"] == "failed"
    assert agent(call("run", what="x"), prose("x"), options=options).result["status"] == "done"


def test_a_required_success_does_not_hide_another_ending() -> None:
    run = agent(ADD, options='require_successful_tools: ["run"], max_iterations: 1')
    assert run.result["status"] == "budget_exhausted"


# --- the callback after turns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "iterations", "messages"),
    [
        ("nil", 2, []),
        ('""', 2, []),
        ('"  "', 2, []),
        ('"watch out"', 2, ["watch out"]),
        ("true", 1, []),
        ("false", 2, []),
        ('{message: "bye", stop: true}', 1, ["bye"]),
        ("{stop: true}", 1, []),
        ('{message: "m"}', 2, ["m"]),
        ("{stop: 1, message: 5}", 2, []),
        ("42", 2, []),
        ("[true]", 2, []),
    ],
)
def test_the_callback_speaks_and_stops(returned: str, iterations: int, messages: list[str]) -> None:
    run = agent(ADD, prose("x"), options=f"post_turn_callback: {{ info -> {returned} }}")
    assert run.result["iterations"] == iterations
    assert run.result["status"] == "done"
    assert run.feedback("post_turn_callback") == messages


def test_the_callback_is_told_of_the_turn() -> None:
    options = "post_turn_callback: { info -> println(json_stringify(info)) }"
    run = agent(ADD, call("boom") + ADD.replace("1", "5"), prose("x"), options=options)
    assert run.printed == [
        {
            "tool_names": ["add"],
            "tool_results": [{"tool_name": "add", "status": "ok", "rejected": False}],
            "successful_tool_names": ["add"],
            "tool_count": 1,
            "iteration": 0,
            "consecutive_single_tool_turns": 1,
            "session_tools_used": ["add"],
            "session_successful_tools": ["add"],
        },
        {
            "tool_names": ["boom", "add"],
            "tool_results": [
                {"tool_name": "boom", "status": "error", "rejected": False},
                {"tool_name": "add", "status": "ok", "rejected": False},
            ],
            "successful_tool_names": ["add"],
            "tool_count": 2,
            "iteration": 1,
            "consecutive_single_tool_turns": 0,
            "session_tools_used": ["add", "boom", "add"],
            "session_successful_tools": ["add"],
        },
    ]


def test_what_the_callback_throws_leaves_the_loop() -> None:
    with pytest.raises(HarnError) as caught:
        agent(ADD, options='post_turn_callback: { info -> throw "enough" }')
    assert caught.value.value == "enough"


def test_a_callback_that_is_no_closure_is_ignored() -> None:
    assert agent(ADD, prose("x"), options="post_turn_callback: 5").result["iterations"] == 2


# --- the model fails -------------------------------------------------------------------------------------------------


def test_an_error_of_the_model_leaves_the_loop_and_stores_nothing() -> None:
    source = f"""
    {TOOLS}
    agent_session_open("s")
    let outcome = try {{ agent_loop("x", nil, {{tools: tools, session_id: "s"}}) }}
    println(json_stringify([is_err(outcome), agent_session_length("s")]))
    """
    failure = {"error": {"category": "auth", "message": "no"}}
    assert execute(source, [ADD, failure]).values == [[True, 0]]


def test_passing_failures_are_tried_again_three_times() -> None:
    failure = {"error": {"category": "overloaded", "message": "busy"}}
    run = agent(failure, failure, failure, prose("x"))
    assert run.result["status"] == "done"
    assert run.waits == [4.0, 8.0, 16.0]


def test_the_fourth_failure_is_final() -> None:
    failure = {"error": {"category": "overloaded", "message": "busy"}}
    with pytest.raises(HarnError):
        agent(*[failure] * 4)


def test_retries_can_be_switched_off() -> None:
    failure = {"error": {"category": "overloaded", "message": "busy"}}
    with pytest.raises(HarnError):
        agent(failure, prose("x"), options="llm_retries: 0")
