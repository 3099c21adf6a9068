"""Timers: how long something took, printed or returned in whole milliseconds."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.clock_readings import milliseconds
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


class TimerStarts:
    """The exact clock reading of each timer started, by its name and start_ms.

    Subtracting two readings that were both cut to milliseconds would show a 1 whenever the clock ticks in between.
    Only the latest are kept: a program may start timers for ever, and an older one is a millisecond off at worst.
    """

    _KEPT = 4096

    def __init__(self) -> None:
        self._readings: dict[tuple[Value, Value], float] = {}

    def add(self, name: str, start_ms: int, reading: float) -> None:
        self._readings.pop((name, start_ms), None)
        if len(self._readings) >= self._KEPT:
            del self._readings[next(iter(self._readings))]
        self._readings[name, start_ms] = reading

    def reading(self, name: Value, start_ms: int) -> float:
        """The reading in seconds when the timer was started; start_ms itself where that is not known."""
        exact = self._readings.get((name, start_ms)) if type(name) is str else None
        return start_ms / 1000 if exact is None else exact


class ElapsedStart:
    """When `elapsed` was first called."""

    def __init__(self) -> None:
        self.reading: float | None = None


@builtin('timer_start(name: string = "default") -> dict', effects={"clock"})
def timer_start(fiber: Fiber, name: Value = None) -> dict[str, Value]:
    """A timer that runs from now: `{name, start_ms}`, start_ms in milliseconds since the Unix epoch."""
    reading = fiber.effect(fiber.runtime.world.wall_time)
    shown = "default" if name is None else display(name)
    start_ms = milliseconds(reading)
    fiber.runtime.state(TimerStarts).add(shown, start_ms, reading)
    return {"name": shown, "start_ms": start_ms}


@builtin("timer_end(timer: dict) -> int", effects={"clock", "output"})
def timer_end(fiber: Fiber, timer: Value = None) -> int:
    """Prints `[timer] NAME: Nms` and returns N, the whole milliseconds since the timer was started.

    A timer may be ended several times. Throws when timer is not a dict.
    """
    if type(timer) is not dict:
        raise thrown("timer_end: argument must be a timer dict from timer_start")
    now = fiber.effect(fiber.runtime.world.wall_time)
    name, start_ms = timer.get("name"), timer.get("start_ms")
    spent = 0
    if type(start_ms) is int:
        spent = milliseconds(now - fiber.runtime.state(TimerStarts).reading(name, start_ms))
    fiber.write(f"[timer] {'default' if name is None else display(name)}: {spent}ms\n")
    return spent


@builtin("elapsed() -> int", effects={"clock"})
def elapsed(fiber: Fiber) -> int:
    """Whole milliseconds since the first call of `elapsed` in this run, which itself returns 0."""
    start = fiber.runtime.state(ElapsedStart)
    now = fiber.effect(fiber.runtime.world.monotonic)
    if start.reading is None:
        start.reading = now
    return milliseconds(now - start.reading)
