"""The scheduler: one asyncio event loop, in a greenlet of its own, that resumes fibers and watches the clock.

The loop starts with the first wait, so a program that never waits imports neither asyncio nor greenlet. Fibers that
are ready run first in, first out, each until it waits. A fiber that begins gets a greenlet, called a worker; the worker
goes on to the next new fiber in the queue once one has ended without waiting, and is kept for later ones.

A watchdog thread raises one flag, which running code looks at on loop back-edges and calls. It is how deadlines reach
busy code, and how a busy fiber lets others live: at each tick it gives way to fibers that a timer or I/O has woken
meanwhile and then goes on before all others, so that tasks which only compute do not overlap; only after a long turn
does it go to the end of the queue, so that no fiber starves.
"""

from __future__ import annotations

import time

from harnpy import TYPE_CHECKING
from harnpy.vm.clock import Clock, VirtualClock

if TYPE_CHECKING:
    import asyncio
    import threading
    from collections import deque
    from collections.abc import Callable, Coroutine
    from contextvars import Context
    from typing import Any, Protocol
    from weakref import ref

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.timers import Timer, Timers

    class Unit(Protocol):
        """Translated code and the global variables that it sees."""

        scope: dict[str, Any]

else:
    # `collections` and `weakref` themselves are not needed at every start.
    from _collections import deque
    from _weakref import ref

# How often a busy fiber looks at deadlines and at what timers and I/O have woken.
TICK_SECONDS = 0.005
# How much of the processor a fiber may use before the others that are ready get a turn.
TURN_SECONDS = 0.1
# Workers that are kept without a fiber; a greenlet and its stack cost more to make than a short task to run.
_IDLE_WORKERS = 256
# Copying a stack away and back for so long is dear; the fiber then stays for so many times as long.
_DEAR_SECONDS = 0.001
_STAYS_FOR = 20
# Rounds of the event loop in which what has come meanwhile is noticed: one to poll, one to run its callbacks.
_ROUNDS = 2


class AttentionFlag:
    """pending asks the running fiber, current, to look up: a deadline, a cancellation, or its time slice.

    Translated code finds both among its global variables, under these names. It looks at pending so often that each
    unit has one of its own: a variable of the namespace that they share takes half as long again to find.
    """

    __slots__ = ("_namespace", "_tidy_at", "_units", "current", "pending")

    def __init__(self) -> None:
        self.pending = False
        self.current: Fiber | None = None
        self._namespace: dict[str, Any] = {}
        self._units: list[ref[Unit]] = []
        self._tidy_at = 64

    def attach(self, namespace: dict[str, Any]) -> None:
        """Keep current in namespace up to date."""
        namespace["current"] = self.current
        self._namespace = namespace

    def watch(self, unit: Unit) -> None:
        """Keep pending up to date among the variables of a unit, as long as somebody may run it."""
        unit.scope["pending"] = False
        self._units.append(ref(unit))
        if self.pending:  # asked last: another thread may have risen before the unit was in the list
            unit.scope["pending"] = True
        if len(self._units) >= self._tidy_at:
            self._units = [each for each in self._units if each() is not None]
            self._tidy_at = 2 * len(self._units) + 64

    def rise(self) -> None:
        """Ask for attention; from any thread."""
        self.pending = True
        self._tell(True)

    def fall(self) -> None:
        """The running fiber attends."""
        self.pending = False
        self._tell(False)

    def _tell(self, pending: bool) -> None:
        for each in self._units:
            unit = each()
            if unit is not None:
                unit.scope["pending"] = pending

    def enter(self, fiber: Fiber) -> None:
        """fiber runs from now on."""
        self.current = fiber
        self._namespace["current"] = fiber


