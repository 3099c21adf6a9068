"""Budgets: what calls have cost, what running calls may still cost, and calls that are not made (section 20).

Before a call is sent, the most that it can cost is reserved in every budget that it counts against: its input as
estimated, and `max_tokens` of output. So calls that run side by side cannot overspend together:

- A call that the money left would pay for, were it not reserved, waits until running calls have been settled.
- If nothing is reserved and the money left does not pay for `max_tokens`, the call is sent with as many as it pays for.
- If it does not even pay for the input and one token of an answer, the call is refused and nothing is sent.
- Where the length is not ours to set (`max_tokens: 0`, an override, a thinking budget), the call is sent as it is and
  all that is left is reserved: one such call may overspend, never several.

What an answer really cost replaces its reservation. The budget of `llm_budget` counts all calls of a run; those of
`with_llm_budget` count the calls of their closure and of the tasks started in it, and nest.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from harnpy.llm.context import CallContext
from harnpy.llm.cost import Rates, Tokens, cost_of, rates_of
from harnpy.llm.deltas import RawResult
from harnpy.llm.options import DEFAULT_MAX_TOKENS, LlmOptions
from harnpy.llm.usage_estimate import input_tokens
from harnpy.vm.errors import HarnError, thrown

if TYPE_CHECKING:
    from types import TracebackType

    from harnpy.vm.fiber import Fiber

_MILLION = 1_000_000
_EXCEEDED = "LLM budget exceeded"
_LIMIT_KEYS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
# How providers say that an answer ended at its limit.
_CUT = frozenset({"max_tokens", "length"})


class Budget:
    """A limit of spending, all in USD. maximum is None for a budget that only counts.

    refuses_unknown: calls of models without a known price are errors.
    """

    def __init__(self, maximum: float | None = None, refuses_unknown: bool = False) -> None:
        self.maximum = maximum
        self.refuses_unknown = refuses_unknown
        self.spent = 0.0
        self._reserved = 0.0
        self._reservations = 0
        self._line: deque[_Place] = deque()

    @property
    def remaining(self) -> float | None:
        """What is left to spend, reservations aside; negative after overspending, None without a maximum."""
        return None if self.maximum is None else self.maximum - self.spent

    @property
    def available(self) -> float:
        """What is left to reserve."""
        return float("inf") if self.maximum is None else self.maximum - self.spent - self._reserved

    @property
    def is_busy(self) -> bool:
        """Whether running calls have reserved some of it."""
        return self._reservations > 0

    def limit_to(self, maximum: float) -> None:
        """Set or change the maximum; what has been spent counts against it."""
        self.maximum = maximum
        self.call_next()

    def reserve(self, amount: float) -> None:
        self._reserved += amount
        self._reservations += 1

    def release(self, amount: float) -> None:
        self._reservations -= 1
        self._reserved = self._reserved - amount if self._reservations else 0.0
        self.call_next()

    def add(self, cost: float) -> None:
        self.spent += cost

    @property
    def has_line(self) -> bool:
        while self._line and self._line[0].gone:
            self._line.popleft()
        return bool(self._line)

    def wait(self, fiber: Fiber, first: bool) -> None:
        """Suspend fiber until its turn to look again comes; first lets it stand in front of the line."""
        place = _Place(fiber)
        if first:
            self._line.appendleft(place)
        else:
            self._line.append(place)
        try:
            while not place.called:
                fiber.park()
        except BaseException:
            place.gone = True
            if place.called:
                self.call_next()  # this one does not come
            raise

    def call_next(self) -> None:
        """Let the first in line look again."""
        if self.has_line:
            place = self._line.popleft()
            place.called = True
            place.fiber.unpark()

    def exceeded(self, note: str = "") -> HarnError:
        assert self.maximum is not None
        return _unrepeatable(thrown(f"{_EXCEEDED}: spent ${self.spent:.4f} of ${self.maximum:.4f} budget{note}"))


class _Place:
    """The place of a fiber in the line for a budget."""

    __slots__ = ("called", "fiber", "gone")

    def __init__(self, fiber: Fiber) -> None:
        self.fiber = fiber
        self.called = False
        self.gone = False


class OpenBudgets:
    """The budgets of `with_llm_budget` around what a task does, outermost first; its children count in them as well."""

    def __init__(self, stack: tuple[Budget, ...] = ()) -> None:
        self.stack = stack

    def inherit(self) -> OpenBudgets:
        return OpenBudgets(self.stack)


class Spending:
    """What a run has spent. session counts every call; its maximum is the one of `llm_budget`.

    unpriced are the models, with their providers, whose answers had no known price.
    """

    def __init__(self) -> None:
        self.session = Budget()
        self.unpriced: dict[str, str] = {}


def budgets_of(fiber: Fiber) -> tuple[Budget, ...]:
    """The budgets that calls of fiber count against, the innermost first."""
    return (*reversed(fiber.task.get(OpenBudgets).stack), fiber.runtime.state(Spending).session)


class Reservation:
    """The claim of one call on its budgets, for the body of a `with` statement.

    options are those to send the call with: where the budgets do not pay for `max_tokens`, with fewer.
    """

    def __init__(self, context: CallContext, options: LlmOptions) -> None:
        self.options = options
        self._context = context
        self._asked = options
        self._budgets = budgets_of(context.fiber)
        self._amount: float | None = None

    def __enter__(self) -> Reservation:
        limited = [budget for budget in self._budgets if budget.maximum is not None]
        if not limited:
            return self
        demand = _demand(self._context, self._asked, limited)
        if demand is None:
            return self
        wait_until_affordable(self._context.fiber, demand, limited)
        available = min(budget.available for budget in limited)
        self._amount = min(demand.most, available)
        if demand.most > available:
            self.options = demand.shrunk_to(available)
        for budget in self._budgets:
            budget.reserve(self._amount)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        amount, self._amount = self._amount, None
        if amount is not None:
            for budget in self._budgets:
                budget.release(amount)

    def settle(self, result: RawResult) -> None:
        """Count what the answer cost. Raises the error of the innermost budget that is exceeded by it."""
        cost = cost_of(self._context.configuration, result)
        if cost is None:
            self._context.fiber.runtime.state(Spending).unpriced.setdefault(result["model"], result["provider"])
            return
        if not cost:
            return
        for budget in self._budgets:
            budget.add(cost)
        for budget in self._budgets:
            if budget.maximum is not None and budget.spent > budget.maximum:
                raise budget.exceeded()
        if self.options is not self._asked and result["stop_reason"] in _CUT:
            self._context.warn(
                f"the answer of {result['model']} was cut at {self.options.max_tokens} tokens, "
                "the most that the LLM budget had money left for"
            )


class Demand:
    """What a call may cost: least is its input and one token of an answer, most the answer at its greatest length."""

    def __init__(self, options: LlmOptions, rates: Rates, sent: int) -> None:
        self._options = options
        self._rates = rates
        self._input = rates.cost(Tokens(sent, 0))
        longest, self._is_fixed = _longest_answer(options)
        self.least = rates.cost(Tokens(sent, 1))
        self.most = rates.cost(Tokens(sent, longest))
        self.model = options.model

    def fits_in_what_is_left_of(self, budget: Budget) -> bool:
        """Whether budget, were nothing reserved in it, would pay for the call at its shortest."""
        return budget.remaining is None or self.least <= budget.remaining

    def has_to_wait_for(self, budget: Budget) -> bool:
        """Whether running calls hold what budget would need to pay for the call at its longest."""
        return budget.is_busy and self.most > budget.available

    def shrunk_to(self, available: float) -> LlmOptions:
        """The call with as many `max_tokens` as the money pays for; as it is if its length is not ours to set."""
        if self._is_fixed or not self._rates.output:
            return self._options
        affordable = int((available - self._input) * _MILLION / self._rates.output)
        # With a thinking budget, an answer has to be allowed to be longer than that.
        least = 1 if self._options.thinking_budget is None else self._options.thinking_budget + 1
        return replace(self._options, max_tokens=min(self._options.max_tokens, max(affordable, least)))


def wait_until_affordable(fiber: Fiber, demand: Demand, budgets: list[Budget]) -> None:
    """Suspend fiber while running calls hold what the call needs. Raises the refusal of a budget without the money.

    The budgets are innermost first; all have a maximum. Whoever comes later waits behind those who wait.
    """
    waited: Budget | None = None
    try:
        while True:
            for budget in budgets:
                if not demand.fits_in_what_is_left_of(budget):
                    raise budget.exceeded(
                        f"; stopped before the call: {demand.model} needs at least ${demand.least:.6f} for it"
                    )
            scarce = next(
                (each for each in budgets if demand.has_to_wait_for(each) or (waited is None and each.has_line)), None
            )
            if scarce is None:
                return
            if waited is not None and waited is not scarce:
                waited.call_next()
            first = waited is scarce
            waited = scarce
            scarce.wait(fiber, first)
    finally:
        if waited is not None:
            waited.call_next()  # there may be room for one more


def demand_of(context: CallContext, options: LlmOptions) -> tuple[Demand, list[Budget]] | None:
    """What a call needs of which budgets; None if no limit applies to it."""
    limited = [budget for budget in budgets_of(context.fiber) if budget.maximum is not None]
    demand = _demand(context, options, limited) if limited else None
    return None if demand is None else (demand, limited)


def is_affordable(demand: Demand, budgets: list[Budget]) -> bool:
    """Whether a call could be sent now, without waiting and without a refusal."""
    return all(demand.fits_in_what_is_left_of(each) and not demand.has_to_wait_for(each) for each in budgets)


def is_budget_error(error: HarnError) -> bool:
    """Whether an error says that a budget is exceeded; the amounts in it may look like a status that passes."""
    return type(error.value) is str and error.value.startswith(_EXCEEDED)


def _demand(context: CallContext, options: LlmOptions, budgets: list[Budget]) -> Demand | None:
    """What a call may cost; None if that is nothing, or, after a warning, if nobody knows.

    Raises a thrown string if nobody knows and one of the budgets does not take that.
    """
    sent = input_tokens(options)
    rates = rates_of(context.configuration, options.model, options.provider, sent)
    if rates is None:
        if any(budget.refuses_unknown for budget in budgets):
            raise _unrepeatable(
                thrown(
                    f"LLM budget: no price is known for model '{options.model}' of provider '{options.provider}', "
                    f'and unknown_prices is "error"; {_REMEDY.format(options.model)}'
                )
            )
        warn_unpriced(context, options.model, options.provider)
        return None
    if not (rates.input or rates.output):
        return None
    return Demand(options, rates, sent)


_REMEDY = 'name one under [model_prices."{0}"] in the provider file, or under [llm.model_prices."{0}"] in harn.toml'


def warn_unpriced(context: CallContext, model: str, provider: str) -> None:
    """Say, once for each model, that what its calls cost is not counted."""
    context.warn_once(
        ("price", model),
        f"no price is known for model '{model}' of provider '{provider}': its calls are counted as free; "
        + _REMEDY.format(model),
    )


def _longest_answer(options: LlmOptions) -> tuple[int, bool]:
    """The most tokens that an answer may have, and whether a smaller `max_tokens` could not change that."""
    for key in _LIMIT_KEYS:
        value = options.overrides.get(key)
        if type(value) is int and value > 0:
            return value, True
    return (options.max_tokens, False) if options.max_tokens > 0 else (DEFAULT_MAX_TOKENS, True)


def _unrepeatable(error: HarnError) -> HarnError:
    """error so that no retry, of a call or of an effect, takes it for a passing one: amounts may look like statuses."""
    error.begun = False
    error.repeatable = False
    return error
