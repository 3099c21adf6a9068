"""The trace log and the agent trace, as programs see them."""

from __future__ import annotations

from programs import run

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.llm.agent_events import (
    AgentScope,
    AgentStarted,
    ContextCompacted,
    LoopCompleted,
    LoopIntervention,
    PhaseChanged,
    ToolExecuted,
    ToolRejected,
)
from harnpy.llm.agent_trace import AgentTrace
from harnpy.llm.calls import call_options
from harnpy.llm.context import CallContext
from harnpy.llm.pipeline import observed_call
from harnpy.llm.trace_log import TraceLog


def test_usage_is_zero_while_the_log_is_off() -> None:
    program = """
    llm_call("hello")
    println(llm_usage())
    """
    expected = "{call_count: 0, input_tokens: 0, output_tokens: 0, total_calls: 0, total_duration_ms: 0}"
    assert run(program).lines == [expected]


def test_usage_counts_successful_calls_once_the_log_is_on() -> None:
    world = CapturingWorld()
    runtime = make_runtime(world=world)
    runtime.state(TraceLog).switch_on(runtime)
    runtime.state(TraceLog).switch_on(runtime)
    program = """
    llm_mock({text: "a", input_tokens: 5, output_tokens: 7, model: "m1"})
    llm_mock({error: {category: "auth", message: "no"}})
    llm_mock({text: "b", input_tokens: 1, output_tokens: 2})
    let o = {provider: "mock"}
    llm_call("x", nil, o)
    llm_call_safe("x", nil, o)
    llm_call_safe("x", nil, o)
    let u = llm_usage()
    println("${u.input_tokens} ${u.output_tokens} ${u.call_count} ${u.total_calls}")
    """
    try:
        runtime.run(runtime.compile(program, "t.harn", use_cache=False))
        entries = runtime.state(TraceLog).entries
    finally:
        runtime.close()
    assert world.output == "6 9 2 2\n"
    assert [(entry.model, entry.input_tokens, entry.output_tokens) for entry in entries] == [
        ("m1", 5, 7),
        ("mock", 1, 2),
    ]


def test_info_says_what_the_environment_says() -> None:
    program = "println(llm_info())"
    assert run(program, {}).lines == ["{api_key_set: false, model: , provider: }"]
    for name in ("HARN_API_KEY", "OPENROUTER_API_KEY", "ANTHROPIC_API_KEY"):
        assert "api_key_set: true" in run(program, {name: ""}).output
    variables = {"OPENAI_API_KEY": "x", "HARN_LLM_PROVIDER": "p", "HARN_LLM_MODEL": "m"}
    assert run(program, variables).lines == ["{api_key_set: false, model: m, provider: p}"]


def test_the_agent_trace_lists_successful_calls_and_schema_retries() -> None:
    program = """
    llm_mock({text: "{}", input_tokens: 3, output_tokens: 4})
    llm_mock({error: {category: "auth", message: "no"}})
    llm_mock({text: "{\\"k\\": 1}", input_tokens: 5, output_tokens: 6, model: "m"})
    llm_call_safe("x", nil, {schema: {type: "object", required: ["k"]}})
    llm_call("y")
    llm_stream("z")
    for e in agent_trace() {
      if e.type == "llm_call" {
        println("${e.model} ${e.input_tokens} ${e.output_tokens} ${e.cache_tokens} ${e.iteration} ${len(e.call_id)}")
      } else {
        println(e)
      }
    }
    """
    assert run(program).lines == [
        "mock 3 4 0 0 36",
        "{attempt: 1, errors: [at root: missing required key 'k'], nudge_used: true, type: schema_retry}",
        "m 5 6 0 0 36",
    ]


def test_the_summary_adds_up_and_clears_nothing() -> None:
    program = """
    println(agent_trace_summary().status)
    llm_call("abc")
    llm_call("abcd")
    let s = agent_trace_summary()
    println("${s.llm_calls} ${s.total_input_tokens} ${s.total_output_tokens} ${s.iterations} ${s.tools_used}")
    println(agent_trace_summary() == s)
    """
    assert run(program).lines == ["unknown", "2 7 60 0 []", "true"]


def test_what_a_program_does_to_its_copy_of_the_trace_changes_no_other() -> None:
    program = """
    llm_call("x")
    var t = agent_trace()
    t[0].model = "changed"
    println(agent_trace()[0].model)
    """
    assert run(program).lines == ["mock"]


