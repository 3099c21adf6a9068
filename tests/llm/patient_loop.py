"""An event loop for tests of time limits: they pass when the peer has come as far as the test wants, and not before."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable

# Real seconds between two looks at what the peer has reached.
_LOOK_SECONDS = 0.01


class PatientLoop(asyncio.SelectorEventLoop):
    """Its time stands still until reached() is true. Then it jumps to the next timer once nothing more arrives.

    So a limit is never exceeded because the machine is slow, and no test waits for one. Where something always arrives,
    round_seconds says how long it takes to deal with what is there.
    """

    def __init__(self, reached: Callable[[], bool], round_seconds: float = 0.0) -> None:
        self._patient = _PatientSelector(reached, round_seconds)
        super().__init__(self._patient)

    def time(self) -> float:
        return self._patient.now


class _PatientSelector(selectors.DefaultSelector):
    def __init__(self, reached: Callable[[], bool], round_seconds: float) -> None:
        super().__init__()
        self._reached = reached
        self._round_seconds = round_seconds
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not self._reached():
            return super().select(None if timeout is None else min(timeout, _LOOK_SECONDS))
        found = super().select(None if timeout is None else 0)
        self.now += self._round_seconds if found else timeout or 0.0
        return found
