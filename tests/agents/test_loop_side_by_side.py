"""Many loops at once: they share no state, each counts for itself, and those inside others know their parent."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from loop_programs import DONE, TOOLS, agent, call, execute, native, prose
from programs import LlmWorld, openai_variables
from provider_server import ProviderServer, openai_reply

from harnpy.llm.agent_events import AgentStarted, LoopCompleted, MessageAppended, ToolExecuted
from harnpy.llm.observe import CallStarted, CallSucceeded


def test_two_hundred_agents_at_once_share_nothing() -> None:
    source = f"""
    {TOOLS}
    for i in 0 to 200 {{
      let last = json_stringify({{a: i, b: i}})
      llm_mock({{match: "agent ${{i}} *", text: "<tool_call>add(${{last}})</tool_call>"}})
      llm_mock({{match: "*\\n${{i + i}}\\n[[]end of add*".replace("[[]", "["), text: "<assistant_prose>${{i + i}}</assistant_prose>"}})
    }}
    let results = parallel each 0 to 200 {{ i ->
      let r = agent_loop("agent ${{i}} go", nil, {{tools: tools, policy: {{tools: ["add"]}}}})
      [r.visible_text, r.iterations, r.trace.llm_calls, r.trace.tool_executions, r.tools_used, len(r.transcript.messages)]
    }}
    println(json_stringify(results))
    """
    (results,) = execute(source).values
    assert len(results) >= 200
    for number, found in enumerate(results):
        assert found == [str(2 * number), 2, 2, 1, ["add"], 4]


def test_loops_that_wait_for_the_network_run_at_the_same_time(server: ProviderServer) -> None:
    server.script(*[openai_reply(prose("x"))] * 20)
    source = """
    let results = parallel each 0 to 19 { i -> agent_loop("x", nil, {stream: false}).trace.llm_calls }
    println(json_stringify(results))
    """
    run = execute(source, world=LlmWorld(openai_variables(server)))
    assert set(run.values[0]) == {1}


def test_a_policy_of_one_loop_is_none_of_the_others() -> None:
    source = f"""
    {TOOLS}
    llm_mock({{match: "strict", text: "<tool_call>add({{ a: 1, b: 2 }})</tool_call>"}})
    llm_mock({{match: "free", text: "<tool_call>add({{ a: 1, b: 2 }})</tool_call>"}})
    let results = parallel each ["strict", "free", "strict", "free"] {{ name ->
      let options = if name == "strict" {{ {{tools: tools, policy: {{tools: ["look"]}}}} }} else {{ {{tools: tools}} }}
      agent_loop(name, nil, options).rejected_tools
    }}
    println(json_stringify(results))
    """
    assert execute(source).values == [[["add"], [], ["add"], []]]


NESTED = """
var tools = tool_define(tool_registry(), "sub", "", {parameters: {}, handler: { args ->
  let inner = agent_loop("inner", nil, {name: "helper"})
  println(json_stringify(inner.trace))
  inner.visible_text
}})
"""


def test_a_loop_inside_a_tool_has_its_parent_and_its_own_counts() -> None:
    run = agent(call("sub"), prose("inside"), prose("outside"), tools=NESTED, options='name: "boss"')
    started = [event for event in run.events if isinstance(event, AgentStarted)]
    assert [(event.name, event.parent_id) for event in started] == [("boss", None), ("helper", started[0].agent_id)]
    assert run.printed[0]["llm_calls"] == 1
    assert run.result["trace"]["llm_calls"] == 2
    calls = [event for event in run.events if isinstance(event, CallStarted)]
    assert [event.agent_id for event in calls] == [started[0].agent_id, started[1].agent_id, started[0].agent_id]


def test_calls_after_the_loop_are_no_agents() -> None:
    run = execute('agent_loop("x")\nllm_call("y")', [prose("a"), prose("b")])
    assert [event.agent_id is None for event in run.events if isinstance(event, CallStarted)] == [False, True]


def test_a_model_call_of_a_tool_counts_for_the_loop() -> None:
    tools = (
        'var tools = tool_define(tool_registry(), "ask", "", {parameters: {}, handler: { args -> llm_call("q").text }})'
    )
    run = agent(call("ask"), "answer", prose("x"), tools=tools)
    assert run.result["trace"]["llm_calls"] == 3


def test_the_trace_accounts_for_every_call_and_token() -> None:
    answers: list[Any] = [
        {"text": call("add", a=1, b=2), "input_tokens": 10, "output_tokens": 4},
        {"text": call("boom") + call("nope"), "input_tokens": 20, "output_tokens": 5},
        {"text": prose("x"), "input_tokens": 30, "output_tokens": 6},
    ]
    run = agent(*answers)
    trace = run.result["trace"]
    assert (trace["total_input_tokens"], trace["total_output_tokens"], trace["llm_calls"]) == (60, 15, 3)
    assert (trace["tool_executions"], trace["tool_rejections"], trace["tools_used"]) == (2, 0, ["add", "boom"])
    assert (trace["status"], trace["iterations"]) == ("done", 3)
    succeeded = [event for event in run.events if isinstance(event, CallSucceeded)]
    assert [event.iteration for event in succeeded] == [0, 1, 2]
    completed = [event for event in run.events if isinstance(event, LoopCompleted)]
    assert [(event.status, event.tools_used) for event in completed] == [("done", ("add", "boom"))]


def test_every_message_is_told_once_and_in_order() -> None:
    run = agent("hm " + call("add", a=1, b=2), prose("x"))
    told = [event for event in run.events if isinstance(event, MessageAppended)]
    assert [event.message["content"] for event in told] == run.contents
    assert [event.iteration for event in told] == [None, 1, 1, 1, 2]


def test_tools_are_told_with_arguments_and_results() -> None:
    run = agent(call("add", a=1, b=2), prose("x"))
    (event,) = [event for event in run.events if isinstance(event, ToolExecuted)]
    assert (event.tool_name, event.arguments, event.result, event.status) == ("add", {"a": 1, "b": 2}, "3", "ok")


# --- models that do anything -----------------------------------------------------------------------------------------

STATUSES = {"done", "stuck", "budget_exhausted", "failed"}
_ARGUMENTS = st.sampled_from(
    [{}, {"a": 1, "b": 2}, {"a": "x", "b": None}, {"__parse_error": "bad"}, {"action": "note", "text": "n"}]
)
_NAMES = st.sampled_from(["add", "look", "boom", "run", "ledger", "unknown", "read_file"])
_TEXT_PIECES = st.sampled_from(
    [
        prose("thinking"),
        "stray words ",
        call("add", a=1, b=2),
        call("look"),
        call("ledger", action="seed_plan", deliverables=["x"]),
        "<tool_call>add(a=1)</tool_call>",
        "<tool_call>look({})",
        "```\nlook({})\n```",
        DONE,
        "<done></done>",
        "<think>hm</think>",
        "next_phase: b\n",
        "",
    ]
)
_ANSWERS = st.builds(
    lambda pieces, calls: native(*calls, text="".join(pieces)),
    st.lists(_TEXT_PIECES, max_size=4),
    st.lists(st.tuples(_NAMES, _ARGUMENTS), max_size=3),
)


def _is_valid(messages: list[dict[str, Any]]) -> bool:
    """Whether each call is answered exactly once, right behind the message that made it."""
    index = 0
    while index < len(messages):
        made = sorted(each["id"] for each in messages[index].get("tool_calls", []))
        index += 1
        given = []
        while index < len(messages) and messages[index]["role"] == "tool":
            given.append(messages[index]["tool_call_id"])
            index += 1
        if made != sorted(given):
            return False
    return True


@settings(max_examples=60, deadline=None)
@given(
    answers=st.lists(_ANSWERS, min_size=1, max_size=6),
    is_native=st.booleans(),
    persistent=st.booleans(),
    options=st.sampled_from(
        [
            "",
            ', policy: {tools: ["look", "run"]}',
            ', approval_policy: {auto_deny: ["add"]}',
            ', exit_when_verified: true, deliverables: ["d"]',
            ', break_unless_phase: "a", turn_policy: {require_action_or_yield: true, max_prose_chars: 3}',
            ', auto_compact: true, compact_threshold: 100, compact_keep_last: 2, require_successful_tools: ["run"]',
            ", post_turn_callback: { info -> info.tool_count > 2 }, max_nudges: 1",
        ]
    ),
)
def test_whatever_the_model_does_the_loop_ends_well(
    answers: list[dict[str, Any]], is_native: bool, persistent: bool, options: str
) -> None:
    chosen = (
        f'tool_format: "{"native" if is_native else "text"}", persistent: {str(persistent).lower()}, max_iterations: 6'
    )
    run = agent(*answers, options=chosen + options)
    assert run.result["status"] in STATUSES
    assert run.result["iterations"] == len(run.calls) <= 6
    assert run.result["trace"]["llm_calls"] == len(run.calls)
    assert _is_valid(run.messages), json.dumps(run.messages, indent=1)
    for each in run.calls:
        assert _is_valid(each.messages), json.dumps(each.messages, indent=1)
        assert all(
            message.get("content") or message.get("tool_calls") or message["role"] == "tool"
            for message in each.messages
        )
    assert len(run.result["text"]) == sum(len(answer["text"]) for answer in answers[: len(run.calls)]) or len(
        run.calls
    ) > len(answers)
