"""Clocks: what time it is, and waking up later. Injected, so that tests of time never sleep."""

from __future__ import annotations

import time

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from typing import Protocol
else:
    Protocol = object


_LONGEST_MS = 10**15


def seconds(ms: int) -> float:
    """Milliseconds as seconds; below zero counts as zero, and what exceeds any lifetime is cut to something finite."""
    return min(max(0, ms), _LONGEST_MS) / 1000


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock:
    """The machine's clock."""

    def wall(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def call_later(self, loop: AbstractEventLoop, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call back on the event loop after that many seconds; the timer can be cancelled."""
        return loop.call_later(seconds, callback)


class _VirtualTimer:
    __slots__ = ("callback", "cancelled", "due", "number")

    def __init__(self, due: float, number: int, callback: Callable[[], object]) -> None:
        self.due = due
        self.number = number
        self.callback = callback
        self.cancelled = False

    def __lt__(self, other: _VirtualTimer) -> bool:
        return (self.due, self.number) < (other.due, other.number)

    def cancel(self) -> None:
        self.cancelled = True


class VirtualClock(Clock):
    """A clock that stands still while anything can run, and jumps to the next timer when everything waits.

    A program that sleeps for an hour ends at once, and reads an hour's difference. is_idle is asked before a jump;
    the scheduler that uses the clock sets it.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self.now = start
        self.is_idle: Callable[[], bool] = lambda: True
        self._timers: list[_VirtualTimer] = []
        self._count = 0
        self._advancing = False

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def call_later(self, loop: AbstractEventLoop, seconds: float, callback: Callable[[], object]) -> Timer:
        self._count += 1
        from heapq import heappush

        timer = _VirtualTimer(self.now + max(0.0, seconds), self._count, callback)
        heappush(self._timers, timer)
        if not self._advancing:
            self._advancing = True
            loop.call_soon(self._advance, loop, 2)
        return timer

    def _advance(self, loop: AbstractEventLoop, patience: int) -> None:
        """Fire the next timer once the loop has been idle for a few rounds."""
        from heapq import heappop

        while self._timers and self._timers[0].cancelled:
            heappop(self._timers)
        if not self._timers:
            self._advancing = False
            return
        if not self.is_idle():
            patience = 2
        if patience:
            loop.call_soon(self._advance, loop, patience - 1)
            return
        timer = heappop(self._timers)
        self.now = max(self.now, timer.due)
        loop.call_soon(self._advance, loop, 2)
        timer.callback()
