"""Running work on a runtime, from wherever it is asked for.

Without an event loop the calling thread itself runs the work, and the runtime's own loop once something waits; between
two calls that loop rests, so that the next call may come from another thread. On a running loop the fibers are guests of
it: they run in its thread, between its other tasks, and await on it. Python functions that Harn calls, and callbacks, run
in the thread that has asked in the one case and in that of the loop in the other, never in one of the runtime's own.

At one time, one thread runs a runtime. Work that others ask for meanwhile is done there, too, beside what is going on.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from threading import Condition, Event, get_ident
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from greenlet import getcurrent

from harnpy.vm.errors import Cancelled
from harnpy.vm.python.threads import Bridge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from greenlet import greenlet

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.runtime import Runtime as VmRuntime
    from harnpy.vm.values import Value

T = TypeVar("T")

# What tasks that are left over have for cleaning up when a runtime is closed, and how often that is looked at.
_CLEANING_SECONDS = 2.0
_LOOK_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class _Inside:
    """Which fiber of which engine has called the Python code that runs in a greenlet."""

    engine: Engine
    fiber: Fiber
    greenlet: greenlet


_inside: ContextVar[_Inside | None] = ContextVar("harnpy_inside", default=None)


class _Outcome(Generic[T]):
    """What has become of a piece of work."""

    def __init__(self) -> None:
        self._value: T | None = None
        self._error: BaseException | None = None

    def run(self, work: Callable[[Fiber], T], fiber: Fiber) -> None:
        try:
            self._value = work(fiber)
        except BaseException as error:
            self._error = error

    def get(self) -> T:
        error, self._error = self._error, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # its traceback leads here
        return self._value  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class _Request:
    """Work that one thread asks another one to do."""

    work: Callable[[Fiber], Any]
    outcome: _Outcome[Any]
    done: Event


class Engine:
    """Runs work, functions of a main fiber, on one runtime."""

    def __init__(self, runtime: VmRuntime) -> None:
        self.runtime = runtime
        self._scheduler = runtime.scheduler
        self._scheduler.unfinished = set()
        self._process = os.getpid()
        self._lock = Condition()
        self._owner: int | None = None  # the thread that runs the runtime without being a guest
        self._accepting = False  # whether it still takes requests
        self._requests: deque[_Request] = deque()
        self._guests = 0  # requests that have begun and not ended
        self._owner_fiber: Fiber | None = None
        self._home: int | None = None  # the thread of what is unfinished
        self._closing: asyncio.Task[None] | None = None
        self.is_closed = False
        runtime.put_state(Bridge, _EngineBridge(self))
        runtime.stand_in = self._stand_in
        self.sources: dict[str, bytes] = {}  # texts of programs that come from no file, by what stands for their paths

    # --- from Python code that is not on a loop ---------------------------------------------------------------------

    def run(self, work: Callable[[Fiber], T], instead: str = "the asynchronous form") -> T:
        """work(fiber), done now; its value or error.

        Raises RuntimeError where a running event loop would be blocked: `instead` says what to await there.
        """
        self._check_usable()
        inside = self._inside()
        if inside is not None and inside.engine is self:
            return work(inside.fiber)
        bridge = self.runtime.state(Bridge)
        if inside is None and bridge.inside and bridge.thread == get_ident():
            # Python code that Harn itself has imported and called.
            current = self._scheduler.flag.current
            if current is not None and not self._scheduler.is_in_hub:
                return work(current)
        loop = self._scheduler.guest_of
        if loop is not None and loop.is_closed() and self._scheduler.can_move:
            self._scheduler.rest()
            loop = None
        if inside is None and _is_on_loop():
            raise RuntimeError(f"an event loop is running in this thread, which this call would block: use {instead}")
        if loop is None:
            return self._run_here(work)
        if inside is not None and inside.engine._scheduler.guest_of is loop:
            return inside.fiber.wait(self.run_async(work))
        if loop.is_running():
            return asyncio.run_coroutine_threadsafe(self.run_async(work), loop).result()
        if not self._scheduler.can_move:
            raise RuntimeError("this runtime has unfinished tasks on an event loop that does not run")
        with self._lock:
            self._scheduler.rest()
        return self._run_here(work)

    @staticmethod
    def _inside() -> _Inside | None:
        """The fiber that has called the running code, if it is code of the same greenlet: no other task or thread."""
        inside = _inside.get()
        return inside if inside is not None and inside.greenlet is getcurrent() else None

    def _run_here(self, work: Callable[[Fiber], T]) -> T:
        request = self._claim(work)
        if request is not None:
            request.done.wait()
            result: T = request.outcome.get()
            return result
        try:
            with _no_running_loop():
                fiber = self.runtime.main_fiber()
                try:
                    return work(fiber)
                finally:
                    try:
                        self._serve(fiber)
                    finally:
                        self._home = get_ident() if self._scheduler.unfinished else None
                        self._scheduler.rest()
        finally:
            with self._lock:
                self._owner = self._owner_fiber = None
                self._lock.notify_all()

    def _claim(self, work: Callable[[Fiber], Any]) -> _Request | None:
        """Become the owner; or, while another thread is, hand the work to it."""
        me = get_ident()
        with self._lock:
            while self._owner is not None:
                if self._owner == me:
                    raise RuntimeError("a callback of a runtime cannot call it: only functions that are builtins can")
                if self._accepting:
                    request = _Request(work, _Outcome(), Event())
                    self._requests.append(request)
                    self._scheduler.call_on_loop(self._begin_requests)
                    return request
                self._lock.wait()
            if self._scheduler.unfinished and self._home not in (None, me):
                raise RuntimeError(
                    "tasks of this runtime wait in another thread: await what is spawned, or call from that thread"
                )
            self._owner, self._accepting = me, True
        return None

    def _serve(self, fiber: Fiber) -> None:
        """Let what other threads have asked for come to its end, then take no more."""
        self._owner_fiber = fiber
        fiber.interruption = None
        while True:
            with self._lock:
                if not self._requests and not self._guests:
                    self._accepting = False
                    return
            self._begin_requests()
            if self._guests:
                fiber.park()

    def _begin_requests(self) -> None:
        while True:
            with self._lock:
                if not self._requests:
                    return
                request = self._requests.popleft()
                self._guests += 1
            self._begin(request.work, request.outcome, lambda request=request: self._end_request(request))  # type: ignore[misc]

    def _end_request(self, request: _Request) -> None:
        with self._lock:
            self._guests -= 1
        request.done.set()
        if self._owner_fiber is not None:
            self._owner_fiber.unpark()

    def _begin(self, work: Callable[[Fiber], T], outcome: _Outcome[T], done: Callable[[], object]) -> Fiber:
        """Begin work on a fiber beside those that run."""
        scheduler = self._scheduler
        current = scheduler.flag.current
        fiber = self.runtime.main_fiber()
        if current is not None:
            scheduler.flag.enter(current)
        unfinished = scheduler.unfinished
        assert unfinished is not None
        unfinished.add(fiber)
        scheduler.watch()

        def body() -> None:
            outcome.run(work, fiber)
            unfinished.discard(fiber)
            scheduler.unwatch()
            done()

        scheduler.begin(fiber, body, copy_context())
        return fiber

    # --- on a running loop ------------------------------------------------------------------------------------------

    async def run_async(self, work: Callable[[Fiber], T]) -> T:
        """work(fiber), done by the running event loop; its value or error. Cancelling cancels the fiber."""
        self._check_usable()
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)  # from here on in the greenlet of the loop, whoever has made the first step
        with self._lock:
            owned = self._owner is not None and not self._scheduler.runs_on(loop)
            if self._owner is None:
                self._attach(loop)
        if owned:
            return await asyncio.to_thread(self.run, work)
        outcome: _Outcome[T] = _Outcome()
        ended = loop.create_future()

        def end() -> None:
            if not ended.done():
                ended.set_result(None)

        fiber = self._begin(work, outcome, end)
        try:
            await asyncio.wait([ended])
        except asyncio.CancelledError:
            fiber.cancel(Cancelled())
            await asyncio.wait([ended])
            raise
        return outcome.get()

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._scheduler.guest_of is loop:
            return
        if not self._scheduler.can_move:
            raise RuntimeError("this runtime has connections or tasks on another event loop: make one for each loop")
        self._scheduler.attach(loop)

    # --- Python code that fibers call -------------------------------------------------------------------------------

    def outside(self, fiber: Fiber) -> AbstractContextManager[None]:
        """A context in which fiber runs Python code that may call the runtime again."""
        return _Outside(_Inside(self, fiber, getcurrent()))

    def _stand_in(self, value: Value) -> Any:
        from harnpy.embed.values import standing_for

        return standing_for(self, value)

    # --- the end ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End what still runs, close what is open. On the event loop of the runtime that goes on after this returns."""
        if self.is_closed:
            return
        loop = self._scheduler.guest_of
        if self._process != os.getpid():
            self.is_closed = True  # what there is belongs to the process that this one was forked from
        elif loop is None or not loop.is_running():
            try:
                if self._scheduler.unfinished and loop is None:
                    self._run_here(self._end_tasks)
            finally:
                self.is_closed = True
                self._close_runtime()
        elif asyncio._get_running_loop() is loop:
            self._closing = loop.create_task(self.close_async())
        else:
            asyncio.run_coroutine_threadsafe(self.close_async(), loop).result()

    async def close_async(self) -> None:
        """As close, to its end."""
        if self.is_closed:
            return
        if self._scheduler.guest_of is None:
            self.close()
            return
        try:
            if self._scheduler.unfinished:
                await self.run_async(self._end_tasks)
        finally:
            self.is_closed = True
            await self._scheduler.leave()
            self._close_runtime()

    def _close_runtime(self) -> None:
        with _no_running_loop():
            self.runtime.close()
        self._closing = None

    def _end_tasks(self, fiber: Fiber) -> None:
        """Cancel all other fibers, let them clean up, and drop those that do not come to an end."""
        scheduler = self._scheduler
        assert scheduler.unfinished is not None
        for each in list(scheduler.unfinished):
            if each is not fiber:
                each.cancel(Cancelled())
        end = scheduler.loop.time() + _CLEANING_SECONDS
        while scheduler.unfinished - {fiber} and scheduler.loop.time() < end:
            fiber.wait(asyncio.sleep(_LOOK_SECONDS))
        for each in scheduler.unfinished - {fiber}:
            scheduler.loop.call_soon(each.greenlet.throw)
            scheduler.unfinished.discard(each)
        fiber.wait(asyncio.sleep(0))

    def _check_usable(self) -> None:
        if self.is_closed:
            raise RuntimeError("this runtime is closed")
        if self._process != os.getpid():
            raise RuntimeError("this runtime belongs to the process that this one was forked from: make another one")


class _Outside:
    def __init__(self, inside: _Inside) -> None:
        self._inside = inside
        self._token: Any = None

    def __enter__(self) -> None:
        self._token = _inside.set(self._inside)

    def __exit__(self, *exc_info: object) -> None:
        _inside.reset(self._token)


class _EngineBridge(Bridge):
    """The bridge of a runtime that has no thread of its own."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    def enter(self) -> None:
        self.thread = get_ident()
        super().enter()

    def run(self, fiber: Fiber, work: Callable[[Fiber], Any]) -> Any:
        if self.inside and get_ident() == self.thread:
            return super().run(fiber, work)
        return self._engine.run(work)


@contextmanager
def _no_running_loop() -> Iterator[None]:
    """A context in which a loop can run although one runs around it, which stands still meanwhile."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)


def _is_on_loop() -> bool:
    return asyncio._get_running_loop() is not None
