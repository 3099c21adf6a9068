"""TOML text -> values. Dates and times become text; infinities and NaN become nil."""

from __future__ import annotations

import math
import tomllib
from datetime import date, datetime, time

from harnpy.vm.values import Value


class TomlSyntaxError(Exception):
    """The text is not TOML."""


def parse_toml(text: str) -> Value:
    """The dict of a TOML document. Raises TomlSyntaxError."""
    try:
        return _value(tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        raise TomlSyntaxError(str(error)) from None


def _value(parsed: object) -> Value:
    if isinstance(parsed, dict):
        return {name: _value(each) for name, each in parsed.items()}
    if isinstance(parsed, list):
        return [_value(each) for each in parsed]
    if isinstance(parsed, float):
        return parsed if math.isfinite(parsed) else None
    if isinstance(parsed, datetime | date | time):
        return _date_text(parsed)
    return parsed


def _date_text(moment: datetime | date | time) -> str:
    """A date or time as TOML writes it: `Z` for UTC, no more digits of a second than it has."""
    text = moment.isoformat()
    if not isinstance(moment, datetime | time) or not moment.microsecond:
        return text.replace("+00:00", "Z")
    whole, _, rest = text.partition(".")
    fraction, offset = rest[:6], rest[6:]
    return f"{whole}.{fraction.rstrip('0')}{offset}".replace("+00:00", "Z")
