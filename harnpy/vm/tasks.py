"""Tasks: spawn and its handles, the three forms of parallel (chapter 03)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import Cancelled, ExitProgram, HarnError, Interrupted, type_error
from harnpy.vm.iteration import lift
from harnpy.vm.output import KeptOutput
from harnpy.vm.values import Builtin, Closure, HarnSet, Iter, Range, Value, err, ok, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.vm.fiber import Fiber


class Task:
    """A fiber with a body, its outcome and those who wait for it."""

    __slots__ = ("args", "body", "done", "error", "fiber", "on_done", "started", "value", "waiters")

    def __init__(self, fiber: Fiber, body: Closure | Builtin | None, args: tuple[Value, ...]) -> None:
        self.fiber = fiber
        self.body = body
        self.args = args
        self.started = False
        self.done = False
        self.value: Value = None
        self.error: BaseException | None = None
        self.on_done: Callable[[], object] | None = None
        self.waiters: list[Fiber] | None = None

    def start(self) -> None:
        """Queue the task; it runs once the starting fiber suspends."""
        self.started = True
        self.fiber.task_to_run = self
        scheduler = self.fiber.runtime.scheduler
        scheduler.watch()
        scheduler.make_ready(self.fiber)

    def run(self) -> None:
        """Call the body and note how it ended; the scheduler does this, in the greenlet that is the fiber's from now on."""
        fiber = self.fiber
        try:
            fiber._check()
            self.value = self._outcome()
        except (HarnError, Cancelled) as error:
            self.error = error
            if isinstance(error, HarnError):
                error.trace_is_complete = True  # it is raised again for everybody who awaits
        except ExitProgram as error:
            fiber.runtime.stop_main(error)
            self.error = error
        except Exception as error:
            fiber.runtime.stop_main(error)
            self.error = error
        finally:
            fiber.runtime.scheduler.unwatch()
            self.done = True
        if self.on_done is not None:
            self.on_done()
        waiters, self.waiters = self.waiters, None
        if waiters is not None:
            for waiter in waiters:
                waiter.unpark()

    def _outcome(self) -> Value:
        return self.fiber.call(self.body, *self.args)

    def add_waiter(self, fiber: Fiber) -> None:
        """Wake fiber when the task is done."""
        if self.waiters is None:
            self.waiters = []
        self.waiters.append(fiber)

    def remove_waiter(self, fiber: Fiber) -> None:
        """Take back add_waiter; nothing to do if the task is done."""
        if self.waiters is not None and fiber in self.waiters:
            self.waiters.remove(fiber)

    def join(self, fiber: Fiber) -> None:
        """Suspend fiber until the task is done."""
        while not self.done:
            self.add_waiter(fiber)
            try:
                fiber.park()
            finally:
                self.remove_waiter(fiber)

    @property
    def error_text(self) -> str:
        """The text of a failed task's error, as settled results and cancel_graceful show it."""
        if isinstance(self.error, HarnError):
            return self.error.uncaught_text
        return "Error [cancelled]: task was cancelled"


class PythonTask(Task):
    """A fiber whose body is a Python function of that fiber."""

    __slots__ = ("_work",)

    def __init__(self, fiber: Fiber, work: Callable[[Fiber], Value]) -> None:
        super().__init__(fiber, None, ())
        self._work = work

    def _outcome(self) -> Value:
        return self._work(self.fiber)

    def start_now(self) -> None:
        """Run the task until it waits or ends; for callbacks of the event loop."""
        self.started = True
        self.fiber.task_to_run = self
        scheduler = self.fiber.runtime.scheduler
        scheduler.watch()
        scheduler.run_now(self.fiber)


class TaskHandle:
    """What `spawn` gives. Handles are global: any task may await, every awaiting task gets the same result."""

    type_name = "task_handle"
    __slots__ = ("awaited_by", "cancelled", "kept", "number", "task")

    def __init__(self, number: int, task: Task, kept: KeptOutput) -> None:
        self.number = number
        self.task = task
        self.kept = kept
        self.cancelled = False
        self.awaited_by: set[Fiber] | None = None

    def __str__(self) -> str:
        return f"<task:vm_task_{self.number}>"