class Scheduler:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.flag = AttentionFlag()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hub: Any = None
        self._timers: Timers | None = None
        self._idle_workers: list[Any] = []
        self._queue: deque[Fiber] = deque()
        self._left = 0  # of the queue, in this round
        self._draining = False
        self._woken: deque[Fiber] = deque()  # by timers and I/O, while _giving_way waits for them
        self._giving_way: Fiber | None = None
        self._used = 0.0  # of the turn of the fiber that gives way
        self._running = False
        self._turn_started = 0.0
        self._watchers = 0
        self._wake_watchdog: threading.Event | None = None
        self._closed = False
        self._background: set[asyncio.Task[Any]] = set()
        self._closers: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._awaiting_loop: list[Callable[[], object]] = []
        self._is_guest = False  # on a loop that somebody else runs
        self.unfinished: set[Fiber] | None = None  # tasks that have begun and not ended, for who has asked for that
        if isinstance(clock, VirtualClock):
            clock.is_idle = lambda: not self._queue and self._giving_way is None

    # --- the loop ---------------------------------------------------------------------------------------------------

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop, started when it is first asked for."""
        if self._hub is None:
            self.start()
        assert self._loop is not None
        return self._loop

    def start(self) -> None:
        """Make the event loop, if there is none that rests, and its greenlet; only once before it rests."""
        import asyncio

        import greenlet

        self._hub = greenlet.greenlet(self._run_hub)
        self._current_greenlet = greenlet.getcurrent
        self._turn_started = time.thread_time()
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        if self._awaiting_loop:
            self._loop.call_soon(self._call_awaiting)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Be a guest on a loop that runs already; called on it. Fibers run whenever it lets them.

        Only a scheduler that has no loop, or one whose loop rests and has nothing to do any more, can do so.
        """
        import greenlet

        assert self.can_move
        self.rest()
        if self._loop is not None:
            self._loop.close()
        self._hub = greenlet.getcurrent()
        self._current_greenlet = greenlet.getcurrent
        self._turn_started = time.thread_time()
        self._loop = loop
        self._is_guest = True
        self._timers = None
        self._draining = False

    def rest(self) -> None:
        """Leave the loop until it is needed again, possibly in another thread; called by who has called the runtime."""
        hub = self._hub
        if self._is_guest:
            self._loop, self._timers, self._is_guest = None, None, False
        elif hub is not None and not hub.dead:
            assert self._loop is not None
            hub.parent = self._current_greenlet()
            self._loop.call_soon(self._loop.stop)
            hub.switch()
        self._hub = None

    @property
    def can_move(self) -> bool:
        """Whether nothing is bound to the loop, or the thread, that the fibers have run on so far."""
        return not (self.unfinished or self._background or self._closers or self._queue)

    @property
    def guest_of(self) -> asyncio.AbstractEventLoop | None:
        """The loop that was attached; None for one of its own, and for none."""
        return self._loop if self._is_guest else None

    def runs_on(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether loop is the one that the fibers run on at present."""
        return self._hub is not None and self._loop is loop

    def begin(self, fiber: Fiber, body: Callable[[], None], context: Context) -> None:
        """Queue body as what fiber does, on the stack of a greenlet of its own and in that context."""
        import greenlet

        made = fiber.greenlet = greenlet.greenlet(body, self.hub)
        made.gr_context = context
        self.make_ready(fiber)

    @property
    def hub(self) -> Any:
        """The greenlet of the event loop; switching to it suspends the running fiber."""
        if self._hub is None:
            assert self.loop is not None
        return self._hub

    def _run_hub(self) -> None:
        loop = self.loop
        loop.run_forever()
        if not self._closed:
            self._end_workers()
            return  # it rests
        loop.run_until_complete(self._end_background())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        self._end_workers()

    async def _end_background(self) -> None:
        """End what runs beside the fibers and close what hangs on the loop."""
        import asyncio

        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        for closer in self._closers:
            await closer()

    def _end_workers(self) -> None:
        # A suspended greenlet keeps all that its frames hold, out of reach of the garbage collector.
        while self._idle_workers:
            self._idle_workers.pop().switch(None)

    def suspend(self, fiber: Fiber) -> None:
        """Let others run until somebody makes this fiber, which calls, ready again."""
        hub = self.hub
        fiber.greenlet = self._current_greenlet()
        hub.switch()

    def make_ready(self, fiber: Fiber) -> None:
        """Queue a fiber to be resumed."""
        if self._giving_way is not None and not self._running:
            self._woken.append(fiber)
        else:
            self._queue.append(fiber)
            if not self._draining:
                self._schedule_drain()

    def _schedule_drain(self) -> None:
        if self._queue and not self._draining:
            self._draining = True
            self.loop.call_soon(self._drain)

    def _drain(self) -> None:
        """Resume the fibers that are ready now; those that become ready meanwhile wait for the next round."""
        self._draining = False
        queue = self._queue
        if self._closed:
            queue.clear()
        if self._giving_way is not None:
            return  # they have their turn when that fiber waits
        self._left = len(queue)
        while self._left:
            self._left -= 1
            self._resume(queue.popleft())
            if self._giving_way is not None:
                self._left = 0
                return
        self._schedule_drain()

    def _resume(self, fiber: Fiber, used: float = 0.0) -> None:
        self._running = True
        self._turn_started = time.thread_time() - used
        self.flag.enter(fiber)
        try:
            if fiber.task_to_run is None:
                fiber.greenlet.switch()
            elif self._idle_workers:
                self._idle_workers.pop().switch(fiber)
            else:
                import greenlet

                greenlet.greenlet(self._work, parent=self._hub).switch(fiber)
        finally:
            self._running = False

    def _work(self, fiber: Fiber | None) -> None:
        """Run new fibers, the given one first; the body of a worker."""
        worker = self._current_greenlet()
        while fiber is not None:
            while fiber is not None:
                task, fiber.task_to_run = fiber.task_to_run, None
                assert task is not None
                fiber.greenlet = worker
                if self.unfinished is not None:
                    self.unfinished.add(fiber)
                fiber = None  # so that a worker keeps nothing of a fiber that has ended
                task.run()
                if self.unfinished is not None:
                    self.unfinished.discard(task.fiber)
                del task
                fiber = self._next_new()
            if len(self._idle_workers) < _IDLE_WORKERS:
                self._idle_workers.append(worker)
                fiber = self._hub.switch()
        if self._hub is not None:
            worker.parent = self._hub  # not the hub of a time before a rest

    def _next_new(self) -> Fiber | None:
        """The next fiber of this round, if it is a new one: its turn begins."""
        if not self._left or self._giving_way is not None or self._closed or self._queue[0].task_to_run is None:
            return None
        self._left -= 1
        self._turn_started = time.thread_time()
        fiber = self._queue.popleft()
        self.flag.enter(fiber)
        return fiber

    @property
    def is_in_hub(self) -> bool:
        """Whether the event loop itself is what runs, and no fiber."""
        return self._hub is not None and self._current_greenlet() is self._hub

    @property
    def is_closed(self) -> bool:
        return self._closed

    def run_now(self, fiber: Fiber) -> None:
        """Run a new fiber until it waits or ends; for callbacks of the event loop."""
        self._resume(fiber)

    @property
    def has_loop(self) -> bool:
        """Whether anything has waited yet; until then there is nobody to give way to."""
        return self._hub is not None

    def give_way(self, fiber: Fiber) -> None:
        """Let a busy fiber, which calls this, make room for others; comes back when it is its turn again.

        A stack that goes through C, such as that of callbacks in callbacks, is copied out of the way and back: where that
        takes long, the fiber stays for many times as long before it makes room again.
        """
        now = time.thread_time()
        if now < fiber.stays_until:
            return
        used = now - self._turn_started
        if self._giving_way is not None or used > TURN_SECONDS:
            self._queue.append(fiber)
            self._schedule_drain()
            used = 0.0  # in its next turn
        else:
            self._giving_way, self._used = fiber, used
            self.loop.call_soon(self._let_in, _ROUNDS)
        self.suspend(fiber)
        back = time.thread_time()
        cost = 2 * (back - self._turn_started - used)
        fiber.stays_until = back + _STAYS_FOR * cost if cost > _DEAR_SECONDS else 0.0

    def _let_in(self, rounds: int) -> None:
        """Resume what timers and I/O have woken meanwhile, then the fiber that gave way, before all others."""
        if rounds:
            self.loop.call_soon(self._let_in, rounds - 1)
            return
        for _ in range(len(self._woken)):
            self._resume(self._woken.popleft())
        fiber, self._giving_way = self._giving_way, None
        self._queue.extendleft(reversed(self._woken))
        self._woken.clear()
        self._schedule_drain()
        if fiber is not None and not self._closed:
            self._resume(fiber, self._used)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call back on the loop after that many seconds."""
        if self._timers is None:
            self._timers = self.clock.timers(self.loop)
        return self._timers.call_later(seconds, callback)

    def call_from_signal(self, callback: Callable[[], object]) -> None:
        """Run callback on the loop, if it has started; safe in a signal handler and from other threads."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback)

    def call_on_loop(self, callback: Callable[[], object]) -> None:
        """Run callback on the loop as soon as there is one that runs; safe from other threads."""
        # First this and then the look: whoever makes the loop meanwhile looks the other way round.
        self._awaiting_loop.append(callback)
        self.call_from_signal(self._call_awaiting)

    def _call_awaiting(self) -> None:
        while self._awaiting_loop:
            self._awaiting_loop.pop(0)()

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
        if self._wake_watchdog is not None:
            self._wake_watchdog.set()
        if self._is_guest:
            self._hub = None
        elif self._loop is not None and not self._loop.is_closed():
            if self._hub is None:
                self.start()
            self._loop.call_soon(self._loop.stop)
            self._hub.switch()

    async def leave(self) -> None:
        """As close, for a guest: end what runs beside the fibers and close what hangs on the loop, which goes on."""
        await self._end_background()
        self._end_workers()
        self._queue.clear()
        self.close()

    # --- the watchdog -----------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Somebody needs the flag: a deadline has begun or a second fiber exists. Balanced by unwatch."""
        self._watchers += 1
        if self._watchers > 1:
            return
        if self._wake_watchdog is not None:
            self._wake_watchdog.set()
        elif not self._closed:
            # Most programs need no watchdog, and need not load threading.
            from threading import Event, Thread

            self._wake_watchdog = Event()
            Thread(target=self._watch, args=(self._wake_watchdog, Event()), name="harn-watchdog", daemon=True).start()

    def unwatch(self) -> None:
        self._watchers -= 1

    def _watch(self, wake: threading.Event, pause: threading.Event) -> None:
        while not self._closed:
            if self._watchers:
                pause.wait(TICK_SECONDS)
                self.flag.rise()
            else:
                wake.clear()
                if not self._watchers:
                    wake.wait()
