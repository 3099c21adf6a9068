"""Loops with a host attached: its messages, its tools, its consent (chapter 12 sections 12.1, 12.5.3, 12.8.1, 12.12)."""

from __future__ import annotations

import json
from typing import Any

from loop_programs import TOOLS, agent, call, execute, native, prose
from programs import LlmWorld

from harnpy.agents.host import REJECTED, Delivery, HostError, HostInbox
from harnpy.agents.host_updates import forwarded
from harnpy.agents.sessions import EventSinks
from harnpy.cli.compose import make_runtime
from harnpy.llm.json_values import Json
from harnpy.vm.fiber import Fiber

ADD = call("add", a=1, b=2)


class FakeHost:
    """queued holds messages by delivery, one list for each time that it is asked; answers are those of requests."""

    session_id = "host-session"
    script = "agent"

    def __init__(self, queued: dict[Delivery, list[list[str]]] | None = None, answers: list[Any] | None = None) -> None:
        self.queued = queued or {}
        self.answers = answers or []
        self.requests: list[Any] = []
        self.notices: list[dict[str, Any]] = []
        self.resumes = 0

    def take_messages(self, fiber: Fiber, delivery: Delivery) -> list[str]:
        waiting = self.queued.get(delivery, [])
        return waiting.pop(0) if waiting else []

    def notify(self, method: str, params: dict[str, Json]) -> None:
        self.notices.append({"method": method, **params})

    def take_resume_signal(self, fiber: Fiber) -> bool:
        self.resumes -= 1
        return self.resumes == 0

    def builtin_call(self, fiber: Fiber, name: str, arguments: Json) -> Json:
        return self._answer((name, arguments))

    def request_permission(self, fiber: Fiber, request: dict[str, Json]) -> Json:
        return self._answer(request)

    def updates(self, *kinds: str) -> list[dict[str, Any]]:
        """The session updates of these kinds."""
        found = [each["update"] for each in self.notices if each["method"] == "session/update"]
        return [update for update in found if update["sessionUpdate"] in kinds]

    def idle(self) -> list[dict[str, Any]]:
        return [notice for notice in self.notices if notice["method"] == "agent/idle"]

    def _answer(self, request: Any) -> Json:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, HostError):
            raise answer
        return answer


def test_sinks_of_a_session_have_the_events_of_one_loop_however_it_ends() -> None:
    seen: list[str] = []
    world = LlmWorld({"HARN_LLM_PROVIDER": "mock"})
    runtime = make_runtime(world=world)
    source = """
    for text in ["a", "b"] { llm_mock({text: text}) }
    llm_mock({error: {category: "auth", message: "no"}})
    """
    loop = 'let r = try { agent_loop("x", nil, {session_id: "s"}) }'
    try:
        runtime.run(runtime.compile(source, "a.harn", use_cache=False))
        for round in range(3):
            runtime.state(EventSinks).add("s", lambda event, round=round: seen.append(f"{round} {event['type']}"))
            runtime.run(runtime.compile(loop, "b.harn", use_cache=False))
    finally:
        runtime.close()
    assert seen == ["0 turn_start", "1 turn_start", "2 turn_start"]


# --- messages --------------------------------------------------------------------------------------------------------


def test_messages_arrive_when_they_are_meant_to() -> None:
    host = FakeHost(
        {
            Delivery.INTERRUPT_IMMEDIATE: [["now"], []],
            Delivery.FINISH_STEP: [["after the step"]],
            Delivery.WAIT_FOR_COMPLETION: [["later", "much later"]],
        }
    )
    run = agent(ADD, prose("x"), host=host)
    assert run.contents[0:2] == ["do it", "now"]
    assert run.contents[3].startswith('<runtime_feedback kind="tool_results">')
    assert run.contents[4] == "after the step"
    assert run.result["deferred_user_messages"] == ["later", "much later"]
    assert [event["metadata"]["delivery"] for event in run.trace_events("host_input")] == [
        "InterruptImmediate",
        "FinishStep",
    ]


def test_messages_that_no_turn_is_left_for_are_deferred_too() -> None:
    late = {Delivery.INTERRUPT_IMMEDIATE: [[], ["stop"]], Delivery.FINISH_STEP: [["and"]]}
    assert agent(prose("x"), host=FakeHost(late)).result["deferred_user_messages"] == ["stop", "and"]


