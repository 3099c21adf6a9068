"""Date builtins: the wall clock, and dates as text. All in UTC."""

from __future__ import annotations

import math
import re

from harnpy import TYPE_CHECKING
from harnpy.builtins.calendar_dates import iso_text, moment_of, seconds_of
from harnpy.vm.clock_readings import unix_milliseconds
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_DEFAULT_FORMAT = "%Y-%m-%d %H:%M:%S"
_DIRECTIVE = re.compile(r"%[YmdHMS]")
_NUMBER = re.compile(r"[0-9]+")
_MAX_DIGITS = 18  # of a number in a date; also keeps every result within the range of floats
_LARGEST_SECONDS = 2**63 - 1
_LIMITS = (("month", 1, 12), ("day", 1, 31), ("hour", 0, 23), ("minute", 0, 59), ("second", 0, 59))


@builtin("timestamp() -> float", effects={"clock"})
def timestamp(fiber: Fiber) -> float:
    """The time now, in seconds since the Unix epoch with a fraction."""
    return float(fiber.effect(fiber.runtime.world.wall_time))


@builtin("date_now() -> dict", effects={"clock"})
def date_now(fiber: Fiber) -> dict[str, Value]:
    """The time now in UTC: ints `year`, `month`, `day`, `hour`, `minute`, `second` and `weekday` (0 is Sunday),
    and `timestamp`, a float of seconds since the Unix epoch."""
    seconds = float(fiber.effect(fiber.runtime.world.wall_time))
    return {**moment_of(math.floor(seconds))._asdict(), "timestamp": seconds}


@builtin("date_iso() -> string", effects={"clock"})
def date_iso(fiber: Fiber) -> str:
    """The time now in UTC, to the millisecond, as in `2026-03-29T14:30:00.123Z`."""
    return iso_text(unix_milliseconds(fiber))


@builtin('date_format(date: int | float | dict, format: string = "%Y-%m-%d %H:%M:%S") -> string', pure=True)
def date_format(date: Value = None, format: Value = None) -> str:
    """A date as text in UTC: seconds since the Unix epoch, or a dict with such a `timestamp`, 0 for anything else.

    `%Y`, `%m`, `%d`, `%H`, `%M` and `%S` are replaced in format, all other text is kept. Throws for dates before 1970.
    """
    seconds = _whole_seconds(date.get("timestamp") if type(date) is dict else date)
    if seconds < 0:
        raise thrown("date_format: negative timestamps (pre-epoch dates) are not supported")
    at = moment_of(seconds)
    fields = {
        "%Y": f"{at.year:04}",
        "%m": f"{at.month:02}",
        "%d": f"{at.day:02}",
        "%H": f"{at.hour:02}",
        "%M": f"{at.minute:02}",
        "%S": f"{at.second:02}",
    }
    return _DIRECTIVE.sub(lambda match: fields[match[0]], _DEFAULT_FORMAT if format is None else display(format))


@builtin("date_parse(text: string) -> float", pure=True)
def date_parse(text: Value = "") -> float:
    """Seconds since the Unix epoch of a date in UTC, as a float.

    The first six numbers in text are year, month, day, hour, minute and second; a missing time is 0, and what stands
    between the numbers or after them does not matter. Throws when there are fewer than three or one is out of range.
    """
    shown = display(text)
    digits = _NUMBER.findall(shown)[:6]
    if len(digits) < 3 or any(len(number) > _MAX_DIGITS for number in digits):
        raise thrown(f"Cannot parse date: {shown}")
    year, *rest = [int(number) for number in digits] + [0] * (6 - len(digits))
    for value, (name, low, high) in zip(rest, _LIMITS):
        if not low <= value <= high:
            raise thrown(f"Invalid {name}: {value} (must be {low}-{high})")
    month, day, hour, minute, second = rest
    return float(seconds_of(year, month, day, hour, minute, second))


def _whole_seconds(value: Value) -> int:
    """Seconds with the fraction cut off; 0 for what is no number."""
    if type(value) is int:
        return value
    if type(value) is not float or value != value:
        return 0
    return int(max(-_LARGEST_SECONDS, min(_LARGEST_SECONDS, value)))
