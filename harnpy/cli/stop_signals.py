"""SIGINT and SIGTERM while a program runs: say so, let `finally` and `defer` run for a moment, then end.

Knows nothing of runtimes beyond that they can be asked to stop.
"""

from __future__ import annotations

import os
import sys
import time
from _thread import start_new_thread

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from signal import SIGINT, SIGTERM, signal
    from types import FrameType
else:
    # What `signal` is made of; enumerations of all signals are not needed at every start.
    from _signal import SIGINT, SIGTERM, signal

EXIT_STOPPED = 124
GRACE_SECONDS = 2.0

_NOTICE = b"[harn] signal received, flushing state...\n"


class Stopped(Exception):
    """A signal has ended a program."""


class StopSignals:
    """A context in which SIGINT and SIGTERM call interrupt instead of ending the process at once.

    After the grace time, or at a second signal, the process ends with status 124 whatever it is doing; abandon is called
    before, possibly in another thread. `received` tells whether a signal came. Enter it on the main thread only.
    """

    def __init__(self, interrupt: Callable[[], None], abandon: Callable[[], None] = lambda: None) -> None:
        self._interrupt = interrupt
        self._abandon = abandon
        self._previous: list[tuple[int, object]] = []
        self.received = False

    def __enter__(self) -> StopSignals:
        for number in (SIGINT, SIGTERM):
            self._previous.append((number, signal(number, self._stop)))
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, handler in self._previous:
            signal(number, handler)  # type: ignore[arg-type]

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.received:
            self._end()
        self.received = True
        # Straight to the descriptor: the handler may have interrupted a write to the buffered stream.
        os.write(2, _NOTICE)
        # A write may have been interrupted in the middle, or nobody reads: what is buffered goes with the normal end.
        try:  # noqa: SIM105, contextlib is not loaded at every start
            sys.stdout.flush()
        except (RuntimeError, OSError):
            pass
        # Nothing may be imported here: the handler may have interrupted the import of the very same module.
        start_new_thread(self._end_after_grace, ())
        self._interrupt()

    def _end_after_grace(self) -> None:
        time.sleep(GRACE_SECONDS)
        self._end()

    def _end(self) -> None:
        try:
            self._abandon()
        finally:
            os._exit(EXIT_STOPPED)
