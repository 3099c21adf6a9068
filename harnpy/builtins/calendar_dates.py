"""Unix seconds to calendar fields and back: UTC, proleptic Gregorian, no leap seconds, any year. Knows no clock."""

from __future__ import annotations

from harnpy.records import NamedTuple

_DAY = 86_400
_ERA_DAYS = 146_097  # 400 years
_EPOCH = 719_468  # days from 0000-03-01 to 1970-01-01


class Moment(NamedTuple):
    """weekday counts from Sunday, 0."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    weekday: int


def moment_of(seconds: int) -> Moment:
    """The calendar fields of a number of seconds since the Unix epoch.

    The date part is civil_from_days of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms": years begin
    in March there, so that the leap day is the last of its year.
    """
    days, rest = divmod(seconds, _DAY)
    era, day_of_era = divmod(days + _EPOCH, _ERA_DAYS)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    year = 400 * era + year_of_era + (month <= 2)
    return Moment(year, month, day, rest // 3600, rest // 60 % 60, rest % 60, (days + 4) % 7)


def seconds_of(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Seconds since the Unix epoch; a day beyond the end of its month rolls into the next one.

    The inverse of moment_of, by days_from_civil of the same source.
    """
    shifted_year = year - (month <= 2)
    era, year_of_era = divmod(shifted_year, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    days = era * _ERA_DAYS + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - _EPOCH
    return days * _DAY + hour * 3600 + minute * 60 + second


def iso_text(milliseconds: int) -> str:
    """`2026-03-29T14:30:00.123Z` for milliseconds since the Unix epoch."""
    seconds, fraction = divmod(milliseconds, 1000)
    at = moment_of(seconds)
    date = f"{at.year:04}-{at.month:02}-{at.day:02}"
    return f"{date}T{at.hour:02}:{at.minute:02}:{at.second:02}.{fraction:03}Z"
