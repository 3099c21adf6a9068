"""The span of a tool execution: what it says, and that it is there only for programs that want it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from session_runs import SessionWorld

from harnpy.agents.tool_spans import tool_span
from harnpy.cli.compose import make_runtime
from harnpy.vm import span_log
from harnpy.vm.fiber import Fiber
from harnpy.vm.span_log import Span, SpanLog, traced_span


@pytest.fixture
def fiber() -> Iterator[Fiber]:
    runtime = make_runtime(world=SessionWorld())
    yield runtime.main_fiber()
    runtime.close()


def spans(fiber: Fiber) -> list[Span]:
    collection = fiber.runtime.state(SpanLog).current
    return [] if collection is None else collection.completed


def reading(fiber: Fiber) -> tool_span:
    return tool_span(
        fiber,
        "read",
        tool_use_id="t1",
        call_id="c1",
        iteration=2,
        classification="read_only",
        declared_paths=("a", "b"),
    )


BEGUN = {
    "tool_name": "read",
    "tool_use_id": "t1",
    "call_id": "c1",
    "iteration": 2,
    "classification": "read_only",
    "declared_paths": ["a", "b"],
}


@pytest.mark.parametrize(("rejected", "status"), [(False, "ok"), (True, "rejected")])
def test_a_span_says_what_ran_and_how_it_ended(fiber: Fiber, rejected: bool, status: str) -> None:
    span_log.enable(fiber)
    with traced_span(fiber, "llm_call", "agent_loop") as loop, reading(fiber) as span:
        fiber.runtime.world.clock.now += 1.5
        span.ended("é12", rejected=rejected)
    assert loop is not None
    tool = spans(fiber)[0]
    assert (tool.kind, tool.name, tool.parent_id, tool.duration_ms) == ("tool_call", "read", loop.span_id, 1500)
    assert tool.metadata == BEGUN | {"status": status, "result_chars": 4}


def test_a_tool_that_does_not_end_has_no_status(fiber: Fiber) -> None:
    span_log.enable(fiber)
    with pytest.raises(KeyboardInterrupt), reading(fiber):
        raise KeyboardInterrupt
    assert [span.metadata for span in spans(fiber)] == [BEGUN]


def test_without_tracing_there_is_nothing(fiber: Fiber) -> None:
    with reading(fiber) as span:
        span.ended("x", rejected=False)
    assert spans(fiber) == []
