"""The builtins of cost and budgets (chapter 11 section 20), and `with_llm_budget` for a budget of a part of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.budget import Budget, OpenBudgets, Spending, budgets_of, warn_unpriced
from harnpy.llm.context import CallContext
from harnpy.llm.cost import Tokens, rates_of
from harnpy.llm.trace_log import TraceLog
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, runtime_error, thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Closure, Value, type_name

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_READING = frozenset({"env", "fs.read", "output"})

_UNKNOWN_PRICES = ("warn", "error")


@builtin("llm_cost(model: string, input_tokens: int, output_tokens: int) -> float", effects=_READING)
def llm_cost(fiber: Fiber, model: Value = None, input_tokens: Value = None, output_tokens: Value = None) -> float:
    """USD for so many tokens of a model; 0.0 for a model without a known price."""
    tokens = Tokens(_count(input_tokens), _count(output_tokens))
    configuration = CallContext(fiber).configuration
    rates = rates_of(configuration, "" if model is None else display(model), None, tokens.input_tokens)
    return 0.0 if rates is None else rates.cost(tokens)


@builtin("llm_session_cost() -> dict", effects=_READING)
def llm_session_cost(fiber: Fiber) -> Value:
    """`{total_cost, input_tokens, output_tokens, call_count}`: USD of all calls so far, and what the trace log holds.

    Says on stderr, once for each, which models have been called whose price is not known.
    """
    context = CallContext(fiber)
    spending = fiber.runtime.state(Spending)
    for model, provider in spending.unpriced.items():
        warn_unpriced(context, model, provider)
    log = fiber.runtime.state(TraceLog)
    return {
        "total_cost": spending.session.spent,
        "input_tokens": log.input_tokens,
        "output_tokens": log.output_tokens,
        "call_count": len(log.entries),
    }


@builtin("llm_budget(max: number, options: dict | nil = nil) -> nil")
def llm_budget(fiber: Fiber, max: Value = None, options: Value = None) -> None:
    """Limits what the calls of this run may cost together, in USD, what is spent already included. Returns nil.

    With `{unknown_prices: "error"}` a call of a model without a known price throws; else it is counted as free, which
    is said once on stderr.
    """
    if type(max) not in (int, float):
        raise thrown("llm_budget: requires a numeric argument")
    session = fiber.runtime.state(Spending).session
    session.refuses_unknown = _refuses_unknown("llm_budget", options)
    session.limit_to(float(max))


@builtin("llm_budget_remaining()")
def llm_budget_remaining(fiber: Fiber) -> Value:
    """USD that may still be spent here: of the tightest budget around; negative after overspending, nil without one."""
    return min((each.remaining for each in budgets_of(fiber) if each.remaining is not None), default=None)


@builtin("with_llm_budget(max: number, closure: closure, options: dict | nil = nil)")
def with_llm_budget(fiber: Fiber, max: Value = None, closure: Value = None, options: Value = None) -> Value:
    """Calls closure, whose model calls may cost so much together, in USD, and returns its value.

    Calls of tasks that are started in it count as well, and all count in the budgets around it. Options as those of
    llm_budget. Raises the closure's error; a call beyond the budget throws `LLM budget exceeded: ...`.
    """
    if type(max) not in (int, float):
        raise thrown("with_llm_budget: requires a numeric argument")
    if type(closure) is not Closure:
        raise runtime_error("with_llm_budget: second argument must be a closure")
    budget = Budget(float(max), _refuses_unknown("with_llm_budget", options))
    opened = fiber.task.get(OpenBudgets)
    before = opened.stack
    opened.stack = (*before, budget)
    try:
        return fiber.call(closure)
    finally:
        opened.stack = before


def _refuses_unknown(name: str, options: Value) -> bool:
    wanted = options.get("unknown_prices") if type(options) is dict else None
    if wanted is None:
        return False
    if wanted not in _UNKNOWN_PRICES:
        shown = display(wanted) if type(wanted) is str else type_name(wanted)
        raise _bad_option(name, shown)
    return bool(wanted == "error")


def _bad_option(name: str, shown: str) -> HarnError:
    return runtime_error(f'{name}: unknown_prices must be "warn" or "error", got {shown}')


def _count(value: Value) -> int:
    return value if type(value) is int else 0
