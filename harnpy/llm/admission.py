"""Which calls may be sent now: the rate limits of a runtime, and the order of waiting for a permit and for money."""

from __future__ import annotations

from harnpy.llm.budget import demand_of, is_affordable, wait_until_affordable
from harnpy.llm.context import CallContext
from harnpy.llm.deltas import RawResult
from harnpy.llm.options import LlmOptions
from harnpy.llm.rate_evidence import read_evidence
from harnpy.llm.rate_limit import Permit, Window
from harnpy.llm.resolve import MOCK
from harnpy.llm.retry import retry_after_ms
from harnpy.llm.usage_estimate import input_tokens
from harnpy.vm.classification import category_of_error
from harnpy.vm.errors import Category, HarnError

_REQUESTS_VARIABLE = "HARN_RATE_LIMIT_"
_TOKENS_VARIABLE = "HARN_RATE_LIMIT_TPM_"


class RateLimits:
    """The windows of a runtime by provider; None for a provider that was found to have no limit."""

    def __init__(self) -> None:
        self._windows: dict[str, Window | None] = {}

    def window(self, context: CallContext, provider: str) -> Window | None:
        """The window of a provider; its first limits come from the configuration and the environment."""
        if provider not in self._windows:
            entry = context.configuration.providers.get(provider)
            configured = (None, None) if entry is None else (entry.requests_per_minute, entry.tokens_per_minute)
            rpm = _limit(context, _REQUESTS_VARIABLE, provider, configured[0])
            tpm = _limit(context, _TOKENS_VARIABLE, provider, configured[1])
            self._windows[provider] = None
            if rpm is not None or tpm is not None:
                self.configure(context, provider, rpm, tpm)
        return self._windows[provider]

    def configure(self, context: CallContext, provider: str, rpm: int | None, tpm: int | None) -> None:
        """Set the limits of a provider, None for none; its window starts empty."""
        window = self._windows.get(provider)
        if window is not None:
            window.configure(rpm, tpm)
        else:
            self._windows[provider] = Window(context.fiber.runtime.scheduler, rpm, tpm)


class Admission:
    """The permission to send one call, and what its end teaches about the limits of its provider."""

    def __init__(self, context: CallContext, options: LlmOptions, window: Window | None, permit: Permit | None) -> None:
        self._context = context
        self._options = options
        self._window = window
        self._permit = permit

    def answered(self, result: RawResult) -> None:
        """The call has been answered."""
        if self._window is None or self._permit is None:
            return
        cached = result["cache_read_tokens"] + result["cache_write_tokens"]
        self._permit.settle(max(result["input_tokens"], cached), result["output_tokens"])
        limits = result.get("limits")
        if limits:
            self._window.learn(read_evidence(limits, self._context.wall_time()))

    def failed(self, error: HarnError) -> None:
        """The call has failed."""
        if self._window is None or self._permit is None:
            return
        self._permit.settle(input_tokens(self._options), 0)
        now = self._context.wall_time()
        if error.details:
            self._window.learn(read_evidence(error.details, now))
        if category_of_error(error) is Category.RATE_LIMIT:
            self._window.close_for((retry_after_ms(error, now) or 0) / 1000)


def acquire_permit(context: CallContext, provider: str, tokens: int = 0) -> Permit | None:
    """Wait for a permit of a provider; None if it has no limit. A cancellation is raised here and costs no permit."""
    window = context.fiber.runtime.state(RateLimits).window(context, provider)
    if window is None:
        return None
    return window.acquire(context.fiber, tokens, lambda seconds: _say_throttled(context, provider, seconds))


def admit(context: CallContext, options: LlmOptions) -> Admission:
    """Wait until a call may be sent: until budgets can pay for it, then for a permit of its provider.

    What is reserved is reserved when the call is sent, so a call that waits for its permit holds up no other; if the
    money has gone meanwhile, the permit is given back and the call waits again. Raises the refusal of a budget.
    """
    while True:
        costs = options.provider != MOCK and context.state.needs_keys
        needed = demand_of(context, options) if costs else None
        if needed is not None:
            wait_until_affordable(context.fiber, *needed)
        window = context.fiber.runtime.state(RateLimits).window(context, options.provider)
        permit = None
        if window is not None:
            permit = acquire_permit(context, options.provider, _expected_tokens(window, options))
        if needed is None or is_affordable(*needed):
            return Admission(context, options, window, permit)
        if permit is not None:
            permit.give_back()


def _expected_tokens(window: Window, options: LlmOptions) -> int:
    """What a call is expected to use; only limits of tokens ask for it."""
    if window.tpm is None:
        return 0
    usual = int(window.usual_output)
    return input_tokens(options) + (min(usual, options.max_tokens) if options.max_tokens else usual)


def _limit(context: CallContext, variable: str, provider: str, configured: int | None) -> int | None:
    """The limit of a provider: what the environment says, where 0 is no limit, else what is configured."""
    if provider == provider.lower():
        name = provider.upper()
        for spelling in dict.fromkeys((name, name.replace("-", "_"))):
            text = context.env(variable + spelling)
            if text is not None and text.isascii() and text.isdigit():
                return int(text) or None
    return configured or None


def _say_throttled(context: CallContext, provider: str, seconds: float) -> None:
    context.debug("llm.rate_limit", f"Rate limit for '{provider}': throttling for {round(seconds * 1000)}ms")
