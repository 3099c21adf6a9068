"""Dates: calendar arithmetic, formatting, parsing, and the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.builtins import dates
from harnpy.builtins.calendar_dates import iso_text, moment_of, seconds_of
from harnpy.vm.errors import HarnError
from harnpy.vm.values import Duration

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def thrown_by(function: object, *args: object) -> object:
    with pytest.raises(HarnError) as caught:
        function(*args)  # type: ignore[operator]
    return caught.value.caught


@given(st.datetimes(timezones=st.just(UTC)))
def test_calendar_fields_agree_with_python(at: datetime) -> None:
    seconds = (at - _EPOCH) // timedelta(seconds=1)
    expected = (at.year, at.month, at.day, at.hour, at.minute, at.second, at.isoweekday() % 7)
    assert tuple(moment_of(seconds)) == expected


@given(st.integers(-(10**15), 10**15))
def test_calendar_fields_lead_back_to_the_seconds(seconds: int) -> None:
    assert seconds_of(*moment_of(seconds)[:6]) == seconds


def test_iso_text_always_has_three_fraction_digits() -> None:
    assert [iso_text(0), iso_text(1_774_794_600_123)] == ["1970-01-01T00:00:00.000Z", "2026-03-29T14:30:00.123Z"]


@pytest.mark.parametrize(
    ("date", "text"),
    [
        (1705276800, "2024-01-15 00:00:00"),
        (1705276800.999, "2024-01-15 00:00:00"),
        ({"timestamp": 86399}, "1970-01-01 23:59:59"),
        ({"timestamp": "86399"}, "1970-01-01 00:00:00"),
        ({}, "1970-01-01 00:00:00"),
        ("1705276800", "1970-01-01 00:00:00"),
        (None, "1970-01-01 00:00:00"),
        (-0.5, "1970-01-01 00:00:00"),
        (float("nan"), "1970-01-01 00:00:00"),
        (True, "1970-01-01 00:00:00"),
        (Duration(5000), "1970-01-01 00:00:00"),
        (10**15, "31690708-07-05 01:46:40"),
    ],
)
def test_date_format_reads_seconds_and_dicts(date: object, text: str) -> None:
    assert dates.date_format(date) == text


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("%Y-%m-%d", "2024-01-05"),
        ("%H:%M:%S %H", "03:04:09 03"),
        ("%%Y %j %", "%2024 %j %"),
        ("", ""),
        (7, "7"),
        (None, "2024-01-05 03:04:09"),
    ],
)
def test_date_format_replaces_its_directives_only(format: object, text: str) -> None:
    assert dates.date_format(1704423849, format) == text


@pytest.mark.parametrize("date", [-1, -1.5, {"timestamp": -1}, float("-inf")])
def test_dates_before_the_epoch_are_not_formatted(date: object) -> None:
    expected = "date_format: negative timestamps (pre-epoch dates) are not supported"
    assert thrown_by(dates.date_format, date) == expected


def test_an_infinite_date_is_formatted_as_the_latest() -> None:
    assert dates.date_format(float("inf"), "%Y") == "292277026596"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-01-15", 1705276800.0),
        ("2024-01-15 10:30", 1705314600.0),
        ("2024-01-15T10:30:00.5+02:00", 1705314600.0),
        ("on 2024/1/15, at 10h30", 1705314600.0),
        ("-2024-01-15", 1705276800.0),
        ("1969-12-31 23:59:59", -1.0),
        ("2023-02-31", 1677801600.0),
        ("٢٠٢٤ 2024 01 15", 1705276800.0),
    ],
)
def test_date_parse_takes_numbers_in_order(text: str, seconds: float) -> None:
    parsed = dates.date_parse(text)
    assert (type(parsed), parsed) == (float, seconds)


@pytest.mark.parametrize("text", ["", "2024-01", "soon", "9" * 30 + "-01-01"])
def test_date_parse_wants_three_numbers(text: str) -> None:
    assert thrown_by(dates.date_parse, text) == f"Cannot parse date: {text}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2024-13-40", "Invalid month: 13 (must be 1-12)"),
        ("2024-00-01", "Invalid month: 0 (must be 1-12)"),
        ("2024-01-32", "Invalid day: 32 (must be 1-31)"),
        ("2024-01-00", "Invalid day: 0 (must be 1-31)"),
        ("2024-01-01 24", "Invalid hour: 24 (must be 0-23)"),
        ("2024-01-01 23:60", "Invalid minute: 60 (must be 0-59)"),
        ("2024-01-01 23:59:60", "Invalid second: 60 (must be 0-59)"),
    ],
)
def test_date_parse_checks_its_numbers(text: str, message: str) -> None:
    assert thrown_by(dates.date_parse, text) == message


@given(st.integers(0, 10**11))
def test_what_is_formatted_parses_back(seconds: int) -> None:
    assert dates.date_parse(dates.date_format(seconds)) == float(seconds)


@given(st.text())
def test_date_parse_gives_seconds_or_throws(text: str) -> None:
    try:
        assert type(dates.date_parse(text)) is float
    except HarnError as error:
        assert isinstance(error.caught, str)
