"""Clocks: what time it is, and waking up later. Injected, so that tests of time never sleep."""

from __future__ import annotations

import time

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, TimerHandle
    from collections.abc import Callable

    from harnpy.vm.timers import Timer, Timers


_LONGEST_MS = 10**15


def seconds(ms: int) -> float:
    """Milliseconds as seconds; below zero counts as zero, and what exceeds any lifetime is cut to something finite."""
    return min(max(0, ms), _LONGEST_MS) / 1000


class Clock:
    """The machine's clock. It keeps nothing, so that runtimes may share it."""

    def wall(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def call_later(
        self, loop: AbstractEventLoop, seconds: float, callback: Callable[[], object]
    ) -> Timer | TimerHandle:
        """Call back on the event loop after that many seconds; the timer can be cancelled."""
        return loop.call_later(seconds, callback)

    def timers(self, loop: AbstractEventLoop) -> Timers:
        """For many timers on one event loop."""
        from harnpy.vm.timers import LoopTimers

        return LoopTimers(loop)


class VirtualClock(Clock):
    """A clock that stands still while anything can run, and jumps to the next timer when everything waits.

    A program that sleeps for an hour ends at once, and reads an hour's difference. is_idle is asked before a jump;
    the scheduler that uses the clock sets it.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        from harnpy.vm.timers import TimerQueue

        self.now = start
        self.is_idle: Callable[[], bool] = lambda: True
        self._timers = TimerQueue()
        self._advancing = False

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def call_later(self, loop: AbstractEventLoop, seconds: float, callback: Callable[[], object]) -> Timer:
        timer = self._timers.add(self.now + max(0.0, seconds), callback)
        if not self._advancing:
            self._advancing = True
            loop.call_soon(self._advance, loop, 2)
        return timer

    def timers(self, loop: AbstractEventLoop) -> Timers:
        from harnpy.vm.timers import VirtualTimers

        return VirtualTimers(self, loop)

    def _advance(self, loop: AbstractEventLoop, patience: int) -> None:
        """Fire the next timer once the loop has been idle for a few rounds."""
        due = self._timers.first_due()
        if due is None:
            self._advancing = False
            return
        if not self.is_idle():
            patience = 2
        if patience:
            loop.call_soon(self._advance, loop, patience - 1)
            return
        self.now = max(self.now, due)
        loop.call_soon(self._advance, loop, 2)
        self._timers.pop().fire()
