"""From events to a tree: what belongs where, how it ended, what it used; and events that are missing or nonsense."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trace_runs import START, EventMaker, agent_run, large_run

from harnpy.cli.terminal import PLAIN
from harnpy.cli.trace_builder import build
from harnpy.cli.trace_events import NotEvents, read_events
from harnpy.cli.trace_html import trace_html
from harnpy.cli.trace_json import trace_json
from harnpy.cli.trace_model import Kind, Outcome, Span, Trace, agents_of, models_of, only_agent, walk
from harnpy.cli.trace_text import trace_text
from harnpy.llm.event_file import SCHEMA


def tree(run: EventMaker) -> Trace:
    return build(read_events(run.lines().encode()))


def shape(spans: tuple[Span, ...]) -> list[Any]:
    """Kinds, names and outcomes, children behind their parent."""
    shown: list[Any] = []
    for span in spans:
        name = span.name if span.kind in (Kind.TURN, Kind.ATTEMPT) else f"{span.kind.value} {span.name}"
        shown.append(name if span.outcome is Outcome.OK else f"{name} {span.outcome.value}")
        if span.children:
            shown.append(shape(span.children))
    return shown


def test_a_run_is_agents_of_turns_of_calls_and_tools():
    assert shape(tree(agent_run()).spans) == [
        "agent planner",
        [
            "turn 1",
            ["call gpt-4o", ["attempt 1 retried", "attempt 2"], "tool read", "tool read failed"],
            "turn 2",
            [
                "call gpt-4o",
                "agent helper failed",
                [
                    "turn 1",
                    ["call claude-haiku-4-5", "tool search"],
                    "turn 2",
                    ["call claude-haiku-4-5", "tool search", "note repetition: warn note"],
                ],
                "tool rm rejected",
                "note compaction note",
            ],
            "turn 3",
            ["call gpt-4o"],
        ],
    ]


def test_times_count_from_the_begin_of_the_run_and_tools_begin_before_they_are_told():
    trace = tree(agent_run())
    assert (trace.started, round(trace.duration, 6)) == (START, 5.9)
    spans = {(span.kind, span.name): span for _, span in walk(trace.spans)}
    call = spans[Kind.CALL, "claude-haiku-4-5"]
    assert (round(call.start, 6), round(call.end or 0, 6), call.duration_ms) == (4.0, 4.7, 700)
    tool = spans[Kind.TOOL, "search"]
    assert (round(tool.start, 6), round(tool.end or 0, 6), tool.duration_ms) == (4.7, 5.0, 300)
    whole = next(span for _, span in walk(trace.spans) if span.kind is Kind.CALL)
    assert (whole.duration_ms, [attempt.duration_ms for attempt in whole.children]) == (1700, [400, 800])


def test_usage_is_summed_upward_once():
    trace = tree(agent_run())
    used = trace.usage
    assert (used.turns, used.calls, used.tools, used.retries, used.errors) == (5, 5, 4, 1, 2)
    assert (used.input_tokens, used.output_tokens, used.unpriced) == (5000, 250, 2)
    assert round(used.cost_usd, 6) == 0.009
    (_, planner), (depth, helper) = agents_of(trace)
    assert (planner.usage, depth) == (used, 1)
    assert (helper.usage.calls, helper.usage.tools, helper.usage.cost_usd, helper.status) == (
        2,
        2,
        0,
        "budget_exhausted",
    )
    assert [(total.model, total.usage.calls, total.duration_ms) for total in models_of(trace)] == [
        ("gpt-4o", 3, 3600),
        ("claude-haiku-4-5", 2, 1400),
    ]


def test_agents_side_by_side_keep_their_events_apart():
    run = EventMaker()
    for agent in "ab":
        run.tell("agent_start", agent_id=agent, name=agent, parent_id=None)
    calls = [run.begin_call(agent, 1) for agent in "abab"]
    for call in reversed(calls):
        run.wait(1)
        run.end_call(call, 1000)
    for agent in "ba":
        run.end_agent(agent, "done", 1, 4000)
    trace = tree(run)
    assert shape(trace.spans) == [
        "agent a",
        ["turn 1", ["call gpt-4o"] * 2],
        "agent b",
        ["turn 1", ["call gpt-4o"] * 2],
    ]
    ends = [span.end for _, span in walk(trace.spans) if span.kind is Kind.CALL]
    assert ends == [4, 2, 3, 1]


def test_parallel_calls_that_are_retried_keep_their_attempts_apart():
    run = EventMaker()
    first = [run.begin_call(prompt=name) for name in "ab"]
    for call in first:
        run.tell("retry", call_id=call, attempt=0, duration_ms=1, wait_ms=5, category="overloaded", error="busy")
    again = [run.begin_call(prompt=name, attempt=1, retry_of=call) for name, call in reversed(list(zip("ab", first)))]
    run.end_call(again[0], 1, attempt=1, input_tokens=1)
    run.tell("call_end", call_id=again[1], status="retries_exhausted", attempt=1, duration_ms=1, category="overloaded")
    a, b = tree(run).spans
    assert (a.gist, a.outcome, a.status, len(a.children), a.usage.retries) == ("a", Outcome.FAILED, "overloaded", 2, 1)
    assert (b.gist, b.outcome, b.usage.input_tokens, len(b.children)) == ("b", Outcome.OK, 1, 2)


def test_what_has_no_end_lasts_to_the_end_of_the_events_and_is_unfinished():
    run = EventMaker()
    run.tell("agent_start", agent_id="a", name="a", parent_id=None)
    run.call("a", 1, 1)
    call = run.begin_call("a", 2)
    run.wait(2)
    run.tell("delta", call_id=call, text="so f", thinking="")
    trace = tree(run)
    assert shape(trace.spans) == [
        "agent a unfinished",
        ["turn 1", ["call gpt-4o"], "turn 2 unfinished", ["call gpt-4o unfinished"]],
    ]
    last = [span for _, span in walk(trace.spans)][-1]
    assert (last.end, last.duration_ms, last.texts[-1].text) == (None, 2000, "so f")


def test_ends_without_beginnings_are_shown_as_far_as_they_tell():
    run = EventMaker()
    run.wait(5)
    run.end_call("x", 2000)
    run.tell("tool", tool_name="f", agent_id="a", iteration=1, duration_ms=1000, status="ok")
    run.end_agent("b", "done", 1, 3000)
    trace = tree(run)
    assert shape(trace.spans) == ["agent b", "call gpt-4o", "agent a unfinished", ["turn 1 unfinished", ["tool f"]]]
    assert trace.duration == 3


def test_an_event_of_a_loop_without_an_agent_belongs_to_the_only_one_that_runs():
    run = EventMaker()
    run.tell("tool_rejected", tool_name="early", reason="no", iteration=1)
    run.tell("agent_start", agent_id="a", name="a", parent_id=None)
    run.tell("tool_rejected", tool_name="f", reason="no", iteration=1)
    run.end_agent("a", "done", 1, 1)
    assert shape(tree(run).spans) == ["tool early rejected", "agent a", ["turn 1", ["tool f rejected"]]]


def test_calls_that_do_not_reach_their_tool_are_shown():
    run = EventMaker()
    run.tell("agent_start", agent_id="a", name="a", parent_id=None)
    run.call("a", 0, 0.1, "x")
    told = {"agent_id": "a", "iteration": 0, "arguments": '{"path":"x"}'}
    run.tell("tool_not_run", tool_name="rm", tool_use_id="1", kind="denied", reason="not allowed", **told)
    run.tell("tool_not_run", tool_name="rm", tool_use_id="2", kind="repeated", reason="too often", **told)
    trace = tree(run)
    (agent,) = trace.spans
    (turn,) = agent.children
    _, denied, repeated = turn.children
    assert (denied.name, denied.outcome.value, denied.status, denied.gist) == (
        "rm",
        "rejected",
        "denied",
        "not allowed",
    )
    shown = [(text.label, text.text) for text in denied.texts]
    assert shown == [("arguments", '{"path":"x"}'), ("reason", "not allowed")]
    assert repeated.status == "repeated"
    assert (trace.usage.tools, trace.usage.errors) == (0, 2)


def test_a_tool_that_was_begun_is_shown_although_its_end_is_missing():
    run = EventMaker()
    run.tell("agent_start", agent_id="a", name="a", parent_id=None)
    run.call("a", 0, 1)
    started = {"agent_id": "a", "iteration": 0, "arguments": '{"command":"sleep"}'}
    run.tell("tool_start", tool_name="look", tool_use_id="tc_0", **started)
    run.wait(1)
    run.tell("tool", tool_name="look", tool_use_id="tc_0", duration_ms=1000, status="ok", agent_id="a", iteration=0)
    run.tell("tool_start", tool_name="rm", tool_use_id="tc_1", **started)
    run.tell("tool_rejected", tool_name="rm", tool_use_id="tc_1", reason="no", agent_id="a", iteration=0)
    run.tell("tool_start", tool_name="run", tool_use_id="tc_2", **started)
    run.wait(3)
    run.tell("agent_start", agent_id="b", name="b", parent_id="a")
    trace = tree(run)
    turn = ["call gpt-4o", "tool look", "tool rm rejected", "tool run unfinished", ["agent b unfinished"]]
    assert shape(trace.spans) == ["agent a unfinished", ["turn 1 unfinished", turn]]
    tools = [span for _, span in walk(trace.spans) if span.kind is Kind.TOOL]
    assert [(tool.duration_ms, tool.gist) for tool in tools] == [
        (1000, '{"command":"sleep"}'),
        (0, "no"),
        (3000, '{"command":"sleep"}'),
    ]
    assert (trace.usage.tools, trace.usage.errors) == (2, 1)


def test_what_ends_an_agent_ends_the_tools_that_it_runs():
    run = EventMaker()
    run.tell("agent_start", agent_id="a", name="a", parent_id=None)
    run.call("a", 0, 1)
    run.tell("tool_start", agent_id="a", iteration=0, tool_name="run", tool_use_id="t", arguments="{}")
    run.wait(2)
    run.end_agent("a", "error", 0, 3000)
    (agent,) = tree(run).spans
    assert shape([agent]) == ["agent a failed", ["turn 1", ["call gpt-4o", "tool run cancelled"]]]


def test_what_a_tool_has_started_is_in_it_unless_it_might_be_another_tool():
    def run_of(*others: float) -> list[Any]:
        run = EventMaker()
        run.tell("agent_start", agent_id="a", name="a", parent_id=None)
        run.call("a", 0, 1)
        run.wait(1)
        run.tell("agent_start", agent_id="b", name="b", parent_id="a")
        run.call("b", 0, 1)
        run.end_agent("b", "done", 1, 1000)
        run.call("a", None, 0)
        run.tool("a", 0, "ask", 0, duration_ms=1000)
        for duration in others:
            run.tool("a", 0, "other", 0, duration_ms=round(duration * 1000))
        run.end_agent("a", "done", 1, 3000)
        return shape(tree(run).spans)[1][1]

    inner = ["agent b", ["turn 1", ["call gpt-4o"]]]
    assert run_of() == ["call gpt-4o", "tool ask", [*inner, "call gpt-4o"]]
    assert run_of(0) == ["call gpt-4o", "tool ask", inner, "call gpt-4o", "tool other"]
    assert run_of(1.5) == ["call gpt-4o", "tool other", *inner, "tool ask", "call gpt-4o"]


def test_tools_side_by_side_are_where_they_ran_though_they_are_told_of_later():
    run = EventMaker()
    run.tell("agent_start", agent_id="a", name="a", parent_id=None)
    run.call("a", 0, 1)
    run.wait(4)
    for name, seconds in (("long", 4), ("short", 2)):
        run.tool("a", 0, name, 0, duration_ms=seconds * 1000, started_at=START + 1)
    for nonsense in (0, START + 99, "x"):
        run.tool("a", 0, "odd", 0, duration_ms=1000, started_at=nonsense)
    tools = [span for _, span in walk(tree(run).spans) if span.kind is Kind.TOOL]
    assert {(tool.name, tool.start, tool.end) for tool in tools} == {("long", 1, 5), ("short", 1, 3), ("odd", 4, 5)}


def test_turns_are_counted_from_1_whatever_the_events_count_from():
    run = EventMaker()
    run.tell("agent_start", agent_id="a", name="a", parent_id=None)
    run.tell("message", agent_id="a", iteration=None, role="user", text="do")
    for turn in (7, 8):
        run.call("a", turn, 1)
        run.tell("message", agent_id="a", iteration=turn + 1, role="assistant", text=f"did {turn}")
        run.tell("interpreted", agent_id="a", iteration=turn + 1, tool_parse_errors=["bad"])
        run.tool("a", turn, "f", 1)
    (agent,) = tree(run).spans
    part = ["call gpt-4o", "note bad tool call failed", "tool f"]
    assert shape(agent.children) == ["turn 1", part, "turn 2 unfinished", part]
    assert [text.text for text in (*agent.texts, *(text for turn in agent.children for text in turn.texts))] == [
        *("do", "did 7", "did 8")
    ]


def test_an_agent_may_run_twice_and_tests_stand_apart():
    run = EventMaker()
    for test in ("t::a", "t::b", "t::a"):
        run.tell("agent_start", agent_id="s", name="s", parent_id=None, test=test)
        run.tell("agent_end", agent_id="s", status="done", iterations=0, duration_ms=0, test=test)
    assert shape(tree(run).spans) == ["test t::a", ["agent s", "agent s"], "test t::b", ["agent s"]]


def test_streams_completions_and_cancelled_calls_are_calls():
    run = EventMaker()
    run.tell("stream_start", call_id="s", model="m", provider="p", agent_id=None, message_count=1)
    run.tell("delta", call_id="s", text="pi", thinking="hm")
    run.tell("delta", call_id="s", text="ece", thinking="")
    run.tell("stream_end", call_id="s", status="left", chunks=2)
    run.wait(1)
    run.tell("completion", model="c", provider="p", duration_ms=500, input_tokens=1, output_tokens=2, cost_usd=0.5)
    run.tell("call_cancelled", call_id=run.begin_call())
    stream, completion, cancelled = tree(run).spans
    assert (stream.outcome, stream.status) == (Outcome.CANCELLED, "left")
    assert [(text.label, text.text) for text in stream.texts] == [("thinking", "hm"), ("partial answer", "piece")]
    assert (completion.start, completion.end, completion.usage.cost_usd) == (0.5, 1, 0.5)
    assert cancelled.outcome is Outcome.CANCELLED


def test_only_an_agent_is_shown_with_times_of_its_own():
    trace = tree(agent_run())
    part = only_agent(trace, "helper")
    assert part is not None
    assert (round(part.duration, 6), part.usage.calls, part.spans[0].start) == (2.0, 2, 0)
    assert only_agent(trace, "b") == part
    whole = only_agent(trace, "planner")
    assert whole is not None and whole.spans == trace.spans
    assert only_agent(trace, "nobody") is None


def test_agents_in_agents_without_end_stay_readable():
    run = EventMaker()
    for number in range(2000):
        run.tell("agent_start", agent_id=f"{number}", name=f"{number}", parent_id=f"{number - 1}")
        run.tell("agent_start", agent_id="self", name="self", parent_id="self")
    trace = tree(run)
    assert len(agents_of(trace)) == 4000
    assert json.loads(trace_json(trace))["spans"]
    assert "agent 1999" in trace_text(trace, "f", 80, PLAIN)
    assert "agent 1999" in trace_html(trace, "f")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'{"type": "phase"}\n{"type": "pha', "The last line is cut off: the run was killed, or is still going."),
        (b'{"type": "phase"}\n\x00\x00\x00', "The last line is cut off: the run was killed, or is still going."),
        (b'{"type": "phase"}\n[]\n{}\n', "Left out: line 2, which is no JSON object, and 1 more like it."),
        (b'x\n\n{"type": "phase"}', "Left out: line 1, which is not JSON."),
        (b'\xff\n{"type": "phase"}\n', "Left out: line 1, which is not JSON."),
        (b"[" * 100_000 + b'\n{"type": "phase"}\n', "Left out: line 1, which is not JSON."),
        (b'{"type": 1}\n{"type": "phase"}\n', "Left out: line 1, which has no `type`."),
    ],
)
def test_lines_that_are_no_events_are_told_and_the_others_used(data: bytes, problem: str):
    log = read_events(data)
    assert (len(log.records), log.problems) == (1, (problem,))


@pytest.mark.parametrize("data", [b"hello", b"[1]\n", b"\x7fELF\x00\n", b'{"a": 1}\n{"b": 2}\n'])
def test_a_file_of_other_things_is_refused(data: bytes):
    with pytest.raises(NotEvents, match=r"^line 1 "):
        read_events(data)


def test_times_that_are_none_do_not_stretch_the_axis():
    run = EventMaker()
    run.call(None, None, 1)
    for time in (None, "x", True, -1, float("nan"), float("inf"), 10**400, 1e300):
        run.events.append({"type": "phase", "time": time, "from_phase": "a", "to_phase": "b"})
    run.events.insert(0, {"type": "phase"})
    run.tell("tool", tool_name="f", duration_ms=2**62, status="ok", iteration=1)
    assert tree(run).duration == 1


def test_unknown_types_are_counted_by_name():
    run = agent_run()
    for kind in ("zeta", "alpha", "zeta"):
        run.tell(kind)
    assert tree(run).unknown == (("alpha", 1), ("zeta", 2))


def test_every_type_of_the_schema_is_known():
    run = EventMaker()
    for kind in SCHEMA:
        run.tell(kind)
    assert tree(run).unknown == ()


def test_ten_thousand_events_are_all_in_the_tree():
    run = large_run(10_000)
    trace = tree(run)
    told = [event["type"] for event in run.events]
    assert trace.events == len(run.events) >= 10_000
    assert (trace.usage.calls, trace.usage.tools) == (told.count("call_end"), told.count("tool"))
    assert all(span.outcome is not Outcome.UNFINISHED for _, span in walk(trace.spans))


_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2**70),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.text(max_size=3), max_size=2),
)
_KEYS = sorted({key for keys in SCHEMA.values() for key in keys} | {"time", "test"})
_EVENTS = st.lists(
    st.builds(
        lambda kind, ids, odd: {"type": kind} | odd | ids,
        st.sampled_from([*SCHEMA, "other"]),
        st.fixed_dictionaries(
            {},
            optional={
                "call_id": st.sampled_from("xyz"),
                "retry_of": st.sampled_from("xyz"),
                "agent_id": st.sampled_from("ab"),
                "parent_id": st.sampled_from("ab"),
                "iteration": st.integers(0, 3),
                "time": st.floats(START, START + 10),
            },
        ),
        st.dictionaries(st.sampled_from(_KEYS), _ODD, max_size=6),
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(_EVENTS)
def test_whatever_the_events_say_they_are_shown(events: list[dict[str, Any]]):
    trace = build(read_events("".join(json.dumps(event) + "\n" for event in events).encode()))
    for _, span in walk(trace.spans):
        assert span.end is None or span.start <= span.end
        assert 0 <= span.start <= trace.duration + 1e-3
        assert span.duration_ms >= 0
    json.loads(trace_json(trace))
    text = trace_text(trace, "f", 80, PLAIN)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text if char != "\n")
    trace_html(trace, "f")
