"""Fibers: the tasks of a program. A fiber is a greenlet that the event loop resumes; Harn code, builtins and the
interpreter run inside it as plain Python and suspend in one place, `park`.

Contract of every suspending method: deadlines of the fiber are honoured while it waits, a cancellation is raised
where it waits, and both are errors raised at the call, so that finally bodies and deferred blocks run.
"""

from __future__ import annotations

import os
import sys

from harnpy import TYPE_CHECKING
from harnpy.vm.calls import MAX_DEPTH, adapted, call_python, construct, find_method, make_frame, stack_overflow
from harnpy.vm.clock import seconds
from harnpy.vm.directories import absolute
from harnpy.vm.effects import Site
from harnpy.vm.errors import HarnError, thrown, type_error
from harnpy.vm.frames import Frame
from harnpy.vm.generators import resume
from harnpy.vm.interpreter import run
from harnpy.vm.output import Output
from harnpy.vm.registry import call_builtin, call_declared
from harnpy.vm.span_log import close_span, open_span, traced_span
from harnpy.vm.stack_walk import directories, note_translated, running
from harnpy.vm.values import Builtin, Closure, Duration, Generator, PyObject, Value, type_name

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Sequence
    from functools import partial
    from typing import Any, TypeVar

    from harnpy.vm.runtime import Runtime
    from harnpy.vm.tasks import Task, TaskHandle
    from harnpy.vm.timers import Timer

    T = TypeVar("T")
else:
    from _functools import partial  # nothing else of `functools` is needed, and it loads much


DEFAULT_DEADLINE_MS = 30_000
# What a cancelled coroutine has for cleaning up before its fiber goes on, whatever the program's clock says.
_CLEANING_SECONDS = 0.5
# Where a deadline that has fired stood.
_FIRED = float("inf")


class TaskState:
    """What a task knows for itself and its children inherit: one instance of each class that was asked for.

    A class with a method `inherit()` gives the child what that returns; any other class starts afresh.
    """

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[type, Any] = {}

    def get(self, kind: type[T]) -> T:
        """The task's instance of kind, made by `kind()` when it is first asked for."""
        value: T | None = self._values.get(kind)
        if value is None:
            value = self._values[kind] = kind()
        return value

    def put(self, value: object) -> None:
        """Let value be the task's instance of its class."""
        self._values[type(value)] = value

    def child(self) -> TaskState | None:
        """What a child begins with; None when that is nothing."""
        state = None
        for kind, value in self._values.items():
            inherit = getattr(value, "inherit", None)
            if inherit is not None:
                if state is None:
                    state = TaskState()
                state._values[kind] = inherit()
        return state


