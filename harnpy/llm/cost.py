"""What calls cost: prices by model and the arithmetic over token counts (chapter 11 section 20)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harnpy.llm.deltas import RawResult
from harnpy.llm.prices import packaged_rates
from harnpy.llm.providers.styles import Style, style_of
from harnpy.llm.providers.table import Configuration, glob_matches

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token counts of one call. input_tokens are those that were not read from or written to a cache."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """USD for a million tokens. cache_read or cache_write is None where cached input costs as other input does.

    by_table: the prices are those of section 20, which count what a provider reports as input, and no tokens of a cache.
    """

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    by_table: bool = False

    def cost(self, tokens: Tokens) -> float:
        """USD for so many tokens."""
        total = tokens.input_tokens * self.input + tokens.output_tokens * self.output
        if tokens.cache_read_tokens:
            total += tokens.cache_read_tokens * (self.input if self.cache_read is None else self.cache_read)
        if tokens.cache_write_tokens:
            total += tokens.cache_write_tokens * (self.input if self.cache_write is None else self.cache_write)
        return total / _MILLION


FREE = Rates(0.0, 0.0)

# Every word of a row has to be in the model id; the first such row decides.
_TABLE: tuple[tuple[tuple[str, ...], float, float], ...] = (
    (("claude-3-5-haiku",), 0.80, 4.00),
    (("claude-haiku-4",), 0.80, 4.00),
    (("claude-3-5-sonnet",), 3.00, 15.00),
    (("claude-sonnet-4",), 3.00, 15.00),
    (("claude-3-opus",), 15.00, 75.00),
    (("claude-opus-4",), 15.00, 75.00),
    (("gpt-4o-mini",), 0.15, 0.60),
    (("gpt-4o",), 2.50, 10.00),
    (("gpt-4-turbo",), 10.00, 30.00),
    (("o1-mini",), 3.00, 12.00),
    (("o1",), 15.00, 60.00),
    (("o3",), 15.00, 60.00),
    (("llama", "70b"), 0.59, 0.79),
    (("llama", "8b"), 0.05, 0.08),
    (("mistral-large",), 2.00, 6.00),
    (("mistral-small",), 0.20, 0.60),
    (("gemini-2", "flash"), 0.10, 0.40),
    (("gemini-2", "pro"), 1.25, 5.00),
)


def rates_of(configuration: Configuration, model: str, provider: str | None, input_tokens: int = 0) -> Rates | None:
    """The prices of a model: configured ones, the table's, none for a provider that needs no key, those of an installed
    price list; None if nobody knows. input_tokens matters where prices depend on the size of the prompt.
    """
    configured = _configured(configuration, model)
    if configured is not None:
        return configured
    for words, input_rate, output_rate in _TABLE:
        if all(word in model for word in words):
            return Rates(input_rate, output_rate, by_table=True)
    entry = None if provider is None else configuration.providers.get(provider)
    if entry is not None and (entry.auth_style == "none" or not entry.auth_env):
        return FREE
    found = packaged_rates(model, provider, input_tokens)
    return None if found is None else Rates(*found)


def tokens_of(configuration: Configuration, result: RawResult) -> Tokens:
    """The token counts of an answer. OpenAI counts cached tokens as input, Anthropic beside it."""
    read, written = result["cache_read_tokens"], result["cache_write_tokens"]
    sent = result["input_tokens"]
    if style_of(configuration, result["provider"]) is not Style.ANTHROPIC:
        sent = max(0, sent - read - written)
    return Tokens(sent, result["output_tokens"], read, written)


def cost_of(configuration: Configuration, result: RawResult) -> float | None:
    """USD for an answer; None if its model has no known price."""
    tokens = tokens_of(configuration, result)
    sent = tokens.input_tokens + tokens.cache_read_tokens + tokens.cache_write_tokens
    rates = rates_of(configuration, result["model"], result["provider"], sent)
    if rates is None:
        return None
    return rates.cost(Tokens(result["input_tokens"], result["output_tokens"]) if rates.by_table else tokens)


def _configured(configuration: Configuration, model: str) -> Rates | None:
    """Of several globs that fit, later ones override; a model needs an input and an output price to be priced."""
    merged: dict[str, float] = {}
    for glob in sorted(configuration.model_prices):
        if glob_matches(glob, model):
            merged.update(configuration.model_prices[glob])
    return _rates(merged) if "input" in merged and "output" in merged else None


def _rates(prices: Mapping[str, float]) -> Rates:
    return Rates(prices["input"], prices["output"], prices.get("cache_read"), prices.get("cache_write"))