def test_messages_for_a_step_of_the_outer_loop_outlive_an_inner_one() -> None:
    inner = (
        'var tools = tool_define(tool_registry(), "sub", "", {parameters: {}, handler: { a -> agent_loop("s").text }})'
    )
    host = FakeHost({Delivery.FINISH_STEP: [["for the outer one"]]})
    run = agent(call("sub"), prose("y"), prose("z"), tools=inner, host=host)
    assert run.contents[3] == "for the outer one" and run.result["deferred_user_messages"] == []


def test_an_inbox_sorts_what_a_host_sends() -> None:
    inbox = HostInbox()
    for method, mode in (
        ("user_message", "interrupt"),
        ("session/input", "interrupt_immediate"),
        ("agent/user_message", "finish_step"),
        ("user_message", "after_current_operation"),
        ("user_message", "wait_for_completion"),
        ("user_message", "whenever"),
        ("user_message", None),
        ("user_message", 7),
    ):
        assert inbox.receive(method, {"content": f"{method} {mode}", "mode": mode})
    for params in ({"content": ""}, {"content": 7}, {}, None, []):
        assert inbox.receive("user_message", params)
    assert not inbox.receive("session/cancel", {"content": "x"})
    immediate = ["user_message interrupt", "session/input interrupt_immediate"]
    assert inbox.take_messages(Delivery.INTERRUPT_IMMEDIATE) == immediate
    assert inbox.take_messages(Delivery.INTERRUPT_IMMEDIATE) == []
    assert len(inbox.take_messages(Delivery.FINISH_STEP)) == 2
    assert len(inbox.take_messages(Delivery.WAIT_FOR_COMPLETION)) == 4
    assert not inbox.take_resume_signal() and inbox.receive("agent/resume", {})
    assert (inbox.take_resume_signal(), inbox.take_resume_signal()) == (True, False)


def test_a_message_after_a_step_keeps_a_talking_model_from_being_stuck() -> None:
    host = FakeHost({Delivery.FINISH_STEP: [[], ["go on"], []]})
    run = agent(*[prose("a")] * 4, options="persistent: true, max_nudges: 1", host=host)
    assert (run.result["status"], run.result["iterations"]) == ("stuck", 4)
    assert len(run.feedback("nudge")) == 2


def test_a_loop_with_a_host_is_a_session() -> None:
    run = agent(prose("x"), host=FakeHost())
    identifier = run.result["transcript"]["id"]
    assert identifier.startswith("agent_session_")


def test_a_host_means_more_patience() -> None:
    run = agent(*[prose("a")] * 9, options="persistent: true", host=FakeHost())
    assert (run.result["status"], run.result["iterations"]) == ("stuck", 9)


def test_compaction_suits_the_window_of_the_model_when_a_host_is_there() -> None:
    # The window of gpt-4 is known: 65 % of it is less than what the conversation comes to, 48,000 tokens are more.
    first = json.dumps("word " * 18_000)
    compaction = 'auto_compact: true, compact_keep_last: 1, compact_strategy: "truncate"'
    options = f'{compaction}, model: "gpt-4", messages: [{{role: "user", content: {first}}}]'
    for host, times in ((FakeHost(), 1), (None, 0)):
        run = agent(call("look"), prose("x"), options=options, host=host)
        assert run.result["trace"]["compactions"] == times


# --- tools -----------------------------------------------------------------------------------------------------------

FOREIGN = 'var tools = tool_define(tool_registry(), "far", "", {parameters: {n: "int"}})'


def far(*answers: Any, options: str = "") -> Any:
    host = FakeHost(answers=list(answers))
    run = agent(call("far", n=1), prose("x"), tools=FOREIGN, options=options, host=host)
    (results,) = run.feedback("tool_results")
    return run, host, results.removeprefix("[result of far]\n").removesuffix("\n[end of far result]")


def test_tools_without_handler_are_the_hosts() -> None:
    run, host, text = far("seen")
    assert host.requests == [("far", {"n": 1})]
    assert (text, run.result["successful_tools"]) == ("seen", ["far"])
    assert far(None)[2] == "(no output)"
    assert far({"b": 1, "a": []})[2] == '{\n  "a": [],\n  "b": 1\n}'


def test_the_hosts_refusals_are_refusals() -> None:
    run, _, text = far(HostError(REJECTED, "not here."))
    assert '"reason": "not here. Do not retry this tool."' in text
    assert run.result["rejected_tools"] == ["far"]
    run, _, _ = far({"error": "permission_denied", "reason": "no"})
    assert run.result["rejected_tools"] == ["far"]


