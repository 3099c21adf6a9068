"""Which failures are worth another attempt, and how long to wait before it."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.llm.observe import Status
from harnpy.llm.retry import backoff_wait_ms, decide, is_retryable, retry_after_ms
from harnpy.vm.errors import Category, HarnError, categorized_error, runtime_error, thrown, type_error

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    "error",
    [
        thrown("openai HTTP 429 Too Many Requests [rate_limited]: slow"),
        thrown("openai HTTP 500 Internal Server Error [http_error]: x"),
        thrown("openai stream error (connect): connection refused"),
        thrown("the server timed out"),
        thrown("Rate Limit reached"),
        thrown("model m delivered no content"),
        runtime_error("unexpected EOF"),
        categorized_error(Category.OVERLOADED, "busy"),
        categorized_error(Category.TRANSIENT_NETWORK, "gone"),
    ],
)
def test_transient_failures_are_retryable(error: HarnError) -> None:
    assert is_retryable(error)


@pytest.mark.parametrize(
    "error",
    [
        thrown("openai HTTP 401 Unauthorized [http_error]: timeout"),
        thrown("openai HTTP 400 Bad Request [http_error]: no"),
        thrown("something else"),
        thrown({"category": "rate_limit", "message": "429"}),
        type_error("timeout"),
        categorized_error(Category.AUTH, "timeout"),
        categorized_error(Category.SCHEMA_VALIDATION, "429"),
    ],
)
def test_other_failures_are_not(error: HarnError) -> None:
    assert not is_retryable(error)


def test_a_deadline_of_the_program_is_never_retried() -> None:
    error = thrown("Deadline exceeded")
    error.repeatable = False
    assert not is_retryable(error)


def test_the_backoff_doubles_up_to_sixteenfold() -> None:
    assert [backoff_wait_ms(2000, failures) for failures in range(1, 7)] == [4000, 8000, 16000, 32000, 32000, 32000]


def test_the_last_attempt_that_fails_is_said_to_be_exhausted() -> None:
    error = thrown("timeout")
    assert decide(error, 0, 2, 1000, NOW).status is Status.RETRYING
    assert decide(error, 0, 2, 1000, NOW).wait_ms == 2000
    assert decide(error, 2, 2, 1000, NOW).status is Status.RETRIES_EXHAUSTED
    assert decide(error, 2, 2, 1000, NOW).wait_ms is None
    assert decide(thrown("no"), 0, 2, 1000, NOW).status is Status.ERROR


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("x (retry-after: 7)", 7000),
        ("x (Retry-After: 1.5)", 1500),
        ("x retry-after: 0.0019\r\nmore", 1),
        ("x (retry-after: 3600)", 60000),
        ("x (retry-after: -5)", 0),
        ("x (retry-after: inf)", 0),
        ("x (retry-after: nan)", 0),
        ("x (retry-after: soon)", None),
        ("x (retry-after: )", None),
        ("x", None),
    ],
)
def test_retry_after_in_seconds(text: str, wait: int | None) -> None:
    assert retry_after_ms(thrown(text), NOW) == wait


@pytest.mark.parametrize(("distance", "wait"), [(5, 5000), (-5, 0), (500, 60000)])
def test_retry_after_as_a_date(distance: int, wait: int) -> None:
    date = formatdate(NOW + distance, usegmt=True)
    assert retry_after_ms(thrown(f"x (retry-after: {date})"), NOW) == wait
    assert retry_after_ms(runtime_error(f"retry-after: {date}"), NOW) == wait


def test_the_header_counts_rather_than_the_body() -> None:
    assert retry_after_ms(thrown("P HTTP 429 x [y]: retry-after: 9 (retry-after: 2)"), NOW) == 2000


def test_retry_after_is_read_from_categorized_messages_and_no_other_values() -> None:
    assert retry_after_ms(categorized_error(Category.RATE_LIMIT, "retry-after: 2"), NOW) == 2000
    assert retry_after_ms(thrown({"message": "retry-after: 2"}), NOW) is None


def test_retry_after_comes_before_the_backoff() -> None:
    assert decide(thrown("HTTP 429 (retry-after: 1)"), 0, 2, 2000, NOW).wait_ms == 1000


@given(st.text(max_size=40))
def test_no_header_value_makes_it_fail(value: str) -> None:
    wait = retry_after_ms(thrown(f"(retry-after: {value})"), NOW)
    assert wait is None or 0 <= wait <= 60000