class Fiber:
    """One task. path tells it from all others in every run: the branch indexes from the main fiber down.

    A program may have a hundred thousand of them asleep, so what few need is made when it is first used.
    """

    __slots__ = (
        "_children",
        "_deadlines",
        "_interrupted",
        "_nesting",
        "_parked",
        "_site_counts",
        "_task",
        "_wake_error",
        "_wake_value",
        "builtin",
        "cancel_requested",
        "frame",
        "greenlet",
        "handles",
        "interruption",
        "output",
        "parent",
        "path",
        "runtime",
        "signal",
        "stays_until",
        "tail",
        "task_to_run",
    )

    def __init__(
        self, runtime: Runtime, path: tuple[int, ...], output: Output, task: TaskState | None, parent: Fiber | None
    ) -> None:
        self.runtime = runtime
        self.stays_until = 0.0  # by the clock of the scheduler's give_way
        self.path = path
        self.output = output
        self._task = task
        self.parent = parent
        self.signal = runtime.scheduler.flag
        self.frame: Frame | None = None
        self.builtin = ""
        self.greenlet: Any = None
        self.task_to_run: Task | None = None  # from when it is queued until it starts
        self.tail: Any = None  # the call that translated code leaves to its caller
        self.handles = 0
        self.cancel_requested = False
        self._children = 0
        self._nesting = 0
        self._site_counts: dict[Site, int] | None = None
        self._deadlines: list[float] | None = None
        self._parked = False
        self._wake_value: Any = None
        self._wake_error: BaseException | None = None
        self.interruption: BaseException | None = None
        self._interrupted = False

    @property
    def task(self) -> TaskState:
        """What this task knows for itself and its children inherit."""
        if self._task is None:
            self._task = TaskState()
        return self._task

    # --- calling ----------------------------------------------------------------------------------------------------

    def call(self, callee: Value, *args: Value) -> Value:
        """Call a closure or builtin from Python; its value. Errors are those of the callee."""
        kind = type(callee)
        if kind is Closure:
            if callee.function is None:
                return construct(callee, list(args))
            if callee.function.arity == len(args):
                return self._run_translated(callee, args)
            saved = self.frame
            if self.signal.pending:
                self.attend(saved)
            self.runtime.warm(callee.function, args, callee)
            try:
                if callee.function.body is not None:
                    return self._run_translated(callee, adapted(callee.function, list(args)))
                return run(make_frame(self, saved, callee, list(args)))
            finally:
                self.frame = saved
        if kind is Builtin:
            return call_builtin(self, callee, list(args))
        if kind is PyObject:
            return call_python(self, callee, args)
        raise type_error(f"expected callable, got {type_name(callee)}")

    def callback(self, callee: Value, *sample: Value) -> Callable[..., Value]:
        """A Python callable that calls callee, for calling it many times with as many arguments as sample has.

        sample are the arguments of the first call, which the compiled tier may specialize for. Errors are those of
        the callee; how deep callbacks nest is bounded by Python's own limit.
        """
        kind = type(callee)
        if kind is Closure and callee.function is not None:
            if callee.function.arity == len(sample):
                return partial(callee.function.body, self, callee)
            if self.runtime.tier is not None:
                return self._warming(callee, len(sample))
        elif kind is Builtin and self._is_plain(callee, len(sample)):
            return partial(callee.fn, self) if callee.wants_fiber else callee.fn
        return partial(self.call, callee)

    def _warming(self, callee: Closure, count: int) -> Callable[..., Value]:
        """As callback, of a closure that may be translated in the middle of the calls."""
        function, call = callee.function, self.call
        assert function is not None

        def warming(*args: Value) -> Value:
            if function.arity == count and function.body is not None:
                return function.body(self, callee, *args)
            return call(callee, *args)

        return warming

    def _is_plain(self, callee: Builtin, count: int) -> bool:
        """Whether a call of callee with that many arguments is one of its Python function and nothing else."""
        return (
            callee.min_args <= count
            and (callee.max_args is None or count <= callee.max_args)
            and not callee.effects
            and not callee.is_async
            and callee.name not in self.runtime.denied
        )

    def _run_translated(self, callee: Closure, args: Sequence[Value]) -> Value:
        """Run the translation of callee with arguments as its parameters take them."""
        function = callee.function
        assert function is not None and function.body is not None
        self._nesting += 1
        try:
            if self._nesting > MAX_DEPTH:
                raise stack_overflow()
            return function.body(self, callee, *args)
        except (HarnError, RecursionError) as error:
            failure = error if isinstance(error, HarnError) else stack_overflow()
            note_translated(self, failure, error.__traceback__)
            failure.__traceback__ = None
            raise failure from None
        finally:
            self._nesting -= 1

    def run_method(self, receiver: Value, name: str, args: list[Value]) -> Value:
        """`receiver.name(args)` from Python; nil for an unknown method."""
        found, leading = find_method(self, receiver, name)
        if found is None:
            return None
        if leading and isinstance(found, Builtin):
            return call_declared(self, found, [*leading, *args])
        return self.call(found, *leading, *args)

    def resume(self, generator: Generator) -> Value:
        """The next value of a generator, or END."""
        return resume(self, generator)

    # --- the world --------------------------------------------------------------------------------------------------

    def effect(self, operation: Callable[..., Any], *args: Any) -> Any:
        """Do an operation through the effect seam; a coroutine is awaited. See effects.py."""
        return self.runtime.seam.perform(self, operation, args)

    def effect_for(self, purpose: str, operation: Callable[..., Any], *args: Any) -> Any:
        """As effect, for a purpose of effects.py: nothing that the program asked for may be called the runtime's own."""
        return self.runtime.seam.perform(self, operation, args, purpose)

    def site(self) -> Site:
        """Where the running call stands."""
        if self.runtime.tier is not None:
            innermost = next(running(self, sys._getframe(1)), None)
            entry = innermost[1] if innermost is not None else None
        else:
            entry = self.frame.where() if self.frame is not None else None
        if entry is None:
            return Site(self.runtime.entry_path, 0, 0)
        return Site(entry.path, entry.line, entry.column)

    def count_site(self, site: Site) -> int:
        """How often this fiber has executed an effect there before."""
        if self._site_counts is None:
            self._site_counts = {}
        count = self._site_counts.get(site, 0)
        self._site_counts[site] = count + 1
        return count

    def write(self, text: str) -> None:
        """Append to the program's output: live for the main fiber, kept until the join for the others."""
        self.output.write(self, text)

    def source_dir(self) -> str:
        """The directory of the module whose code is executing; closures use the one that is current."""
        if self.runtime.tier is not None:
            found = next(directories(self, sys._getframe(1)), None)
            if found is not None:
                return found
        frame = None if self.runtime.tier is not None else self.frame
        while frame is not None:
            directory = frame.source_directory()
            if directory is not None:
                return directory
            frame = frame.caller
        if self.parent is not None:
            return self.parent.source_dir()
        return os.path.dirname(absolute(self.runtime.entry_path))

    # --- suspending -------------------------------------------------------------------------------------------------

    def park(self) -> Any:
        """Suspend until unpark; its value. Raises what unpark was given, a cancellation, or the deadline's error."""
        scheduler = self.runtime.scheduler
        if not scheduler.has_loop:
            scheduler.start()  # takes a while, in which a signal may come: before the check
        self._check()
        timer = self._deadline_timer() if self._deadlines else None
        self._parked = True
        try:
            scheduler.suspend(self)
        finally:
            self._parked = False
            if timer is not None:
                timer.cancel()
        error, self._wake_error = self._wake_error, None
        value, self._wake_value = self._wake_value, None
        if error is not None:
            raise error
        self._check()
        return value

    def unpark(self, value: Any = None, error: BaseException | None = None) -> bool:
        """Make a parked fiber ready; False when it was not parked (somebody else was first)."""
        if not self._parked:
            return False
        self._parked = False
        self._wake_value = value
        self._wake_error = error
        self.runtime.scheduler.make_ready(self)
        return True

    def wait(self, awaitable: Coroutine[Any, Any, T]) -> T:
        """Suspend until the awaitable is done; its result or its exception."""
        task = self.runtime.scheduler.loop.create_task(awaitable)
        task.add_done_callback(lambda _: self.unpark())
        try:
            while not task.done():
                self.park()
        except BaseException:
            task.cancel()
            self._let_clean_up(task)
            raise
        return task.result()

    def _let_clean_up(self, task: asyncio.Task[Any]) -> None:
        """Let a cancelled coroutine end before finally bodies run, unless it takes its time.

        What a program does there, such as deleting a file, may rely on a child process being dead.
        """
        scheduler = self.runtime.scheduler
        is_waiting = True

        def go_on(_: object = None) -> None:
            nonlocal is_waiting
            if is_waiting:
                is_waiting = False
                scheduler.make_ready(self)

        task.add_done_callback(go_on)
        timer = scheduler.loop.call_later(_CLEANING_SECONDS, go_on)
        scheduler.suspend(self)
        timer.cancel()

    def sleep(self, seconds: float) -> None:
        """Suspend for that long."""
        timer = self.runtime.scheduler.call_later(seconds, self.unpark)
        try:
            while not timer.over:
                self.park()
        finally:
            timer.cancel()

    # --- deadlines, cancellation, fairness ---------------------------------------------------------------------------

    def enter_deadline(self, value: Value) -> None:
        """Start a deadline: a duration or int milliseconds; anything else is 30 s."""
        ms = value.ms if type(value) is Duration else value if type(value) is int else DEFAULT_DEADLINE_MS
        if self._deadlines is None:
            self._deadlines = []
        self._deadlines.append(self.runtime.scheduler.clock.monotonic() + seconds(ms))
        self.runtime.scheduler.watch()

    def exit_deadline(self) -> None:
        """End the innermost deadline."""
        assert self._deadlines is not None
        self._deadlines.pop()
        self.runtime.scheduler.unwatch()

    @property
    def has_passed_deadline(self) -> bool:
        """Whether a deadline has fired that the fiber has not left yet."""
        return self._deadlines is not None and _FIRED in self._deadlines

    # --- scopes that a paused generator keeps ------------------------------------------------------------------------

    def scopes(self) -> tuple[int, int]:
        """How many deadlines are entered, and how often the lock."""
        return len(self._deadlines or ()), self.runtime.mutex.depth_of(self)

    def put_aside(self, outside: tuple[int, int]) -> tuple[list[float], int]:
        """Leave what has been entered since scopes() gave outside, keeping it for take_up."""
        deadlines, depth = outside
        entered_deadlines = self._deadlines if self._deadlines is not None else []
        kept = entered_deadlines[deadlines:]
        del entered_deadlines[deadlines:]
        for _ in kept:
            self.runtime.scheduler.unwatch()
        entered = self.runtime.mutex.depth_of(self) - depth
        for _ in range(entered):
            self.runtime.mutex.release(self)
        return kept, entered

    def take_up(self, scopes: tuple[list[float], int]) -> None:
        """Enter again what was put aside, waiting for the lock if need be; all of it or, on an error, nothing."""
        deadlines, entered = scopes
        for _ in range(entered):
            self.runtime.mutex.acquire(self)
        for deadline in deadlines:
            if self._deadlines is None:
                self._deadlines = []
            self._deadlines.append(deadline)
            self.runtime.scheduler.watch()

    # --- cancellation and fairness ------------------------------------------------------------------------------------

    def cancel(self, reason: BaseException) -> None:
        """Raise reason in the fiber, once: where it waits, at its next back-edge or call, or before it starts.

        A second cancellation changes nothing, so finally bodies and deferred blocks run undisturbed.
        """
        if self.interruption is None:
            self.interruption = reason
            self.signal.rise()
            self.unpark()

    def allow_interruption(self) -> None:
        """Let the next interruption be raised although there was one before."""
        self._interrupted = False

    def attend(self, frame: Frame | None) -> None:
        """Answer the flag: raise a cancellation or a passed deadline, then let other fibers run."""
        self.signal.fall()
        self.frame = frame
        self._check()
        scheduler = self.runtime.scheduler
        if scheduler.has_loop:
            scheduler.give_way(self)
            self._check()

    def _check(self) -> None:
        if self.interruption is not None and not self._interrupted:
            self._interrupted = True
            raise self.interruption
        if self._deadlines and self.runtime.scheduler.clock.monotonic() > min(self._deadlines):
            raise self._deadline_error()

    def _deadline_timer(self) -> Timer | None:
        """Wakes this fiber when the earliest of its deadlines passes; None if all have fired."""
        first = min(self._deadlines, default=_FIRED) if self._deadlines is not None else _FIRED
        if first == _FIRED:
            return None
        scheduler = self.runtime.scheduler
        return scheduler.call_later(max(0.0, first - scheduler.clock.monotonic()), self._expire)

    def _expire(self) -> None:
        if self._parked:
            self.unpark(error=self._deadline_error())

    def _deadline_error(self) -> HarnError:
        """The error of the earliest deadline, which has passed; what catches it or cleans up runs without it."""
        assert self._deadlines is not None
        self._deadlines[self._deadlines.index(min(self._deadlines))] = _FIRED
        return thrown("Deadline exceeded")

    # --- tasks ------------------------------------------------------------------------------------------------------

    def child(self, output: Output) -> Fiber:
        """A new fiber below this one; it has not started."""
        state = self._task.child() if self._task is not None else None
        fiber = Fiber(self.runtime, (*self.path, self._children), output, state, self)
        self._children += 1
        return fiber

    def spawn(self, body: Closure) -> TaskHandle:
        """Start a task; it runs once this fiber suspends."""
        from harnpy.vm.tasks import spawn

        span = open_span(self, "spawn", "spawn")
        try:
            return spawn(self, body)
        finally:
            close_span(self, span)

    def parallel(self, mode: str, operand: Value, body: Closure, limit: Value) -> Value:
        """Run body for each item; see tasks.py."""
        from harnpy.vm.tasks import parallel

        if mode != "count":
            return parallel(self, mode, operand, body, limit)
        with traced_span(self, "parallel", "parallel"):
            return parallel(self, mode, operand, body, limit)
