"""The builtins of the rate limiter: `llm_rate_limit` and `with_rate_limit` (chapter 11 sections 15.3 and 18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.admission import RateLimits, acquire_permit
from harnpy.llm.budget import is_budget_error
from harnpy.llm.context import CallContext
from harnpy.llm.options import OptionReader
from harnpy.vm.classification import category_of_error
from harnpy.vm.display import display
from harnpy.vm.errors import Category, HarnError, runtime_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import Closure, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

DEFAULT_RETRIES = 5
DEFAULT_BACKOFF_MS = 1000
_MAX_BACKOFF_MS = 30_000

# The categories after which the closure is called again, and their names in the debug line.
_PASSING = {
    Category.RATE_LIMIT: "RateLimit",
    Category.OVERLOADED: "Overloaded",
    Category.TRANSIENT_NETWORK: "TransientNetwork",
    Category.TIMEOUT: "Timeout",
}


@builtin(
    "llm_rate_limit(provider: string, options: dict | nil = nil)",
    effects={"clock", "env", "fs.read", "output"},
)
def llm_rate_limit(fiber: Fiber, provider: Value = None, options: Value = None) -> Value:
    """Without options the requests a minute that a provider is limited to, nil for no limit.

    `{rpm: N, tpm: N}` sets requests and tokens a minute, 0 for no limit, and returns true; what is not named stays.
    """
    name = _name(provider)
    if not name:
        raise runtime_error("llm_rate_limit: provider name is required")
    context = CallContext(fiber)
    limits = fiber.runtime.state(RateLimits)
    window = limits.window(context, name)
    rpm, tpm = (None, None) if window is None else (window.rpm, window.tpm)
    if type(options) is not dict:
        return rpm
    given = {key: options[key] for key in ("rpm", "tpm") if type(options.get(key)) is int}
    if not given:
        raise runtime_error("llm_rate_limit: options must include 'rpm' (integer)")
    limits.configure(context, name, _limit(given.get("rpm", rpm)), _limit(given.get("tpm", tpm)))
    return True


@builtin(
    "with_rate_limit(provider: string, closure: closure, options: dict | nil = nil)",
    effects={"clock", "env", "fs.read", "output", "time"},
)
def with_rate_limit(fiber: Fiber, provider: Value = None, closure: Value = None, options: Value = None) -> Value:
    """Calls closure with a permit of a provider and returns its value; again after errors that pass.

    These are rate limits, overload, network failures and timeouts, at most `max_retries` (5) times, after `backoff_ms`
    (1000) milliseconds that double each time up to 30 s. Raises the closure's error when it does not pass.
    """
    name = _name(provider)
    if not name:
        raise runtime_error("with_rate_limit: provider name is required")
    if type(closure) is not Closure:
        raise runtime_error("with_rate_limit: second argument must be a closure")
    read = OptionReader(options)
    retries = read.integer("max_retries")
    backoff = read.integer("backoff_ms")
    left = retries = DEFAULT_RETRIES if retries is None else retries
    wait_ms = DEFAULT_BACKOFF_MS if backoff is None else max(1, backoff)
    context = CallContext(fiber)
    while True:
        permit = acquire_permit(context, name)
        try:
            return fiber.call(closure)
        except HarnError as error:
            shown = _PASSING.get(category_of_error(error))
            # A deadline of the program looks like a timeout, but calling again would outlive it.
            is_deadline = fiber.has_passed_deadline and error.value == "Deadline exceeded"
            if shown is None or not left or is_deadline or is_budget_error(error):
                raise
        finally:
            if permit is not None:
                permit.settle(0, 0)
        left -= 1
        context.debug(
            "llm.with_rate_limit", f"retrying after {shown} (attempt {retries - left}/{retries}) in {wait_ms}ms"
        )
        context.sleep(wait_ms / 1000)
        wait_ms = min(2 * wait_ms, _MAX_BACKOFF_MS)


def _name(provider: Value) -> str:
    return "" if provider is None else display(provider)


def _limit(value: int | None) -> int | None:
    return value if value is not None and value > 0 else None
