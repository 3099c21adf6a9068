"""Which category an error belongs to, judged by its value or its message (chapter 02 section 11.2)."""

from __future__ import annotations

import re

from harnpy.vm.display import display
from harnpy.vm.errors import Category, HarnError, Origin
from harnpy.vm.values import Value

TRANSIENT = frozenset(
    {
        Category.TIMEOUT,
        Category.RATE_LIMIT,
        Category.OVERLOADED,
        Category.SERVER_ERROR,
        Category.TRANSIENT_NETWORK,
    }
)

_BY_NAME = {category.value: category for category in Category}

_CAUGHT_CATEGORIZED = re.compile(r"Error \[([a-z_]+)\]: ")

_THREE_DIGITS = re.compile(r"(?<![0-9])[0-9]{3}(?![0-9])")

_BY_STATUS = {
    "401": Category.AUTH,
    "403": Category.AUTH,
    "404": Category.NOT_FOUND,
    "410": Category.NOT_FOUND,
    "408": Category.TIMEOUT,
    "504": Category.TIMEOUT,
    "522": Category.TIMEOUT,
    "524": Category.TIMEOUT,
    "429": Category.RATE_LIMIT,
    "503": Category.OVERLOADED,
    "529": Category.OVERLOADED,
    "500": Category.SERVER_ERROR,
    "502": Category.SERVER_ERROR,
}

# Tried in this order, case-sensitively.
_BY_PHRASE = (
    ("Deadline exceeded", Category.TIMEOUT),
    ("context deadline exceeded", Category.TIMEOUT),
    ("overloaded_error", Category.OVERLOADED),
    ("api_error", Category.SERVER_ERROR),
    ("insufficient_quota", Category.RATE_LIMIT),
    ("billing_hard_limit_reached", Category.RATE_LIMIT),
    ("invalid_api_key", Category.AUTH),
    ("authentication_error", Category.AUTH),
    ("not_found_error", Category.NOT_FOUND),
    ("model_not_found", Category.NOT_FOUND),
    ("circuit_open", Category.CIRCUIT_OPEN),
)

_NETWORK_PHRASES = (
    "connection reset",
    "connection refused",
    "connection closed",
    "broken pipe",
    "dns error",
    "stream error",
    "unexpected eof",
)


def category_named(name: str) -> Category:
    """The category of that name; GENERIC for a name outside the vocabulary."""
    return _BY_NAME.get(name, Category.GENERIC)


def classify_message(message: str) -> Category:
    """The category that the wording of an error message points to. The first rule that applies decides."""
    caught = _CAUGHT_CATEGORIZED.match(message)
    if caught and caught[1] in _BY_NAME:
        return _BY_NAME[caught[1]]
    for code in _THREE_DIGITS.findall(message):
        if code in _BY_STATUS:
            return _BY_STATUS[code]
    for phrase, category in _BY_PHRASE:
        if phrase in message:
            return category
    lowered = message.lower()
    if any(phrase in lowered for phrase in _NETWORK_PHRASES):
        return Category.TRANSIENT_NETWORK
    return Category.GENERIC


def category_of_value(value: Value) -> str:
    """The category of a caught error value, as `error_category` reports it.

    A dict's own `category` is reported as it stands, in the vocabulary or not.
    """
    if type(value) is dict:
        return display(value["category"]) if "category" in value else Category.GENERIC.value
    if type(value) is str:
        return classify_message(value).value
    return Category.GENERIC.value


def category_of_error(error: HarnError) -> Category:
    """The category of an error under way, as retries judge it; always one of the vocabulary."""
    if error.origin is Origin.CATEGORIZED:
        return error.category
    if error.origin is Origin.THROWN:
        return category_named(category_of_value(error.value))
    return classify_message(error.message)
