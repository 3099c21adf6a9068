"""The scheduler: one asyncio event loop, in a greenlet of its own, that resumes fibers and watches the clock.

The loop starts with the first wait, so a program that never waits imports neither asyncio nor greenlet. Fibers that
are ready run first in, first out. A watchdog thread raises one flag, which running code looks at on loop back-edges
and calls: it is how deadlines reach busy code and how busy fibers share the thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from harnpy.vm.clock import Clock, Timer, VirtualClock

if TYPE_CHECKING:
    import asyncio

    from harnpy.vm.fiber import Fiber

# How long a busy fiber runs before others get a turn, and how exactly deadlines hit busy code.
SLICE_SECONDS = 0.005


class AttentionFlag:
    """pending asks the running fiber to look up: a deadline, a cancellation, or its time slice."""

    __slots__ = ("pending",)

    def __init__(self) -> None:
        self.pending = False


class Scheduler:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.flag = AttentionFlag()
        self.live_fibers = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hub: Any = None
        self._queue: deque[Fiber] = deque()
        self._draining = False
        self._watchers = 0
        self._watchdog: threading.Thread | None = None
        self._wake_watchdog = threading.Event()
        self._closed = False
        self._background: set[asyncio.Task[Any]] = set()
        self._closers: list[Callable[[], Coroutine[Any, Any, None]]] = []
        if isinstance(clock, VirtualClock):
            clock.is_idle = lambda: not self._queue

    # --- the loop ---------------------------------------------------------------------------------------------------

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop, started when it is first asked for."""
        if self._loop is None:
            import asyncio

            import greenlet

            self._loop = asyncio.new_event_loop()
            self._hub = greenlet.greenlet(self._run_hub)
        return self._loop

    @property
    def hub(self) -> Any:
        """The greenlet of the event loop; switching to it suspends the running fiber."""
        if self._hub is None:
            assert self.loop is not None
        return self._hub

    def _run_hub(self) -> None:
        loop = self.loop
        loop.run_forever()
        for task in list(self._background):
            task.cancel()
        if self._background:
            import asyncio

            loop.run_until_complete(asyncio.gather(*self._background, return_exceptions=True))
        for closer in self._closers:
            loop.run_until_complete(closer())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def make_ready(self, fiber: Fiber) -> None:
        """Queue a fiber to be resumed."""
        self._queue.append(fiber)
        if not self._draining:
            self._draining = True
            self.loop.call_soon(self._drain)

    def _drain(self) -> None:
        """Resume the fibers that are ready now; those that become ready meanwhile wait for the next round."""
        queue = self._queue
        if self._closed:
            queue.clear()
        for _ in range(len(queue)):
            queue.popleft().switch_in()
        if queue:
            self.loop.call_soon(self._drain)
        else:
            self._draining = False

    @property
    def has_loop(self) -> bool:
        """Whether anything has waited yet; until then there is nobody to give a turn to."""
        return self._loop is not None

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        return self.clock.call_later(self.loop, seconds, callback)

    def call_from_signal(self, callback: Callable[[], object]) -> None:
        """Run callback on the loop, if it has started; safe in a signal handler and from other threads."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback)

    def background(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine beside the fibers; it is cancelled when the program ends."""
        task = self.loop.create_task(coroutine)
        self._background.add(task)
        self.watch()

        def done(finished: asyncio.Task[Any]) -> None:
            self._background.discard(finished)
            self.unwatch()

        task.add_done_callback(done)
        return task

    def on_close(self, closer: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine function on the loop when the runtime closes (clients, connections)."""
        self._closers.append(closer)

    def close(self) -> None:
        """Stop the loop and the watchdog; fibers that still wait are dropped without cleanup."""
        if self._closed:
            return
        self._closed = True
        self._wake_watchdog.set()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon(self._loop.stop)
            self._hub.switch()

    # --- the watchdog -----------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Somebody needs the flag: a deadline has begun or a second fiber exists. Balanced by unwatch."""
        self._watchers += 1
        self._wake_watchdog.set()
        if self._watchdog is None and not self._closed:
            self._watchdog = threading.Thread(target=self._watch, name="harn-watchdog", daemon=True)
            self._watchdog.start()

    def unwatch(self) -> None:
        self._watchers -= 1

    def _watch(self) -> None:
        pause = threading.Event()
        while not self._closed:
            if self._watchers:
                pause.wait(SLICE_SECONDS)
                self.flag.pending = True
            else:
                self._wake_watchdog.clear()
                if not self._watchers:
                    self._wake_watchdog.wait()
