"""When a failed call is made again and how long to wait first (chapter 11 section 17).

Pure decisions over errors and numbers; the caller sleeps, so a cancelled wait ends the call and nothing is retried.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from harnpy.llm.observe import Status
from harnpy.vm.classification import TRANSIENT, category_of_error
from harnpy.vm.errors import Category, HarnError, Origin

MAX_RETRY_AFTER_MS = 60_000
_MAX_DOUBLINGS = 4

# What an error of no known category must mention to be worth another attempt.
_WORTH_RETRYING = (
    "too many requests",
    "rate limit",
    "overloaded",
    "service unavailable",
    "bad gateway",
    "gateway timeout",
    "timed out",
    "timeout",
    "delivered no content",
    "eof",
)

_HEADER = "retry-after:"
_NUMBER = re.compile(
    r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:inf|infinity|nan)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a failure. wait_ms is None unless status is RETRYING."""

    status: Status
    retryable: bool
    wait_ms: int | None


def decide(error: HarnError, attempt: int, retries: int, backoff_ms: int, now: float) -> Decision:
    """Whether to try again after attempt (counted from 0) failed. now is Unix time, for Retry-After dates."""
    retryable = is_retryable(error)
    if not retryable:
        return Decision(Status.ERROR, False, None)
    if attempt >= retries:
        return Decision(Status.RETRIES_EXHAUSTED, True, None)
    hint = retry_after_ms(error, now)
    return Decision(Status.RETRYING, True, backoff_wait_ms(backoff_ms, attempt + 1) if hint is None else hint)


def is_retryable(error: HarnError) -> bool:
    """Whether an error is transient. Errors of other effects, such as a deadline of the program, never are."""
    if error.repeatable is False:
        return False
    if error.origin is Origin.CATEGORIZED:
        return error.category in TRANSIENT
    message = _message(error)
    if message is None:
        return False
    category = category_of_error(error)
    if category is not Category.GENERIC:
        return category in TRANSIENT
    lowered = message.lower()
    return any(phrase in lowered for phrase in _WORTH_RETRYING)


def backoff_wait_ms(backoff_ms: int, failures: int) -> int:
    """The wait after that many failed attempts: doubled each time, up to sixteen times backoff_ms."""
    return int(backoff_ms * 2 ** min(failures, _MAX_DOUBLINGS))


def retry_after_ms(error: HarnError, now: float) -> int | None:
    """What the server asked to wait, at most a minute; None if it did not say. RFC 9110 section 10.2.3."""
    message = error.message if error.origin is Origin.CATEGORIZED else _message(error)
    if message is None:
        return None
    # The header stands at the end of the text, behind a body that may mention one, too.
    start = message.lower().rfind(_HEADER)
    if start < 0:
        return None
    value = re.split(r"[\r\n]", message[start + len(_HEADER) :], maxsplit=1)[0].strip()
    number = _NUMBER.match(value)
    if number:
        seconds = float(number[0])
        return min(int(seconds * 1000), MAX_RETRY_AFTER_MS) if math.isfinite(seconds) and seconds > 0 else 0
    return _until_date_ms(value.removesuffix(")").strip(), now)


def _until_date_ms(date: str, now: float) -> int | None:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0, int((moment.timestamp() - now) * 1000)), MAX_RETRY_AFTER_MS)


def _message(error: HarnError) -> str | None:
    """The text to judge; None for type errors and for thrown values that are no strings."""
    if error.origin is Origin.THROWN:
        return error.value if type(error.value) is str else None
    return None if error.origin is Origin.TYPE else error.message
