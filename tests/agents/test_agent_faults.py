"""What goes wrong in loops, and what may not get lost or mixed up then: money, time, messages, other agents."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_programs import DONE, TOOLS, agent, call, execute, native, prose
from programs import LlmWorld, ollama_variables, openai_variables
from provider_server import ProviderServer, ndjson_answer, ollama_end, ollama_line, ollama_stream, openai_reply

from harnpy.cli.compose import make_runtime
from harnpy.cli.trace_builder import build
from harnpy.cli.trace_events import read_events
from harnpy.cli.trace_model import agents_of
from harnpy.llm.agent_events import ToolExecuted, ToolRejected, ToolStarted
from harnpy.llm.event_file import EventFile
from harnpy.llm.jsonl_file import JsonlFile
from harnpy.llm.mock import read_mock_answer
from harnpy.llm.observe import CallSucceeded
from harnpy.llm.secrets import Secrets
from harnpy.llm.state import LlmState
from harnpy.vm.clock import VirtualClock
from harnpy.vm.effects import Repeat, operation

# --- what agents do side by side -------------------------------------------------------------------------------------


def test_two_hundred_agents_with_ledgers_sessions_and_policies_of_their_own() -> None:
    source = f"""
    {TOOLS}
    for i in 0 to 200 {{
      let note = json_stringify({{action: "note", text: "note ${{i}}."}})
      let mark = json_stringify({{action: "mark", id: "deliverable-1", status: "done"}})
      let both = "<tool_call>look({{}})</tool_call><tool_call>add({{a: ${{i}}, b: 1}})</tool_call>"
      llm_mock({{match: "*deliverable ${{i}}.*", text: "<tool_call>ledger(${{note}})</tool_call>" + both}})
      llm_mock({{match: "*- note ${{i}}.*", text: "<tool_call>ledger(${{mark}})</tool_call><done>##DONE##</done>"}})
    }}
    let results = parallel each 0 to 200 {{ i ->
      agent_inject_feedback("session ${{i}}", "note", "feedback ${{i}}.")
      let r = agent_loop("start", nil, {{
        tools: tools, session_id: "session ${{i}}", persistent: true, max_iterations: 4,
        deliverables: ["deliverable ${{i}}."], policy: {{tools: [if i % 2 == 0 {{ "add" }} else {{ "look" }}]}},
      }})
      {{result: r, length: agent_session_length("session ${{i}}")}}
    }}
    println(json_stringify(results))
    """
    run = execute(source)
    found = run.values[0]
    assert len(found) >= 200
    for number, each in enumerate(found):
        result = each["result"]
        allowed, other = ("add", "look") if number % 2 == 0 else ("look", "add")
        assert (result["status"], result["iterations"], result["trace"]["llm_calls"]) == ("done", 3, 3), number
        assert (result["tools_used"], result["rejected_tools"]) == (["ledger", allowed, "ledger", "ledger"], [other])
        assert result["task_ledger"]["observations"] == [f"note {number}."]
        assert [item["status"] for item in result["task_ledger"]["deliverables"]] == ["done"]
        assert result["transcript"]["id"] == f"session {number}"
        told = json.dumps(result["transcript"]["messages"])
        assert told.count('feedback kind=\\"note\\"') == told.count(f"feedback {number}.") == 1


def test_read_only_calls_side_by_side_end_with_the_deadline_and_leave_nothing_behind() -> None:
    source = """
    var tools = tool_registry()
    for name in ["a", "b"] {
      tools = tool_define(tools, name, "", {parameters: {}, handler: { args -> receive(channel("never", 1)) }})
    }
    let kinds = {a: {kind: "read"}, b: {kind: "search"}}
    let outcome = try { deadline 1s { agent_loop("x", nil, {tools: tools, policy: {tool_annotations: kinds, tools: ["a", "b"]}}) } }
    println(json_stringify(to_string(outcome)))
    println(json_stringify(agent_loop("x", nil, {tools: tools, policy: {tools: ["c"]}}).rejected_tools))
    """
    run = execute(source, [call("a") + call("b"), call("a"), prose("x")])
    assert "Deadline exceeded" in run.values[0]
    assert run.values[1] == ["a"]
    assert [event.tool_name for event in run.events if isinstance(event, ToolStarted)] == ["a", "b"]
    assert len(run.calls) == 3


@pytest.mark.parametrize(
    "run_loop",
    [
        'let task = spawn { agent_loop("x", nil, options) }\nsleep(10ms)\ncancel(task)\nsleep(10ms)',
        'let r = try { deadline 1s { agent_loop("x", nil, options) } }',
    ],
)
def test_a_tool_that_is_given_up_is_cancelled_in_the_trace_and_nothing_is_stored(tmp_path: Path, run_loop: str) -> None:
    source = f"""
    let tools = tool_define(tool_registry(), "hang", "", {{
      parameters: {{}},
      handler: {{ args -> receive(channel("never", 1)) }},
    }})
    let options = {{tools: tools, session_id: "s", policy: {{tools: ["hang"]}}}}
    llm_mock({{text: "<tool_call>hang({{}})</tool_call>"}})
    {run_loop}
    println(json_stringify([agent_session_length("s"), llm_call("free").text]))
    """
    world = LlmWorld({"HARN_LLM_PROVIDER": "mock"})
    runtime = make_runtime(world=world)
    path = tmp_path / "events"
    runtime.state(LlmState).bus.subscribe(EventFile(JsonlFile(str(path), Secrets()), world.clock))
    try:
        runtime.run(runtime.compile(source, "a.harn", use_cache=False))
    finally:
        runtime.close()
    assert json.loads(world.output)[0] == 0
    trace = build(read_events(path.read_bytes()))
    (found,) = [span for _, span in agents_of(trace)]
    assert (found.status, found.outcome.value) == ("error", "failed")
    assert [(each.kind.value, each.outcome.value) for each in found.children[0].children] == [
        ("call", "ok"),
        ("tool", "cancelled"),
    ]
    # The call after the loop is nobody's.
    assert trace.spans[-1].kind.value == "call"


# --- money -----------------------------------------------------------------------------------------------------------

NESTED = """
var tools = tool_define(tool_registry(), "ask", "", {parameters: {}, handler: { args ->
  agent_loop("inner", nil, {name: "helper", max_iterations: 1}).visible_text
}})
"""


def costly(text: str, millions: int = 1) -> dict[str, Any]:
    """An answer that costs 2.5 dollars for each million."""
    return {"text": text, "model": "gpt-4o", "input_tokens": millions * 1_000_000, "output_tokens": 0}


def test_a_budget_counts_the_agents_that_an_agent_starts(server: ProviderServer) -> None:
    # A turn costs 0.0075 dollars.
    used = {"prompt_tokens": 1000, "completion_tokens": 500}
    turns = [openai_reply(text, usage=used) for text in (call("ask"), prose("inner"), prose("end"))]

    def spend(maximum: float) -> Any:
        server.script(*turns)
        source = f"""
        {NESTED.replace("name:", "model: 'gpt-4o', stream: false, name:").replace("'", '"')}
        let outcome = try {{ with_llm_budget({maximum}, {{ ->
          let r = agent_loop("x", nil, {{tools: tools, model: "gpt-4o", stream: false}})
          [r.status, llm_budget_remaining()]
        }}) }}
        println(json_stringify(to_string(outcome)))
        """
        return execute(source, world=LlmWorld(openai_variables(server))).values[0]

    assert spend(1.0) == "Result.Ok([done, 0.9775])"
    assert len(server.bodies) == 3
    # The helper has spent what the turn after it would have needed.
    assert "LLM budget exceeded: spent $0.0150 of $0.0140 budget" in spend(0.014)
    assert len(server.bodies) == 5


def test_an_agent_that_an_agent_starts_may_not_spend_what_its_parent_has_not(server: ProviderServer) -> None:
    server.script(openai_reply(call("ask"), usage={"prompt_tokens": 1000, "completion_tokens": 500}))
    source = f"""
    {NESTED.replace("name:", 'model: "gpt-4o", stream: false, name:')}
    let r = with_llm_budget(0.007505, {{ ->
      try {{ agent_loop("x", nil, {{tools: tools, model: "gpt-4o", stream: false, max_iterations: 1}}) }}
    }})
    println(json_stringify(unwrap(r)))
    """
    run = execute(source, world=LlmWorld(openai_variables(server)))
    assert len(server.bodies) == 1
    (told,) = run.feedback("tool_results")
    assert "[result of ask]\nError: " in told and "LLM budget exceeded: spent $0.0075 of $0.0075 budget" in told


def test_costs_are_counted_for_each_agent(tmp_path: Path) -> None:
    world = LlmWorld({"HARN_LLM_PROVIDER": "mock"})
    runtime = make_runtime(world=world)
    state = runtime.state(LlmState)
    for answer in [costly(call("ask")), costly(prose("inner"), 2), costly(prose("end"), 4), costly("alone", 8)]:
        state.mock.register(read_mock_answer(answer))
    path = tmp_path / "events"
    state.bus.subscribe(
        EventFile(JsonlFile(str(path), Secrets()), world.clock, price=lambda result: result["input_tokens"] / 4e5)
    )
    source = f"""
    {NESTED}
    agent_loop("x", nil, {{name: "boss", tools: tools}})
    llm_call("y")
    """
    try:
        runtime.run(runtime.compile(source, "a.harn", use_cache=False))
    finally:
        runtime.close()
    trace = build(read_events(path.read_bytes()))
    costs = {span.name: span.usage.cost_usd for _, span in agents_of(trace)}
    assert costs == {"boss": 17.5, "helper": 5.0}
    assert trace.usage.cost_usd == 37.5


# --- time ------------------------------------------------------------------------------------------------------------


class TimedWorld(LlmWorld):
    """Waits take the time that they say, on a clock that only they move."""

    @operation("time", Repeat.PURE)
    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.now += seconds


def test_every_millisecond_of_a_loop_is_accounted_for() -> None:
    clock = VirtualClock(0.0)
    world = TimedWorld({"HARN_LLM_PROVIDER": "mock"}, clock)
    runtime = make_runtime(world=world)
    state = runtime.state(LlmState)
    busy = {"error": {"category": "overloaded", "message": "busy"}}
    for answer in [
        {"text": call("slow", ms=500) + call("refused", ms=125)},
        busy,
        {"text": call("slow", ms=250)},
        {"text": "x"},
    ]:
        state.mock.register(read_mock_answer(answer))
    events: list[Any] = []

    def watch(event: Any) -> None:
        events.append(event)
        if type(event).__name__ == "CallDelta":
            clock.now += 0.25

    state.bus.subscribe(watch)
    source = """
    var tools = tool_define(tool_registry(), "slow", "", {parameters: {ms: "int"}, handler: { args -> sleep(args.ms) }})
    tools = tool_define(tools, "refused", "", {parameters: {ms: "int"}, handler: { args ->
      sleep(args.ms)
      write_file("/dev/null", "")
    }})
    let r = agent_loop("x", nil, {tools: tools, policy: {side_effect_level: "read_only"}, llm_backoff_ms: 500})
    println(json_stringify([r.trace, r.duration_ms]))
    """
    try:
        runtime.run(runtime.compile(source, "a.harn", use_cache=False))
    finally:
        runtime.close()
    trace, duration = json.loads(world.output)
    (refused,) = [event.duration_ms for event in events if isinstance(event, ToolRejected)]
    assert (trace["total_llm_duration_ms"], trace["total_tool_duration_ms"], refused) == (750, 750, 125)
    assert world.waits == [1.0]
    assert trace["total_duration_ms"] == duration == 750 + 750 + 125 + 1000


# --- conversations ---------------------------------------------------------------------------------------------------


def test_a_conversation_stays_valid_for_ollama(server: ProviderServer) -> None:
    calls = [
        ("add", {"a": 1, "b": 2}),
        ("boom", {}),
        ("unknown", {}),
        ("ledger", {"action": "note", "text": "n"}),
        ("look", {}),
    ]
    listed = [{"function": {"name": name, "arguments": given}} for name, given in calls]
    server.script(
        ndjson_answer(ollama_line("The answer is 3.", tool_calls=listed), ollama_end()),
        ndjson_answer(ollama_line(tool_calls=listed[:1]), ollama_end()),
        ollama_stream("ready"),
    )
    source = f"""
    {TOOLS}
    println(json_stringify(agent_loop("do it", "S", {{tools: tools, tool_format: "native", model: "llama-x"}})))
    """
    run = execute(source, world=LlmWorld(ollama_variables(server)))
    assert (run.result["status"], run.result["visible_text"], run.result["iterations"]) == ("done", "ready", 3)
    *sent, _ = server.bodies[2]["messages"]  # the last one shows the ledger
    assert [message["role"] for message in sent] == ["system", "user", "assistant", *["tool"] * 5, "assistant", "tool"]
    assert [each["function"]["arguments"] for each in sent[2]["tool_calls"]] == [given for _, given in calls]
    assert [message["tool_call_id"] for message in sent if message["role"] == "tool"][:5] == [
        each["id"] for each in sent[2]["tool_calls"]
    ]


@pytest.mark.parametrize("text", ["The answer is 42.", DONE, "next_phase: b", prose("It is 42."), ""])
@pytest.mark.parametrize("options", ["", "persistent: true", 'persistent: true, break_unless_phase: "a"'])
def test_text_before_a_native_call_is_never_taken_for_the_final_answer(text: str, options: str) -> None:
    run = agent(
        native(("add", {"a": 40, "b": 2}), text=text),
        "never said" if "persistent" in options else prose("42"),
        options=f'tool_format: "native", max_iterations: 2, {options}',
    )
    # The call is always run and answered; only an explicit ending of a persistent loop ends it after that.
    assert run.result["tools_used"] == ["add"]
    assert [message["role"] for message in run.messages][1:3] == ["assistant", "tool"]
    assert run.messages[2]["content"] == "42"
    ends = "persistent" in options and (text == DONE or ("phase" in text and "phase" in options))
    assert len(run.calls) == (1 if ends else 2)


# --- accounting ------------------------------------------------------------------------------------------------------

_CALLS = st.sampled_from(
    [("add", {"a": 1, "b": 2}), ("look", {}), ("boom", {}), ("gone", {}), ("denied", {}), ("add", {}), ("hooked", {})]
)


@settings(max_examples=40, deadline=None)
@given(turns=st.lists(st.lists(_CALLS, min_size=1, max_size=5), min_size=1, max_size=5), is_native=st.booleans())
def test_every_beginning_of_a_tool_has_one_end_and_every_call_and_token_is_counted(
    turns: list[list[tuple[str, dict[str, Any]]]], is_native: bool
) -> None:
    tools = (
        TOOLS
        + """
    for name in ["gone", "denied", "hooked"] { tools = tool_define(tools, name, "", {parameters: {}}) }
    register_tool_hook({pattern: "hooked", deny: "no"})
    """
    )
    answers = [
        native(*calls) if is_native else "".join(call(name, **given) for name, given in calls) for calls in turns
    ]
    tokens = [{"input_tokens": 7 + number, "output_tokens": 3} for number in range(len(turns))]
    scripted = [
        {**(answer if isinstance(answer, dict) else {"text": answer}), **used}
        for answer, used in zip(answers, tokens, strict=True)
    ]
    run = agent(
        *scripted,
        {"text": prose("end"), "input_tokens": 1, "output_tokens": 1},
        tools=tools,
        options=f'tool_format: "{"native" if is_native else "text"}", approval_policy: {{auto_deny: ["denied"]}}',
    )
    begun = Counter(event.tool_name for event in run.events if isinstance(event, ToolStarted))
    ended = Counter(event.tool_name for event in run.events if isinstance(event, ToolExecuted | ToolRejected))
    assert begun == ended
    trace = run.result["trace"]
    assert trace["tool_executions"] + trace["tool_rejections"] == sum(ended.values())
    assert trace["llm_calls"] == len(turns) + 1 == sum(isinstance(event, CallSucceeded) for event in run.events)
    assert trace["total_input_tokens"] == sum(each["input_tokens"] for each in tokens) + 1
    assert trace["total_output_tokens"] == 3 * len(turns) + 1
    assert set(run.result["rejected_tools"]) == {
        name for calls in turns for name, _ in calls if name in ("gone", "denied", "hooked")
    }
    answered = run.trace_events("tool_execution")
    assert len(answered) == sum(map(len, turns))
