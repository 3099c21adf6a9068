"""Builtins of tasks: await and its kin, channels, select, atomics, sleep (chapter 03)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.arguments import milliseconds_or
from harnpy.vm import channels as queues
from harnpy.vm.channels import Channel
from harnpy.vm.clock import seconds
from harnpy.vm.display import display
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.errors import Cancelled, thrown
from harnpy.vm.registry import builtin
from harnpy.vm.tasks import TaskHandle, await_task
from harnpy.vm.values import END, MISSING, Atomic, Value, err, ok

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_DEFAULT_CAPACITY = 256
_DEFAULT_GRACE_MS = 5000


@builtin("await(handle?: any) -> any", effects={"output", "schedule"})
def await_(fiber: Fiber, handle: Value = None) -> Value:
    """Wait for a task and give its value, or raise its error. Anything but a task handle is given back."""
    return await_task(fiber, handle) if type(handle) is TaskHandle else handle


@builtin("cancel(handle?: any) -> nil", effects={"schedule"})
def cancel(fiber: Fiber, handle: Value = None) -> None:
    """Stop a task where it waits, or before it starts; its output is dropped. nil for anything else."""
    if type(handle) is TaskHandle and not handle.task.done:
        handle.cancelled = True
        handle.task.fiber.cancel(Cancelled())


@builtin("cancel_graceful(handle?: any, timeout: any = 5000) -> any", effects={"output", "schedule", "time"})
def cancel_graceful(fiber: Fiber, handle: Value = None, timeout: Value = _DEFAULT_GRACE_MS) -> Value:
    """Ask a task to end (`is_cancelled()` becomes true in it) and wait up to timeout milliseconds.

    Result.Ok(value) when it ended in time, Result.Err(text) when it failed or had to be stopped, nil for no handle.
    """
    if type(handle) is not TaskHandle:
        return None
    if handle.cancelled:
        return ok(None)
    ms = milliseconds_or(timeout, _DEFAULT_GRACE_MS)
    task = handle.task
    task.fiber.cancel_requested = True
    scheduler = fiber.runtime.scheduler
    limit = scheduler.clock.monotonic() + seconds(ms)
    timer = None
    while not task.done and scheduler.clock.monotonic() < limit:
        task.add_waiter(fiber)
        timer = scheduler.call_later(max(0.0, limit - scheduler.clock.monotonic()), fiber.unpark)
        try:
            fiber.park()
        finally:
            timer.cancel()
            task.remove_waiter(fiber)
    handle.cancelled = True
    if not task.done:
        task.fiber.cancel(Cancelled())
        return err("cancel_graceful: timeout, task forcefully aborted")
    if task.error is not None:
        return err(task.error_text)
    handle.kept.append_to(fiber)
    return ok(task.value)


@builtin("is_cancelled() -> bool", effects={"schedule"}, checked_as="any")
def is_cancelled(fiber: Fiber) -> bool:
    """Whether `cancel_graceful` was called on this task or on one above it."""
    current: Fiber | None = fiber
    while current is not None:
        if current.cancel_requested:
            return True
        current = current.parent
    return False


@builtin("sleep(duration?: any) -> nil", effects={"time"})
def sleep(fiber: Fiber, duration: Value = None) -> None:
    """Wait for a duration or int milliseconds while other tasks run; anything else returns at once."""
    ms = milliseconds_or(duration, 0)
    if ms > 0:
        fiber.effect(pause, fiber, ms)


@operation("time", Repeat.IDEMPOTENT)
def pause(fiber: Fiber, ms: int) -> None:
    """Suspend the fiber for that many milliseconds."""
    fiber.sleep(seconds(ms))


# --- channels ----------------------------------------------------------------------------------------------------


@builtin('channel(name: any = "default", capacity: any = 256) -> any')
def channel(name: Value = "default", capacity: Value = _DEFAULT_CAPACITY) -> Channel:
    """A new channel for at most capacity values; the name is a label."""
    return Channel(display(name), capacity if type(capacity) is int else _DEFAULT_CAPACITY)


def _channel(value: Value, name: str) -> Channel:
    if value is MISSING:
        raise thrown(f"{name}: requires a channel")
    if type(value) is not Channel:
        raise thrown(f"{name}: first argument must be a channel")
    return value


@builtin("send(channel: any, value: any) -> bool", effects={"schedule"}, checked_as="any")
def send(fiber: Fiber, channel: Value = MISSING, value: Value = MISSING) -> bool:
    """Put a value into a channel, waiting for room; false when the channel is closed."""
    if value is MISSING:
        raise thrown("send: requires channel and value")
    return _channel(channel, "send").send(fiber, value)


@builtin("receive(channel: any) -> any", effects={"schedule"})
def receive(fiber: Fiber, channel: Value = MISSING) -> Value:
    """The next value of a channel, waiting for one; nil when it is closed and drained."""
    value = _channel(channel, "receive").receive_value(fiber)
    return None if value is END else value


@builtin("try_receive(channel: any) -> any", effects={"schedule"})
def try_receive(fiber: Fiber, channel: Value = MISSING) -> Value:
    """The next value of a channel if one is there, else nil; never waits."""
    queue = _channel(channel, "try_receive")
    return queue.take() if queue.buffer else None


@builtin("close_channel(channel: any) -> nil", effects={"schedule"})
def close_channel(channel: Value = MISSING) -> None:
    """Close a channel: values in it remain, further ones are refused, everybody who waits is woken."""
    _channel(channel, "close_channel").close()


# --- select ------------------------------------------------------------------------------------------------------


def _choose(fiber: Fiber, values: list[Value], timeout_ms: int | None) -> Value:
    found = [value if type(value) is Channel else None for value in values]
    index, value = queues.select(fiber, found, timeout_ms)
    chosen = found[index] if index >= 0 else None
    return {"index": index, "value": value, "channel": chosen.name if chosen is not None else None}


@builtin("select(...channels: any) -> dict", effects={"schedule"}, checked_as="any")
def select(fiber: Fiber, *channels: Value) -> Value:
    """Wait for the first value of several channels: `{index, value, channel}`; index -1 when all are exhausted."""
    if not channels:
        raise thrown("select: requires at least one channel")
    if any(type(value) is not Channel for value in channels):
        raise thrown("select: all arguments must be channels")
    return _choose(fiber, list(channels), None)


def _listed(values: Value, name: str) -> list[Value]:
    if values is MISSING:
        raise thrown(f"{name}: requires channel list")
    if type(values) is not list:
        raise thrown(f"{name}: first argument must be a list of channels")
    return values


@builtin("__select_list(channels: list) -> dict", effects={"schedule"})
def select_list(fiber: Fiber, channels: Value = MISSING) -> Value:
    """The wait of `select` without timeout or default."""
    return _choose(fiber, _listed(channels, "__select_list"), None)


@builtin("__select_try(channels: list) -> dict", effects={"schedule"})
def select_try(fiber: Fiber, channels: Value = MISSING) -> Value:
    """The look of `select` with a default."""
    return _choose(fiber, _listed(channels, "__select_try"), 0)


@builtin("__select_timeout(channels: list, timeout: any) -> dict", effects={"schedule", "time"})
def select_timeout(fiber: Fiber, channels: Value = MISSING, timeout: Value = MISSING) -> Value:
    """The wait of `select` with a timeout; a value that is no time means 5000 ms."""
    if timeout is MISSING:
        raise thrown("__select_timeout: requires channel list and timeout")
    ms = milliseconds_or(timeout, _DEFAULT_GRACE_MS)
    return _choose(fiber, _listed(channels, "__select_timeout"), max(0, ms))


# --- atomics -----------------------------------------------------------------------------------------------------


@builtin("atomic(initial: any = 0) -> any")
def atomic(initial: Value = 0) -> Atomic:
    """A shared integer cell; a float is truncated, a bool counts as 1 or 0, anything else as 0."""
    kind = type(initial)
    if kind is bool or kind is int:
        return Atomic(int(initial))
    if kind is float and initial == initial and initial not in (float("inf"), float("-inf")):
        return Atomic(int(initial))
    return Atomic(0)


@builtin("atomic_get(cell: any) -> any")
def atomic_get(cell: Value = None) -> Value:
    """The current value, nil for anything but an atomic."""
    return cell.value if type(cell) is Atomic else None


@builtin("atomic_set(cell: any, value: any) -> any")
def atomic_set(cell: Value = None, value: Value = None) -> Value:
    """Store a value and give the previous one; nil and no change when either is of the wrong kind."""
    if type(cell) is not Atomic or type(value) is not int:
        return None
    previous, cell.value = cell.value, value
    return previous


@builtin("atomic_add(cell: any, delta: any) -> any")
def atomic_add(cell: Value = None, delta: Value = None) -> Value:
    """Add delta and give the value before; nil and no change when either is of the wrong kind."""
    if type(cell) is not Atomic or type(delta) is not int:
        return None
    previous = cell.value
    cell.value = previous + delta
    return previous


@builtin("atomic_cas(cell: any, expected: any, new: any) -> bool")
def atomic_cas(cell: Value = None, expected: Value = None, new: Value = None) -> bool:
    """Store new if the current value equals expected; whether it did."""
    if type(cell) is not Atomic or type(expected) is not int or type(new) is not int or cell.value != expected:
        return False
    cell.value = new
    return True
