"""The rate limiter: a sliding window of a minute for each provider, shared by all tasks of a runtime (section 18).

A window remembers when each request of the last minute can have reached the service at the latest, so that no minute of
the service's, wherever it begins, holds more than the limit. Tasks that have to wait stand in line; one timer wakes the first of them. What a service says about
its own limits narrows a window, and never widens it beyond what was configured. Providers without a limit have no window.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from harnpy.llm.rate_evidence import Allowance, Evidence

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.scheduler import Scheduler
    from harnpy.vm.timers import Timer

WINDOW_SECONDS = 60.0

# How long answers are taken to be before there have been any, in tokens, and how much one answer says about the next.
_USUAL_OUTPUT_TOKENS = 1024.0
_WEIGHT_OF_ONE = 0.2

# How long a request may be on its way to the service, after its permit was given and before its answer has come. One
# that takes long to arrive is late in the window that the service keeps.
_ON_THE_WAY_SECONDS = 1.0

# A permit is given again only when the old one is older than the window, not as old.
_BEYOND_SECONDS = 0.001


class Permit:
    """The right to make one call. tokens is what it is expected to use, then what it has used.

    arrived_by is when the request has reached the service at the latest.
    """

    __slots__ = ("_window", "arrived_by", "is_open", "returned", "tokens")

    def __init__(self, window: Window, at: float, tokens: int) -> None:
        self._window = window
        self.arrived_by = at + _ON_THE_WAY_SECONDS
        self.tokens = tokens
        self.is_open = True
        self.returned = False

    def settle(self, input_tokens: int, output_tokens: int) -> None:
        """The call is over and has used so many tokens."""
        self._window.settle(self, input_tokens, output_tokens)

    def give_back(self) -> None:
        """The call was not made."""
        self._window.take_back(self)


class _Meter:
    """One of the two things that a window counts: requests, or tokens.

    limit is what was configured, None for no limit; service_limit what the service last said. held units are taken
    by others until held_until: so many that no more than the service has left can be used before it is whole again.
    """

    __slots__ = ("held", "held_until", "limit", "service_limit", "used")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.service_limit: int | None = None
        self.used = 0
        self.held = 0
        self.held_until = 0.0

    @property
    def effective_limit(self) -> int | None:
        if self.limit is None or self.service_limit is None:
            return self.limit
        return min(self.limit, self.service_limit)

    def admits(self, units: int, now: float) -> bool:
        """Whether so many units more are within the limit. What is larger than the limit itself goes alone."""
        limit = self.effective_limit
        if limit is None:
            return True
        taken = self.used + (self.held if now < self.held_until else 0)
        return taken + units <= limit or (units > limit and taken == 0)

    def learn(self, allowance: Allowance, under_way: int, now: float) -> None:
        """Note what the service says. under_way units have been sent whose answers have not come."""
        if allowance.limit:
            self.service_limit = allowance.limit
        limit = self.effective_limit
        if limit is None or allowance.remaining is None or allowance.reset_seconds is None:
            return
        # It may not have counted yet what is under way.
        left = max(0, allowance.remaining - under_way)
        self.held = max(0, limit - self.used - left)
        self.held_until = now + min(allowance.reset_seconds, WINDOW_SECONDS)


class _Waiter:
    __slots__ = ("fiber", "gone", "permit", "tokens")

    def __init__(self, fiber: Fiber, tokens: int) -> None:
        self.fiber = fiber
        self.tokens = tokens
        self.permit: Permit | None = None
        self.gone = False


class Window:
    """The permits of one provider. rpm and tpm are requests and tokens a minute, None for no limit.

    Permits are given in the order in which they were asked for. usual_output is the length of the answers of late, in
    tokens: what a call that is not answered yet counts with.
    """

    def __init__(self, scheduler: Scheduler, rpm: int | None, tpm: int | None) -> None:
        self._scheduler = scheduler
        self.usual_output = _USUAL_OUTPUT_TOKENS
        self._given: deque[Permit] = deque()
        self._line: deque[_Waiter] = deque()
        self._timer: Timer | None = None
        self._requests = _Meter(rpm)
        self._tokens = _Meter(tpm)
        self._open_requests = 0
        self._open_tokens = 0
        self._closed_until = 0.0

    @property
    def rpm(self) -> int | None:
        """The configured requests a minute."""
        return self._requests.limit

    @property
    def tpm(self) -> int | None:
        """The configured tokens a minute."""
        return self._tokens.limit

    def configure(self, rpm: int | None, tpm: int | None) -> None:
        """Set the limits, and start with an empty window; those in line stay there."""
        for permit in self._given:
            permit.is_open = False
        self._given.clear()
        self._requests, self._tokens = _Meter(rpm), _Meter(tpm)
        self._open_requests = self._open_tokens = 0
        self._closed_until = 0.0
        self._serve()

    def acquire(self, fiber: Fiber, tokens: int, on_wait: Callable[[float], None]) -> Permit:
        """A permit for a call that is expected to use so many tokens.

        Suspends fiber until it is its turn and the limits admit it; on_wait is told the seconds until the oldest
        permit leaves the window first. A cancellation or a deadline is raised here and costs no permit.
        """
        now = self._now()
        admitted = self._admits(tokens, now)
        if admitted and not self._has_line():
            return self._give(tokens, now)
        on_wait(max(0.0, self._next_change(now) - now))
        waiter = _Waiter(fiber, tokens)
        self._line.append(waiter)
        self._serve()
        try:
            while waiter.permit is None:
                fiber.park()
        except BaseException:
            waiter.gone = True
            if waiter.permit is not None:
                self.take_back(waiter.permit)
            elif self._line and self._line[0].gone:
                self._serve()
            raise
        return waiter.permit

    def settle(self, permit: Permit, input_tokens: int, output_tokens: int) -> None:
        """Count what a call has really used; see Permit.settle."""
        if output_tokens:
            self.usual_output += (output_tokens - self.usual_output) * _WEIGHT_OF_ONE
        if not self._close(permit):
            return
        tokens = input_tokens + output_tokens
        self._tokens.used += tokens - permit.tokens
        permit.tokens = tokens
        self._serve()

    def take_back(self, permit: Permit) -> None:
        """Forget a permit that was not used; see Permit.give_back."""
        if self._close(permit):
            permit.returned = True
            self._requests.used -= 1
            self._tokens.used -= permit.tokens
            self._serve()

    def learn(self, evidence: Evidence) -> None:
        """Narrow the window to what the service says is left, until it says otherwise or its time is over."""
        now = self._now()
        self._forget_old(now)
        self._requests.learn(evidence.requests, self._open_requests, now)
        self._tokens.learn(evidence.tokens, self._open_tokens, now)
        self._serve()

    def close_for(self, seconds: float) -> None:
        """Give no permit for so long, a minute at most: the service has said when to come again."""
        self._closed_until = max(self._closed_until, self._now() + min(seconds, WINDOW_SECONDS))

    # --- the line -------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        """Give permits to those in line, first come first served, as far as the limits admit; then set the timer."""
        while self._has_line():
            now = self._now()
            waiter = self._line[0]
            if not self._admits(waiter.tokens, now):
                self._set_timer(self._next_change(now) - now)
                return
            self._line.popleft()
            waiter.permit = self._give(waiter.tokens, now)
            waiter.fiber.unpark()

    def _has_line(self) -> bool:
        while self._line and self._line[0].gone:
            self._line.popleft()
        return bool(self._line)

    def _set_timer(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._scheduler.call_later(max(0.0, seconds) + _BEYOND_SECONDS, self._serve)

    # --- the window -----------------------------------------------------------------------------------------------

    def _admits(self, tokens: int, now: float) -> bool:
        self._forget_old(now)
        if now < self._closed_until:
            return False
        return self._requests.admits(1, now) and self._tokens.admits(tokens, now)

    def _give(self, tokens: int, now: float) -> Permit:
        permit = Permit(self, now, tokens)
        if self.rpm is None and self.tpm is None:
            permit.is_open = False
            return permit
        self._requests.used += 1
        self._tokens.used += tokens
        self._open_requests += 1
        self._open_tokens += tokens
        self._given.append(permit)
        return permit

    def _close(self, permit: Permit) -> bool:
        """Whether permit was still open and in the window; it is not open from now on."""
        was_open, permit.is_open = permit.is_open, False
        if was_open:
            permit.arrived_by = min(permit.arrived_by, self._now())
            self._open_requests -= 1
            self._open_tokens -= permit.tokens
        return was_open

    def _forget_old(self, now: float) -> None:
        given = self._given
        while given and (given[0].returned or now - given[0].arrived_by > WINDOW_SECONDS):
            permit = given.popleft()
            if not permit.returned:
                self._requests.used -= 1
                self._tokens.used -= permit.tokens
                self._close(permit)

    def _next_change(self, now: float) -> float:
        """The earliest time at which the window can admit more than now."""
        if now < self._closed_until:
            return self._closed_until
        times = [meter.held_until for meter in (self._requests, self._tokens) if meter.held and now < meter.held_until]
        if self._given:
            times.append(self._given[0].arrived_by + WINDOW_SECONDS)
        return min(times, default=now)

    def _now(self) -> float:
        return self._scheduler.clock.monotonic()