def spawn(fiber: Fiber, body: Closure) -> TaskHandle:
    """Start body as a task of its own; ids count up in each task that spawns."""
    kept = KeptOutput()
    task = Task(fiber.child(kept), body, ())
    fiber.handles += 1
    task.start()
    return TaskHandle(fiber.handles, task, kept)


def await_task(fiber: Fiber, handle: TaskHandle) -> Value:
    """Wait for a task, take over its output, give its value or raise its error.

    nil for a cancelled task, and when the same fiber awaits it again.
    """
    if handle.cancelled or (handle.awaited_by is not None and fiber in handle.awaited_by):
        return None
    task = handle.task
    if not task.done:
        task.join(fiber)
    if handle.awaited_by is None:
        handle.awaited_by = {fiber}
    else:
        handle.awaited_by.add(fiber)
    if task.error is not None:
        if isinstance(task.error, Cancelled):
            return None
        raise task.error
    handle.kept.append_to(fiber)
    return task.value


# --- parallel ----------------------------------------------------------------------------------------------------


def parallel(fiber: Fiber, mode: str, operand: Value, body: Closure, limit: Value) -> Value:
    """Run body for every item as tasks of their own, results in order; all tasks run to their end.

    mode is "count", "each" or "settle". The first failure in order is raised after all have finished, except by
    settle, which gives {results, succeeded, failed}. If the waiting fiber is cancelled or its deadline passes, the
    tasks are cancelled; if the program is interrupted, it ends after they have cleaned up.
    """
    items = _items(fiber, mode, operand)
    at_once = _limit(limit, len(items))
    tasks = [Task(fiber.child(KeptOutput()), body, (item,)) for item in items]
    try:
        _run_all(fiber, tasks, at_once)
    except BaseException as reason:
        for task in tasks:
            if not task.done:
                task.fiber.cancel(Cancelled())
        if isinstance(reason, Interrupted):
            _clean_up(fiber, tasks)
        raise
    _append_outputs(fiber, tasks)
    if mode == "settle":
        results = [ok(task.value) if task.error is None else err(task.error_text) for task in tasks]
        failed = sum(task.error is not None for task in tasks)
        return {"results": results, "succeeded": len(tasks) - failed, "failed": failed}
    for task in tasks:
        if task.error is not None:
            raise task.error
    return [task.value for task in tasks]


def _run_all(fiber: Fiber, tasks: list[Task], at_once: int) -> None:
    started = under_way = 0

    def note_done() -> None:
        nonlocal under_way
        under_way -= 1
        if under_way == 0 or started < len(tasks):
            fiber.unpark()

    while started < len(tasks) or under_way:
        while started < len(tasks) and under_way < at_once:
            tasks[started].on_done = note_done
            tasks[started].start()
            started += 1
            under_way += 1
        fiber.park()


def _clean_up(fiber: Fiber, tasks: list[Task]) -> None:
    """Before the program ends, let cancelled tasks run their finally bodies, and show what they have printed."""
    started = [task for task in tasks if task.started]
    for task in started:
        task.join(fiber)
    _append_outputs(fiber, started)


def _append_outputs(fiber: Fiber, tasks: list[Task]) -> None:
    for task in tasks:
        kept = task.fiber.output
        assert isinstance(kept, KeptOutput)
        kept.append_to(fiber)


def _items(fiber: Fiber, mode: str, operand: Value) -> list[Value]:
    kind = type(operand)
    if mode == "count":
        return list(range(operand)) if kind is int and operand > 0 else []
    if kind is list:
        return list(operand)
    if kind is HarnSet or kind is Range:
        return list(operand.py if kind is Range else operand)
    if kind is Iter or type_name(operand) in ("generator", "channel"):
        return list(lift(fiber, operand).pulled_by(fiber))
    raise type_error(f"parallel {mode} expects a list, got {type_name(operand)}")


def _limit(limit: Value, count: int) -> int:
    if limit is None:
        return max(1, count)
    if type(limit) is not int:
        raise type_error(f"parallel max_concurrent must be an int; got {type_name(limit)}")
    return limit if limit > 0 else max(1, count)
