"""What one loop's model calls, tools and decisions add up to, whatever other loops do at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.agent_trace import TraceTotals
from harnpy.llm.observe import CallCancelled, CallFailed, CallStarted, CallSucceeded, Event, EventBus
from harnpy.llm.state import LlmState

if TYPE_CHECKING:
    from harnpy.vm.runtime import Runtime


class LoopTraces:
    """The running loops of a runtime: one subscriber for all, so that a call costs the same with many of them.

    The calls of a loop are those of its own task and of what its tools start; which agent makes a call is said when it
    begins.
    """

    def __init__(self) -> None:
        self._totals: dict[str, TraceTotals] = {}
        self._callers: dict[str, TraceTotals] = {}
        self._bus: EventBus | None = None

    def open(self, runtime: Runtime, agent_id: str) -> TraceTotals:
        """The totals of a loop that begins now; runtime is the one whose state this is."""
        if self._bus is None:
            self._bus = runtime.state(LlmState).bus
            self._bus.subscribe(self, deltas=False)
        totals = self._totals[agent_id] = TraceTotals()
        return totals

    def close(self, agent_id: str) -> None:
        """The loop is over."""
        self._totals.pop(agent_id, None)
        if not self._totals and self._bus is not None:
            self._bus.unsubscribe(self)
            self._bus = None
            self._callers.clear()

    def __call__(self, event: Event) -> None:
        match event:
            case CallStarted():
                totals = None if event.agent_id is None else self._totals.get(event.agent_id)
                if totals is not None:
                    self._callers[event.call_id] = totals
            case CallSucceeded():
                totals = self._callers.pop(event.call_id, None)
                if totals is not None:
                    totals.add(event)
            case CallFailed() | CallCancelled():
                self._callers.pop(event.call_id, None)
