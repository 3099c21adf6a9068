"""Timers: many of them behind one timer of the event loop. Loaded with the first wait that may end by time."""

from __future__ import annotations

import heapq
import math

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, TimerHandle
    from collections.abc import Callable
    from typing import Protocol

    from harnpy.vm.clock import VirtualClock
else:
    Protocol = object

# Cancelled timers that may stay in a queue, however few others there are.
_CANCELLED_KEPT = 100


class Timer:
    """A callback that is still to come."""

    __slots__ = ("_callback", "_queue")

    def __init__(self, queue: TimerQueue, callback: Callable[[], object]) -> None:
        self._queue = queue
        self._callback: Callable[[], object] | None = callback

    @property
    def over(self) -> bool:
        """Whether it has fired or was cancelled."""
        return self._callback is None

    def cancel(self) -> None:
        """Never call back; nothing to do once it has fired."""
        if self._callback is not None:
            self._callback = None
            self._queue.note_cancelled()

    def fire(self) -> None:
        """Call back, once."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class TimerQueue:
    """Timers in the order in which they are due; those that are due at the same time, in the order of their making."""

    __slots__ = ("_cancelled", "_count", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._count = 0
        self._cancelled = 0

    def add(self, due: float, callback: Callable[[], object]) -> Timer:
        """A new timer."""
        timer = Timer(self, callback)
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, timer))
        return timer

    def first_due(self) -> float | None:
        """When the next timer is due that was not cancelled; None if there is none."""
        heap = self._heap
        while heap:
            due, _, timer = heap[0]
            if not timer.over:
                return due
            heapq.heappop(heap)
            self._cancelled -= 1
        return None

    def pop(self) -> Timer:
        """Take out the timer that first_due has spoken of."""
        return heapq.heappop(self._heap)[2]

    def note_cancelled(self) -> None:
        """A timer was cancelled: once most are, they leave, so that waits which end early do not pile up."""
        self._cancelled += 1
        if self._cancelled > _CANCELLED_KEPT and self._cancelled > len(self._heap) // 2:
            self._heap = [entry for entry in self._heap if not entry[2].over]
            heapq.heapify(self._heap)
            self._cancelled = 0


class Timers(Protocol):
    """The timers of one event loop."""

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call back on the event loop after that many seconds; the timer can be cancelled."""


class LoopTimers:
    """Timers behind a single one of the event loop, which costs several times as much as these."""

    __slots__ = ("_armed", "_armed_for", "_loop", "_queue")

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._queue = TimerQueue()
        self._armed: TimerHandle | None = None
        self._armed_for = math.inf

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        due = self._loop.time() + seconds
        timer = self._queue.add(due, callback)
        if due < self._armed_for:
            self._arm(due)
        return timer

    def _arm(self, due: float) -> None:
        if self._armed is not None:
            self._armed.cancel()
        self._armed_for = due
        self._armed = self._loop.call_at(due, self._fire_due)

    def _fire_due(self) -> None:
        # The loop calls when the time it was armed for has come, whatever the clock's last digits say.
        now = max(self._loop.time(), self._armed_for)
        self._armed = None
        self._armed_for = -math.inf  # what callbacks add is armed below
        due = None
        try:
            while (due := self._queue.first_due()) is not None and due <= now:
                self._queue.pop().fire()
        finally:
            self._armed_for = math.inf
            if due is not None:
                self._arm(due)


class VirtualTimers:
    """The timers of one event loop on a virtual clock."""

    __slots__ = ("_clock", "_loop")

    def __init__(self, clock: VirtualClock, loop: AbstractEventLoop) -> None:
        self._clock = clock
        self._loop = loop

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        return self._clock.call_later(self._loop, seconds, callback)
