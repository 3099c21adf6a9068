"""The time limit of one test run: interrupts its runtime when the limit has passed."""

from __future__ import annotations

from collections.abc import Callable
from threading import Timer


class Watchdog:
    """A context that calls interrupt once after limit_ms, from another thread. `fired` tells whether it did."""

    def __init__(self, limit_ms: int, interrupt: Callable[[], None]) -> None:
        self.fired = False
        self._interrupt = interrupt
        self._timer = Timer(limit_ms / 1000, self._fire)
        self._timer.daemon = True

    def __enter__(self) -> Watchdog:
        self._timer.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._timer.cancel()

    def _fire(self) -> None:
        self.fired = True
        self._interrupt()
