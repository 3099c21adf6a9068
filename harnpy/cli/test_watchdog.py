"""The time limit of one test run: interrupts its runtime when the limit has passed, and insists if it does not end."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

# How long `finally` and `defer` of a test that took too long may run, each time it is interrupted.
GRACE_SECONDS = 1.0


class Watchdog:
    """A context that calls interrupt after limit_ms, from another thread. `fired` tells whether it did.

    Code that goes on regardless is interrupted again and again, each time by insist.
    """

    def __init__(self, limit_ms: int, interrupt: Callable[[], None], insist: Callable[[], None]) -> None:
        self.fired = False
        self._limit = limit_ms / 1000
        self._interrupt = interrupt
        self._insist = insist
        self._over = Event()

    def __enter__(self) -> Watchdog:
        Thread(target=self._watch, name="harn-test-watchdog", daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()

    def _watch(self) -> None:
        if self._over.wait(self._limit):
            return
        self.fired = True
        self._interrupt()
        while not self._over.wait(GRACE_SECONDS):
            self._insist()
