"""Prices of models from the price list of the package genai-prices, if that is installed (extra `prices`).

The package takes most of a second to load, so it is loaded when the first model needs it that nothing else prices.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

_MILLION = 1_000_000

# Digits after the point that are kept; the quotients behind them are no more exact.
_DIGITS = 6


def packaged_rates(
    model: str, provider: str | None, input_tokens: int
) -> tuple[float, float, float | None, float | None] | None:
    """USD for a million tokens of input, output, cache reads and cache writes, for a prompt of that many tokens.

    None if the list, or this Python, does not have it.
    """
    package = _package()
    if package is None:
        return None
    for name, service in _candidates(model, provider):
        found = _rates(package, name, service, max(1, input_tokens))
        if found is not None:
            return found
    return None


def _candidates(model: str, provider: str | None) -> list[tuple[str, str | None]]:
    """The ways of asking for a model: as this provider's, as anybody's, and without the maker before the slash."""
    asked = [(model, provider), (model, None)]
    maker, slash, rest = model.rpartition("/")
    if slash:
        asked += [(rest, maker), (rest, None)]
    return list(dict.fromkeys(asked))


def _rates(
    package: ModuleType, model: str, service: str | None, prompt: int
) -> tuple[float, float, float | None, float | None] | None:
    try:
        plain = _price(package, model, service, prompt, output_tokens=prompt)
        read = _price(package, model, service, prompt, cache_read_tokens=prompt)
        written = _price(package, model, service, prompt, cache_write_tokens=prompt)
    except (LookupError, ValueError):
        return None
    paid = (plain.input_price, plain.output_price, read.input_price, written.input_price)
    of_input, of_output, of_read, of_written = (round(float(price) * _MILLION / prompt, _DIGITS) for price in paid)
    return of_input, of_output, of_read, of_written


def _price(package: ModuleType, model: str, service: str | None, prompt: int, **counts: int) -> Any:
    usage = package.Usage(input_tokens=prompt, **counts)
    return package.calc_price(usage, model, provider_id=service)


@cache
def _package() -> ModuleType | None:
    try:
        import genai_prices
    except ImportError:
        return None
    module: ModuleType = genai_prices
    return module