def test_other_failures_are_tried_again_as_often_as_asked() -> None:
    failure = HostError(1, "busy")
    run, _, text = far(failure)
    assert (text, run.waits) == ("Error: busy", [])
    run, host, text = far(failure, failure, "at last", options="tool_retries: 2, tool_backoff_ms: 10")
    assert (text, run.waits, len(host.requests)) == ("at last", [0.02, 0.04], 3)
    refused = HostError(REJECTED, "no")
    run, host, _ = far(failure, refused, options="tool_retries: 5")
    assert (run.waits, len(host.requests)) == ([2.0], 2)


# --- consent ---------------------------------------------------------------------------------------------------------


def ask(*answers: Any) -> Any:
    host = FakeHost(answers=list(answers))
    run = agent(
        native(("add", {"a": 1, "b": 2})), prose("x"), options='approval_policy: {require_approval: ["add"]}', host=host
    )
    return run, host


def test_the_host_is_asked_for_consent() -> None:
    run, host = ask({"outcome": {"outcome": "selected"}})
    (request,) = host.requests
    assert request["sessionId"] == "host-session"
    assert [option["optionId"] for option in request["options"]] == ["allow", "reject"]
    assert request["toolCall"] == {"toolCallId": "mock_call_1", "toolName": "add", "rawInput": {"a": 1, "b": 2}}
    assert (request["mutation"], request["declaredPaths"]) == (None, [])
    assert run.result["successful_tools"] == ["add"]
    assert run.trace_events("tool_execution")[0]["metadata"] == {
        "tool_name": "add",
        "tool_use_id": "mock_call_1",
        "approval": "host_granted",
    }


def test_all_ways_to_grant() -> None:
    chosen = {"outcome": "selected", "optionId": "allow"}
    for answer in ({"outcome": "allow"}, {"granted": True}, {"outcome": {"outcome": "allow"}}, {"outcome": chosen}):
        assert ask(answer)[0].result["successful_tools"] == ["add"]


def test_the_host_may_change_the_arguments() -> None:
    run, _ = ask({"granted": True, "args": {"a": 10, "b": 20}})
    assert "\n30\n" in run.feedback("tool_results")[0]


def test_all_ways_to_deny() -> None:
    for answer, reason in (
        ({"outcome": "cancelled"}, "host did not grant approval"),
        ({"granted": "yes"}, "host did not grant approval"),
        ({"reason": "too risky"}, "too risky"),
        (None, "host did not grant approval"),
        ({"outcome": {"outcome": "selected", "optionId": "reject"}}, "host did not grant approval"),
        ({"outcome": "selected", "optionId": "reject"}, "host did not grant approval"),
        (HostError(-1, "x"), "approval request failed or host does not implement session/request_permission"),
    ):
        run, _ = ask(answer)
        assert run.result["rejected_tools"] == ["add"]
        assert f'"reason": "{reason}"' in run.feedback("tool_results")[0]
        assert run.trace_events("tool_execution")[0]["metadata"]["approval"] == "host_denied"


# --- daemons ---------------------------------------------------------------------------------------------------------


def test_a_message_wakes_a_daemon() -> None:
    host = FakeHost({Delivery.INTERRUPT_IMMEDIATE: [[], [], ["wake up"]]})
    run = agent(prose("a"), prose("b"), options="daemon: true, max_iterations: 2, idle_watchdog_attempts: 4", host=host)
    assert run.contents[2] == "wake up"
    assert [event["text"] for event in run.trace_events("daemon_wake")] == ["message"]
    first, second, *_ = host.idle()
    told = {"iteration": 0, "backoff_ms": 100, "persist_path": None, "watch_paths": []}
    assert first == {"method": "agent/idle", **told} and second["backoff_ms"] == 500


def test_a_resume_signal_wakes_a_daemon() -> None:
    host = FakeHost()
    host.resumes = 2
    run = agent(
        prose("a"),
        prose("b"),
        tools=TOOLS,
        options="daemon: true, max_iterations: 2, idle_watchdog_attempts: 3",
        host=host,
    )
    assert [event["metadata"] for event in run.trace_events("daemon_wake")] == [
        {"reason": "resume", "watch_paths": [], "resumed": True}
    ]
    assert run.result["status"] == "watchdog"


# --- what it is told -------------------------------------------------------------------------------------------------


