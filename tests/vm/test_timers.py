"""Timers: many of them behind one timer of the event loop, in the order in which they are due."""

from __future__ import annotations

from harnpy.vm.clock import Clock
from harnpy.vm.timers import TimerQueue


class FakeLoop:
    """Time that moves when it is told to, and the one timer that is asked for."""

    def __init__(self):
        self.now = 100.0
        self.armed = []

    def time(self):
        return self.now

    def call_at(self, due, callback):
        handle = FakeHandle(due, callback)
        self.armed.append(handle)
        return handle

    @property
    def waiting(self):
        return [handle for handle in self.armed if not handle.cancelled]

    def go_on(self, seconds):
        self.now += seconds
        for handle in self.waiting:
            if handle.due <= self.now:
                self.armed.remove(handle)
                handle.callback()


class FakeHandle:
    def __init__(self, due, callback):
        self.due = due
        self.callback = callback
        self.cancelled = False

    def cancel(self):
        self.cancelled = True


def test_timers_fire_in_the_order_in_which_they_are_due_and_were_made():
    loop, fired = FakeLoop(), []
    timers = Clock().timers(loop)
    for name, seconds in (("late", 3), ("first", 1), ("second", 1), ("middle", 2)):
        timers.call_later(seconds, lambda name=name: fired.append(name))
    loop.go_on(1)
    assert fired == ["first", "second"]
    loop.go_on(5)
    assert fired == ["first", "second", "middle", "late"]


def test_however_many_timers_there_are_the_loop_has_one():
    loop = FakeLoop()
    timers = Clock().timers(loop)
    for seconds in (5, 9, 2, 7):
        timers.call_later(seconds, lambda: None)
    assert [handle.due for handle in loop.waiting] == [102.0]
    loop.go_on(2)
    assert [handle.due for handle in loop.waiting] == [105.0]


def test_a_cancelled_timer_does_not_fire():
    loop, fired = FakeLoop(), []
    timers = Clock().timers(loop)
    timer = timers.call_later(1, lambda: fired.append("cancelled"))
    timers.call_later(2, lambda: fired.append("other"))
    timer.cancel()
    loop.go_on(5)
    assert fired == ["other"]


def test_a_timer_that_a_callback_makes_is_armed():
    loop, fired = FakeLoop(), []
    timers = Clock().timers(loop)
    timers.call_later(1, lambda: timers.call_later(1, lambda: fired.append("second")))
    loop.go_on(1)
    assert fired == []
    loop.go_on(1)
    assert fired == ["second"]


def test_a_callback_that_fails_does_not_silence_the_timers_behind_it():
    def fail():
        raise ZeroDivisionError

    loop, fired = FakeLoop(), []
    timers = Clock().timers(loop)
    timers.call_later(1, fail)
    timers.call_later(2, lambda: fired.append("behind"))
    try:
        loop.go_on(1)
    except ZeroDivisionError:
        fired.append("failed")
    loop.go_on(1)
    assert fired == ["failed", "behind"]


def test_a_timer_is_over_once_it_has_fired():
    loop = FakeLoop()
    timer = Clock().timers(loop).call_later(1, lambda: None)
    assert not timer.over
    loop.go_on(1)
    assert timer.over


def test_waits_that_end_early_leave_no_timers_behind():
    queue = TimerQueue()
    last = queue.add(1e9, lambda: None)
    for number in range(10_000):
        queue.add(number, lambda: None).cancel()
    assert len(queue._heap) < 300
    assert queue.first_due() == 1e9
    assert queue.pop() is last
    assert queue.first_due() is None
