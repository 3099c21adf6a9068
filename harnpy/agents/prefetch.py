"""Running the read-only calls at the beginning of a turn side by side (chapter 12 section 12.5.1).

Only calls that pass all checks are run; the results wait until it is their turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from harnpy.agents.call_checks import CheckedCall, checked
from harnpy.agents.capability import active_capability, annotations_of
from harnpy.agents.loop_state import LoopState
from harnpy.agents.tool_execution import ToolRun, run_tool
from harnpy.llm.deltas import ToolCall
from harnpy.vm.tasks import parallel
from harnpy.vm.values import Builtin, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_LEAST = 2

Prefetched = list[tuple[CheckedCall, ToolRun | None]]


def prefetched(loop: LoopState, calls: list[ToolCall]) -> Prefetched:
    """The leading read-only calls, checked, each with what came of it if it was run; none if there are not several."""
    policy = active_capability(loop.setup.fiber)
    if policy is None:
        return []

    def is_read_only(call: ToolCall) -> bool:
        annotations = annotations_of(policy, call["name"])
        return annotations is not None and annotations.kind.read_only

    leading = list(takewhile(is_read_only, calls))
    if len(leading) < _LEAST:
        return []
    run = [checked(loop.setup, call) for call in leading]
    runnable = list(_runnable(loop, run))
    results = dict(zip(runnable, _side_by_side(loop, [run[index] for index in runnable]), strict=True))
    return [(call, results.get(index)) for index, call in enumerate(run)]


def _runnable(loop: LoopState, run: list[CheckedCall]) -> Iterator[int]:
    """Which calls are neither refused nor repeated so often that they might not be executed."""
    pending: dict[str | bytes, int] = {}
    for index, call in enumerate(run):
        if call.refusal is not None:
            continue
        key = loop.repeated.key_of(call)
        if loop.repeated.skip_count(key, pending.get(key, 0)) is None:
            pending[key] = pending.get(key, 0) + 1
            yield index


def _side_by_side(loop: LoopState, run: list[CheckedCall]) -> list[ToolRun]:
    """The outcome of each call, all of them running at once as tasks of their own."""

    def run_one(fiber: Fiber, index: Value) -> Value:
        return run_tool(loop, fiber, run[index])

    body: Any = Builtin("agent_loop", run_one, "", frozenset(), True, 1, 1, False)
    outcomes: Any = parallel(loop.setup.fiber, "each", list(range(len(run))), body, None)
    return list(outcomes)
