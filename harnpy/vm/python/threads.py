"""Calls of Harn functions by Python code that runs where no fiber is: in another thread, or on the event loop itself.

A runtime has one thread. A call from another one is handed to the event loop there, and the other thread waits. While
the runtime's own thread is inside of a Python function, the loop does not run: a function that waits for such a thread
would wait for ever, so that the call is refused after a while.
"""

from __future__ import annotations

from _thread import get_ident

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import thrown

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.vm.fiber import Fiber

# For how long the runtime's thread may be inside of one Python function while another thread waits for it.
PATIENCE_SECONDS = 5.0
_LOOK_SECONDS = 0.05


class Bridge:
    """Which thread a runtime lives in, and whether that is inside of Python code. One for each runtime."""

    def __init__(self) -> None:
        self.thread = get_ident()
        self.entered = 0  # calls of Python functions so far
        self.inside = 0

    def enter(self) -> None:
        """A Python function is called."""
        self.entered += 1
        self.inside += 1

    def leave(self) -> None:
        """A Python function has returned."""
        self.inside -= 1

    def run(self, fiber: Fiber, work: Callable[[Fiber], Any]) -> Any:
        """work(a fiber), for Python code that runs at this moment, wherever that is. fiber: on whose behalf."""
        if get_ident() != self.thread:
            return self._from_thread(fiber, work)
        scheduler = fiber.runtime.scheduler
        current = scheduler.flag.current
        if scheduler.is_in_hub or current is None:
            return self._from_loop(fiber, work)
        return work(current)

    def _from_loop(self, fiber: Fiber, work: Callable[[Fiber], Any]) -> Any:
        """As run, in a coroutine or a callback of the event loop, which cannot wait."""
        task = _task(fiber, work)
        task.start_now()
        if not task.done:
            from harnpy.vm.errors import Cancelled

            task.fiber.cancel(Cancelled())
            raise thrown(
                "a Harn function that Python's event loop calls cannot wait: give Python py_async(f) in its place"
            )
        if task.error is not None:
            raise task.error
        return task.value

    def start(self, fiber: Fiber, work: Callable[[Fiber], Any], done: Callable[[Any], object]) -> None:
        """Run work(a fiber) as a task of its own; done is called with the task."""
        task = _task(fiber, work)
        task.on_done = lambda: done(task)
        task.start()

    def _from_thread(self, fiber: Fiber, work: Callable[[Fiber], Any]) -> Any:
        from concurrent.futures import Future
        from concurrent.futures import TimeoutError as NotYet
        from time import monotonic

        future: Future[Any] = Future()

        def settle(task: Any) -> None:
            if task.error is not None:
                future.set_exception(task.error)
            else:
                future.set_result(task.value)

        def begin() -> None:
            if future.set_running_or_notify_cancel():
                self.start(fiber, work, settle)

        scheduler = fiber.runtime.scheduler
        scheduler.call_from_signal(begin)
        last, since = -1, monotonic()
        while True:
            try:
                return future.result(_LOOK_SECONDS)
            except NotYet:
                if future.done():
                    raise
            now = monotonic()
            if self.entered != last or not self.inside or future.running():
                last, since = self.entered, now
            if scheduler.is_closed or now - since > PATIENCE_SECONDS:
                if future.cancel():
                    raise thrown(
                        "a Harn function was called from another thread while the program waits inside of Python "
                        "or has ended: call what waits for threads with py_thread"
                    )


def _task(fiber: Fiber, work: Callable[[Fiber], Any]) -> Any:
    from harnpy.vm.output import Output
    from harnpy.vm.tasks import PythonTask

    return PythonTask(fiber.child(Output()), work)