def test_model_calls_are_told_of_attempt_by_attempt() -> None:
    host = FakeHost()
    failure = {"error": {"category": "overloaded", "message": "busy"}}
    text = "<assistant_prose>hi</assistant_prose>\n" + ADD
    agent(failure, text, prose("x"), options='model: "m"', host=host)
    updates = [each for each in host.notices if each["method"] == "session/update"]
    assert {each["sessionId"] for each in updates} == {"host-session"}
    starts, progress, ends = (
        [update["content"] for update in host.updates(kind)] for kind in ("call_start", "call_progress", "call_end")
    )
    ids = [start["toolCallId"] for start in starts]
    assert len(set(ids)) == 3 and [end["toolCallId"] for end in ends] == ids
    assert starts[1] == {
        "toolCallId": ids[1],
        "call_type": "llm",
        "name": "llm_call",
        "script": "agent",
        "metadata": {
            "model": "m",
            "prompt_chars": len("do it"),
            "stream_publicly": True,
            "user_visible": True,
            "iteration": 0,
            "llm_attempt": 1,
        },
    }
    assert progress[0] == {
        "toolCallId": ids[1],
        "delta": text,
        "accumulated_tokens": 1,
        "visible_text": "hi",
        "visible_delta": "hi",
        "user_visible": True,
    }
    assert ends[0]["status"] == "retrying" and ends[0]["metadata"] == {
        "error": "Error [overloaded]: busy",
        "retryable": True,
        "attempt": 0,
        "user_visible": True,
    }
    assert (ends[1]["status"], ends[1]["call_type"], ends[1]["name"]) == ("ok", "llm", "llm_call")
    assert ends[1]["metadata"].keys() == {"model", "input_tokens", "output_tokens", "user_visible"}
    assert ends[1]["duration_ms"] >= 0 and ends[1]["script"] == "agent"


def test_calls_outside_of_loops_are_told_of_as_well() -> None:
    host = FakeHost()
    source = 'llm_call("né", nil, {model: "m", response_format: "json", user_visible: true})'
    execute(source, ['{"a": 1}'], host=host)
    (start,) = host.updates("call_start")
    assert start["content"]["metadata"] == {
        "model": "m",
        "prompt_chars": 3,
        "stream_publicly": False,
        "user_visible": True,
    }


def test_a_call_that_is_given_up_has_an_end() -> None:
    host = FakeHost()
    source = """
    let task = spawn { llm_call("x", nil, {llm_retries: 5}) }
    sleep(1ms)
    cancel(task)
    """
    execute(source, [{"error": {"category": "overloaded", "message": "busy"}}] * 3, host=host)
    assert len(host.updates("call_start")) == len(host.updates("call_end")) > 0


def test_tool_calls_of_every_loop_are_forwarded() -> None:
    host = FakeHost()
    policy = 'policy: {tool_annotations: {add: {kind: "read"}}}'
    agent(ADD, call("far"), prose("x"), options=policy, host=host)
    first, running, done, *refused = host.updates("tool_call", "tool_call_update")
    assert first == {
        "sessionUpdate": "tool_call",
        "toolCallId": first["toolCallId"],
        "title": "add",
        "status": "pending",
        "rawInput": {"a": 1, "b": 2},
        "kind": "read",
    }
    assert running == {
        "sessionUpdate": "tool_call_update",
        "toolCallId": first["toolCallId"],
        "title": "add",
        "status": "in_progress",
    }
    assert done == {
        "sessionUpdate": "tool_call_update",
        "toolCallId": first["toolCallId"],
        "title": "add",
        "status": "completed",
        "rawOutput": {"text": "3", "tool_use_id": done["rawOutput"]["tool_use_id"]},
    }
    assert host.updates("turn_start", "turn_end", "feedback_injected") == [] and not refused


def test_plans_and_chunks_are_forwarded_and_nothing_else() -> None:
    common = {"session_id": "s"}
    assert forwarded({**common, "type": "plan", "plan": [1]}) == {"sessionUpdate": "plan", "plan": [1]}
    assert forwarded({**common, "type": "agent_thought_chunk", "content": "hm"}) == {
        "sessionUpdate": "agent_thought_chunk",
        "content": {"type": "text", "text": "hm"},
    }
    for kind in ("turn_start", "turn_end", "feedback_injected", "budget_exhausted", "loop_stuck"):
        assert forwarded({**common, "type": kind}) is None
