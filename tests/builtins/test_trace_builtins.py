"""Spans that programs open, and spans that the runtime collects."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_world import ScriptedWorld, fiber_in, run_in
from support import run_source

from harnpy.builtins.tracing import enable_tracing, trace_end, trace_spans, trace_start, trace_summary
from harnpy.vm.errors import HarnError
from harnpy.vm.span_log import annotate_span, close_span, open_span, traced_span


def test_trace_start_describes_the_span() -> None:
    source = 'println(trace_start("a"))'
    expected = "{name: a, span_id: 00000002, start_ms: 1774794600123, trace_id: 00000001}\n"
    assert run_in(ScriptedWorld(), source) == expected


def test_ids_are_eight_lowercase_hex_digits() -> None:
    source = 'let s = trace_start("a")\nprintln(s.trace_id)\nprintln(s.span_id)'
    assert re.fullmatch(r"(?:[0-9a-f]{8}\n){2}", run_source(source))


def test_a_nested_span_shares_the_trace_id() -> None:
    source = 'let a = trace_start("a")\nlet b = trace_start("b")\nprintln(a.trace_id == b.trace_id && a.span_id != b.span_id)'
    assert run_source(source) == "true\n"


def test_trace_id_is_that_of_the_innermost_span() -> None:
    source = 'println(trace_id())\nlet a = trace_start("a")\nprintln(trace_id())\ntrace_end(a)\nprintln(trace_id())'
    lines = run_in(ScriptedWorld(), source).splitlines()
    assert [lines[0], lines[1], lines[3]] == ["nil", "00000001", "nil"]


def test_trace_end_logs_name_ids_and_duration() -> None:
    source = 'let a = trace_start("a")\nsleep(1500)\nprintln(trace_end(a))'
    assert run_in(ScriptedWorld(), source) == (
        '{"ts":"2026-03-29T14:30:01.623Z","level":"info","msg":"span_end",'
        '"duration_ms":1500,"name":"a","span_id":"00000002","trace_id":"00000001"}\nnil\n'
    )


def test_the_span_around_one_that_ends_adds_its_ids() -> None:
    source = 'let a = trace_start("a")\nlet b = trace_start("b")\ntrace_end(b)'
    assert run_in(ScriptedWorld(), source) == (
        '{"ts":"2026-03-29T14:30:00.123Z","level":"info","msg":"span_end","trace_id":"00000001","span_id":"00000002",'
        '"duration_ms":0,"name":"b","span_id":"00000003","trace_id":"00000001"}\n'
    )


def test_ending_a_span_that_is_not_innermost_leaves_the_others_open() -> None:
    source = 'let a = trace_start("a")\nlet b = trace_start("b")\ntrace_end(a)\nprintln(trace_id() == b.trace_id)'
    assert run_source(source).endswith("true\n")


def test_span_end_is_hidden_above_level_info() -> None:
    assert run_source('log_set_level("warn")\nlet a = trace_start("a")\ntrace_end(a)\nprintln(trace_id())') == "nil\n"


def test_a_clock_tick_between_two_readings_is_no_millisecond() -> None:
    world = ScriptedWorld()
    fiber = fiber_in(world)
    world.virtual_clock.now = 1000.0009
    span = trace_start(fiber, "a")
    world.virtual_clock.now = 1000.0011
    trace_end(fiber, span)
    assert '"duration_ms":0,' in world.output


def test_trace_end_wants_a_dict() -> None:
    with pytest.raises(HarnError) as caught:
        run_source('trace_end("a")')
    assert caught.value.caught == "trace_end: argument must be a span dict from trace_start"


def test_nothing_is_collected_unless_tracing_is_enabled() -> None:
    fiber = fiber_in(ScriptedWorld())
    assert open_span(fiber, "parallel", "parallel") is None
    assert (trace_spans(fiber), trace_summary(fiber)) == ([], "No spans recorded.")


def test_spans_are_listed_as_they_complete() -> None:
    world = ScriptedWorld()
    fiber = fiber_in(world)
    enable_tracing(fiber)
    world.virtual_clock.now += 0.010
    with traced_span(fiber, "pipeline", "main"):
        world.virtual_clock.now += 0.005
        with traced_span(fiber, "llm_call", "llm_call"):
            world.virtual_clock.now += 0.020
            annotate_span(fiber, {"model": "m", "tokens": 5})
    assert trace_spans(fiber) == [
        {
            "span_id": 2,
            "parent_id": 1,
            "kind": "llm_call",
            "name": "llm_call",
            "start_ms": 15,
            "duration_ms": 20,
            "metadata": {"model": "m", "tokens": 5},
        },
        {"span_id": 1, "parent_id": None, "kind": "pipeline", "name": "main", "start_ms": 10, "duration_ms": 25},
    ]


def test_the_summary_is_a_tree_under_a_total() -> None:
    world = ScriptedWorld()
    fiber = fiber_in(world)
    enable_tracing(fiber)
    with traced_span(fiber, "pipeline", "main"):
        with traced_span(fiber, "parallel", "parallel"):
            world.virtual_clock.now += 0.002
            annotate_span(fiber, {"n": 1.0, "a": "x"})
        with traced_span(fiber, "import", "lib"):
            world.virtual_clock.now += 0.001
    assert trace_summary(fiber) == (
        'Trace: 3 spans, 3ms total\n\npipeline main 3ms\n  parallel parallel 2ms (a="x", n=1.0)\n  import lib 1ms'
    )


def test_spans_inside_an_open_one_are_not_in_the_tree() -> None:
    fiber = fiber_in(ScriptedWorld())
    enable_tracing(fiber)
    open_span(fiber, "pipeline", "main")
    with traced_span(fiber, "import", "lib"):
        pass
    assert trace_summary(fiber) == "Trace: 1 spans, 0ms total\n"


def test_enabling_again_clears_spans_and_restarts_ids() -> None:
    fiber = fiber_in(ScriptedWorld())
    enable_tracing(fiber)
    outer = open_span(fiber, "pipeline", "main")
    enable_tracing(fiber)
    with traced_span(fiber, "import", "lib"):
        pass
    close_span(fiber, outer)
    assert [(span["span_id"], span["parent_id"]) for span in trace_spans(fiber)] == [(1, None)]


@pytest.mark.parametrize(("argument", "collects"), [("false", False), ("nil", True), ("0", True), ("", True)])
def test_only_false_disables_tracing(argument: str, collects: bool) -> None:
    world = ScriptedWorld()
    fiber = fiber_in(world)
    enable_tracing(fiber, *{"false": (False,), "nil": (None,), "0": (0,), "": ()}[argument])
    assert (open_span(fiber, "import", "lib") is not None) is collects


def test_disabling_keeps_what_was_collected() -> None:
    fiber = fiber_in(ScriptedWorld())
    enable_tracing(fiber)
    with traced_span(fiber, "import", "lib"):
        pass
    enable_tracing(fiber, False)
    assert len(trace_spans(fiber)) == 1


def test_closing_a_span_completes_it_once() -> None:
    fiber = fiber_in(ScriptedWorld())
    enable_tracing(fiber)
    span = open_span(fiber, "import", "lib")
    close_span(fiber, span)
    close_span(fiber, span)
    assert len(trace_spans(fiber)) == 1


def test_a_span_is_completed_when_its_body_raises() -> None:
    fiber = fiber_in(ScriptedWorld())
    enable_tracing(fiber)
    with pytest.raises(KeyError), traced_span(fiber, "import", "lib"):
        raise KeyError
    assert len(trace_spans(fiber)) == 1


@given(st.lists(st.booleans(), max_size=30))
def test_every_completed_span_is_once_in_the_summary(opens: list[bool]) -> None:
    fiber = fiber_in(ScriptedWorld())
    enable_tracing(fiber)
    stack = []
    for is_opening in opens:
        if is_opening:
            stack.append(open_span(fiber, "import", "lib"))
        elif stack:
            close_span(fiber, stack.pop())
    while stack:
        close_span(fiber, stack.pop())
    assert trace_summary(fiber).count("import lib 0ms") == sum(opens)
