"""Channels: bounded queues between tasks, many senders and many receivers (chapter 03 sections 4 and 5).

A blocked task is always woken: by a value, by room, by close, by cancellation or by a deadline.
"""

from __future__ import annotations

from collections import deque

from harnpy import TYPE_CHECKING
from harnpy.vm.clock import seconds
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.values import END, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harnpy.vm.fiber import Fiber


class Channel:
    """A queue of at most capacity values. name is only a label; on_close is called when it is closed (see Feed)."""

    type_name = "channel"
    __slots__ = ("__weakref__", "_receivers", "_senders", "buffer", "capacity", "closed", "name", "on_close")

    def __init__(self, name: str, capacity: int) -> None:
        self.name = name
        self.capacity = max(1, capacity)
        self.buffer: deque[Value] = deque()
        self.closed = False
        self.on_close: Callable[[], object] | None = None
        self._receivers: deque[Callable[[], object]] = deque()
        self._senders: deque[Callable[[], object]] = deque()

    def __str__(self) -> str:
        return f"<channel:{self.name}>"

    @property
    def exhausted(self) -> bool:
        """Closed and drained: nothing will ever come out."""
        return self.closed and not self.buffer

    def send(self, fiber: Fiber, value: Value) -> bool:
        """Enqueue value, waiting for room; False when the channel is closed, also while waiting."""
        while not self.closed and len(self.buffer) >= self.capacity:
            self._wait(fiber, self._senders)
        if self.closed:
            return False
        self._push(value)
        return True

    def receive_value(self, fiber: Fiber) -> Value:
        """The next value, waiting for one; END when the channel is closed and drained."""
        while not self.buffer:
            if self.closed:
                return END
            self._wait(fiber, self._receivers)
        return self.take()

    def take(self) -> Value:
        """The next value of a channel that has one."""
        value = self.buffer.popleft()
        _wake_one(self._senders)
        return value

    def close(self) -> None:
        """Refuse further values and wake everybody who waits; buffered values remain receivable. Idempotent."""
        self.closed = True
        for waiters in (self._receivers, self._senders):
            while waiters:
                waiters.popleft()()
        on_close, self.on_close = self.on_close, None
        if on_close is not None:
            on_close()

    def offer(self, value: Value, wake: Callable[[], object]) -> bool:
        """Enqueue value if there is room; otherwise call wake, once, when there may be some or the channel closes."""
        if len(self.buffer) < self.capacity:
            self._push(value)
            return True
        self._senders.append(wake)
        return False

    def withdraw(self, wake: Callable[[], object]) -> None:
        """Take back an offer that had to wait."""
        self._give_up(wake, self._senders)

    def add_receiver(self, wake: Callable[[], object]) -> None:
        """Call wake, once, when a value arrives or the channel closes."""
        self._receivers.append(wake)

    def remove_receiver(self, wake: Callable[[], object]) -> None:
        if wake in self._receivers:
            self._receivers.remove(wake)

    def pass_on(self) -> None:
        """Wake others in place of somebody who was woken and cannot use it: a wake-up must not get lost."""
        if self.buffer:
            _wake_one(self._receivers)
        if len(self.buffer) < self.capacity:
            _wake_one(self._senders)

    def _push(self, value: Value) -> None:
        self.buffer.append(value)
        _wake_one(self._receivers)

    def _wait(self, fiber: Fiber, waiters: deque[Callable[[], object]]) -> None:
        wake = fiber.unpark
        waiters.append(wake)
        try:
            fiber.park()
        except BaseException:
            self._give_up(wake, waiters)
            raise
        if wake in waiters:
            waiters.remove(wake)

    def _give_up(self, wake: Callable[[], object], waiters: deque[Callable[[], object]]) -> None:
        if wake in waiters:
            waiters.remove(wake)
        else:
            self.pass_on()


def _wake_one(waiters: deque[Callable[[], object]]) -> None:
    while waiters:
        if waiters.popleft()() is not False:
            return


@operation("schedule", Repeat.PURE)
def choose(channels: Sequence[Channel | None]) -> int:
    """The first channel in source order with a value ready, or -1: the scheduler's choice that a select records."""
    for index, channel in enumerate(channels):
        if channel is not None and channel.buffer:
            return index
    return -1


def select(fiber: Fiber, channels: Sequence[Channel | None], timeout_ms: int | None) -> tuple[int, Value]:
    """Wait until a channel has a value: its index and the value, taken.

    Earlier channels have priority. (-1, nil) when the time is over or no channel can ever fire; timeout_ms 0 looks
    once, None waits without end.
    """
    try:
        return _wait_for_one(fiber, channels, timeout_ms)
    finally:
        for channel in channels:
            if channel is not None:
                channel.pass_on()


def _wait_for_one(fiber: Fiber, channels: Sequence[Channel | None], timeout_ms: int | None) -> tuple[int, Value]:
    scheduler = fiber.runtime.scheduler
    limit = None if timeout_ms is None else scheduler.clock.monotonic() + seconds(timeout_ms)
    while True:
        index = fiber.effect(choose, channels)
        if index >= 0:
            channel = channels[index]
            assert channel is not None
            return index, channel.take()
        live = [channel for channel in channels if channel is not None and not channel.exhausted]
        if not live or (limit is not None and scheduler.clock.monotonic() >= limit):
            return -1, None
        timer = None
        if limit is not None:
            timer = scheduler.call_later(max(0.0, limit - scheduler.clock.monotonic()), fiber.unpark)
        for channel in live:
            channel.add_receiver(fiber.unpark)
        try:
            fiber.park()
        finally:
            for channel in live:
                channel.remove_receiver(fiber.unpark)
            if timer is not None:
                timer.cancel()