def test_events_of_loops_appear_with_their_fields() -> None:
    trace = AgentTrace()
    for event in (
        AgentStarted("a1", "helper"),
        ToolExecuted("grep", "t1", 10, "ok", "read", 1),
        ToolExecuted("edit", "t2", 5, "error", "write", 1),
        ToolExecuted("grep", "t3", 1, "ok", "read", 2),
        ToolRejected("rm", "denied", 2),
        LoopIntervention("grep", "warn", 3, 2),
        ContextCompacted(900, 40, 2),
        PhaseChanged("plan", "act", 3),
        LoopCompleted("a1", "done", 3, 77, ("grep", "edit"), ("grep",)),
    ):
        trace(event)
    assert trace.entries == [
        {
            "type": "tool_execution",
            "tool_name": "grep",
            "tool_use_id": "t1",
            "duration_ms": 10,
            "status": "ok",
            "classification": "read",
            "iteration": 1,
        },
        {
            "type": "tool_execution",
            "tool_name": "edit",
            "tool_use_id": "t2",
            "duration_ms": 5,
            "status": "error",
            "classification": "write",
            "iteration": 1,
        },
        {
            "type": "tool_execution",
            "tool_name": "grep",
            "tool_use_id": "t3",
            "duration_ms": 1,
            "status": "ok",
            "classification": "read",
            "iteration": 2,
        },
        {"type": "tool_rejected", "tool_name": "rm", "reason": "denied", "iteration": 2},
        {"type": "loop_intervention", "tool_name": "grep", "kind": "warn", "count": 3, "iteration": 2},
        {"type": "context_compaction", "archived_messages": 900, "new_summary_len": 40, "iteration": 2},
        {"type": "phase_change", "from_phase": "plan", "to_phase": "act", "iteration": 3},
        {
            "type": "loop_complete",
            "status": "done",
            "iterations": 3,
            "total_duration_ms": 77,
            "tools_used": ["grep", "edit"],
            "successful_tools": ["grep"],
        },
    ]
    assert trace.summary() == {
        "status": "done",
        "iterations": 3,
        "total_duration_ms": 77,
        "llm_calls": 0,
        "tool_executions": 3,
        "tool_rejections": 1,
        "interventions": 1,
        "compactions": 1,
        "total_input_tokens": 0,
        "total_output_tokens": 0,
        "total_llm_duration_ms": 0,
        "total_tool_duration_ms": 16,
        "tools_used": ["grep", "edit"],
    }


def test_the_summary_of_one_loop_counts_what_that_loop_did() -> None:
    trace = AgentTrace()
    for event in (
        ToolExecuted("before", "t0", 100, "ok", "read", 1),
        AgentStarted("a", "helper"),
        AgentStarted("b", "child", "a"),
        ToolExecuted("grep", "t1", 10, "ok", "read", 1, "a"),
        ToolExecuted("edit", "t2", 5, "ok", "write", 1, "b"),
        ToolRejected("rm", "denied", 2, "b"),
        LoopIntervention("grep", "warn", 3, 2, "a"),
        ContextCompacted(900, 40, 2, "a"),
        ContextCompacted(90, 4, 3, "a"),
        LoopCompleted("b", "stuck", 3, 77, ("edit",), ()),
        LoopCompleted("a", "done", 5, 99, ("grep",), ("grep",)),
    ):
        trace(event)
    none = {name: 0 for name, value in AgentTrace().summary().items() if value == 0}
    ended = {"status": "done", "iterations": 5, "total_duration_ms": 99}
    did = {"tool_executions": 1, "interventions": 1, "compactions": 2, "total_tool_duration_ms": 10}
    assert trace.summary("a") == none | ended | did | {"tools_used": ["grep"]}
    ended = {"status": "stuck", "iterations": 3, "total_duration_ms": 77}
    did = {"tool_executions": 1, "tool_rejections": 1, "total_tool_duration_ms": 5}
    assert trace.summary("b") == none | ended | did | {"tools_used": ["edit"]}
    assert trace.summary("unknown") == none | {"status": "unknown", "tools_used": []}
    whole = trace.summary()
    assert (whole["status"], whole["tool_executions"], whole["total_tool_duration_ms"]) == ("done", 3, 115)
    assert whole["tools_used"] == ["before", "grep", "edit"]


def test_the_next_loop_of_an_agent_is_summed_up_anew() -> None:
    trace = AgentTrace()
    for _ in range(2):
        trace(AgentStarted("a", "helper"))
        trace(ToolExecuted("grep", "t", 10, "ok", "read", 1, "a"))
    assert trace.summary("a")["tool_executions"] == 1
    assert trace.summary()["tool_executions"] == 2


def test_a_summary_is_a_copy() -> None:
    trace = AgentTrace()
    trace(ToolExecuted("grep", "t", 10, "ok", "read", 1))
    trace.summary()["tools_used"].append("x")
    assert trace.summary()["tools_used"] == ["grep"]


def test_calls_count_for_the_agent_that_made_them() -> None:
    runtime = make_runtime(world=CapturingWorld())
    try:
        fiber = runtime.main_fiber()
        context = CallContext(fiber)
        options = call_options(context, "some prompt", None, {"provider": "mock"})
        for agent, calls in (("a", 2), ("b", 1)):
            context.state.bus.emit(AgentStarted(agent, "helper"))
            fiber.task.get(AgentScope).agent_id = agent
            for _ in range(calls):
                observed_call(context, options, 1)
        trace = runtime.state(AgentTrace)
        assert [trace.summary(agent)["llm_calls"] for agent in ("a", "b", None)] == [2, 1, 3]
        per_agent = [trace.summary(agent)["total_output_tokens"] for agent in ("a", "b")]
        assert per_agent[0] == 2 * per_agent[1] > 0
    finally:
        runtime.close()
