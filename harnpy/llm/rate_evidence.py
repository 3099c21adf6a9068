"""What the headers of a reply say about the sender's rate limits: pure reading of plain data.

`x-ratelimit-*` are OpenAI's names, which most compatible services use; `anthropic-ratelimit-*` say the same for
Anthropic's API, with a date in place of a duration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_HEADER = re.compile(
    r"x-ratelimit-(?P<field>limit|remaining|reset)-(?P<kind>requests|tokens)"
    r"|anthropic-ratelimit-(?P<kind2>requests|tokens)-(?P<field2>limit|remaining|reset)"
)
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|h|m|s))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_COUNT = re.compile(r"\d{1,15}")

# A bare number from here on is no number of seconds but a Unix time, and from there on one in milliseconds.
_EPOCH_SECONDS = 1e9
_EPOCH_MILLISECONDS = 1e12


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a service says about one of its limits: units a minute, units left, seconds until it is whole again.

    What it does not say, or not understandably, is None.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    requests: Allowance
    tokens: Allowance


def limit_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those of the headers (names in lower case) that tell of rate limits."""
    return {name: value for name, value in headers.items() if _HEADER.fullmatch(name)}


def read_evidence(headers: Mapping[str, str], now: float) -> Evidence:
    """What limit_headers found. now is Unix time, against which dates are read."""
    found: dict[str, dict[str, str]] = {"requests": {}, "tokens": {}}
    for name, value in headers.items():
        match = _HEADER.fullmatch(name)
        if match is not None:
            found[match["kind"] or match["kind2"]][match["field"] or match["field2"]] = value.strip()
    return Evidence(_allowance(found["requests"], now), _allowance(found["tokens"], now))


def _allowance(fields: Mapping[str, str], now: float) -> Allowance:
    return Allowance(
        limit=_count(fields.get("limit", "")),
        remaining=_count(fields.get("remaining", "")),
        reset_seconds=_seconds(fields.get("reset", ""), now),
    )


def _count(text: str) -> int | None:
    return int(text) if _COUNT.fullmatch(text) and text.isascii() else None


def _seconds(text: str, now: float) -> float | None:
    """A duration such as `6m0s` or `20ms`, a number of seconds, a Unix time, or a date of RFC 3339."""
    if _DURATION.fullmatch(text):
        return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    try:
        number = float(text)
    except ValueError:
        return _until_date(text, now)
    if number >= _EPOCH_MILLISECONDS:
        number = number / 1000 - now
    elif number >= _EPOCH_SECONDS:
        number -= now
    return max(0.0, number) if number < float("inf") else None


def _until_date(text: str, now: float) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now)
