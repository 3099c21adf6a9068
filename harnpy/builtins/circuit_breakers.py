"""Circuit breakers: named counters of failures that say whether something is worth trying. Nothing consults them
but the program itself."""

from __future__ import annotations

from dataclasses import dataclass

from harnpy import TYPE_CHECKING
from harnpy.builtins.arguments import int_or, milliseconds_or
from harnpy.vm.clock_readings import milliseconds
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_DEFAULT_THRESHOLD = 5
_DEFAULT_RESET_MS = 30_000


@dataclass(slots=True)
class CircuitBreaker:
    """opened is the clock reading when it opened, None while it is closed."""

    threshold: int
    reset_ms: int
    failures: int = 0
    opened: float | None = None

    def state(self, now: float) -> str:
        if self.opened is None:
            return "closed"
        return "half_open" if milliseconds(now - self.opened) >= self.reset_ms else "open"

    def fail(self, now: float) -> bool:
        """Count a failure; whether it opened the breaker, be it anew from half-open."""
        self.failures += 1
        if self.failures < self.threshold or self.state(now) == "open":
            return False
        self.opened = now
        return True

    def close(self) -> None:
        self.failures = 0
        self.opened = None


class CircuitBreakers:
    """The breakers of a runtime, shared by its tasks."""

    def __init__(self) -> None:
        self.by_name: dict[str, CircuitBreaker] = {}


@builtin('circuit_breaker(name: string = "default", threshold: int = 5, reset_ms: int = 30000) -> string')
def circuit_breaker(fiber: Fiber, name: Value = None, threshold: Value = None, reset_ms: Value = None) -> str:
    """Creates a breaker, or resets the one of that name, and returns the name.

    It opens after threshold failures in a row and is worth another try reset_ms milliseconds (or a duration) later.
    """
    shown = _name(name)
    fiber.runtime.state(CircuitBreakers).by_name[shown] = CircuitBreaker(
        int_or(threshold, _DEFAULT_THRESHOLD),
        milliseconds_or(reset_ms, _DEFAULT_RESET_MS),
    )
    return shown


@builtin('circuit_check(name: string = "default") -> string', effects={"clock"})
def circuit_check(fiber: Fiber, name: Value = None) -> str:
    """`closed`, `open`, or `half_open` once the reset time has passed. A name without a breaker is `closed`."""
    breaker = _find(fiber, name)
    return "closed" if breaker is None or breaker.opened is None else breaker.state(_now(fiber))


@builtin('circuit_record_failure(name: string = "default") -> bool', effects={"clock"})
def circuit_record_failure(fiber: Fiber, name: Value = None) -> bool:
    """Counts a failure. True when this very failure opened the breaker, from closed or again from half-open."""
    breaker = _find(fiber, name)
    return breaker is not None and breaker.fail(_now(fiber))


@builtin('circuit_record_success(name: string = "default") -> nil')
def circuit_record_success(fiber: Fiber, name: Value = None) -> None:
    """Closes the breaker and forgets its failures. Returns nil."""
    circuit_reset(fiber, name)


@builtin('circuit_reset(name: string = "default") -> nil')
def circuit_reset(fiber: Fiber, name: Value = None) -> None:
    """Closes the breaker and forgets its failures. Returns nil."""
    breaker = _find(fiber, name)
    if breaker is not None:
        breaker.close()


def _name(name: Value) -> str:
    return "default" if name is None else display(name)


def _find(fiber: Fiber, name: Value) -> CircuitBreaker | None:
    return fiber.runtime.state(CircuitBreakers).by_name.get(_name(name))


def _now(fiber: Fiber) -> float:
    return float(fiber.effect(fiber.runtime.world.monotonic))
