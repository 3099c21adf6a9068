"""Result helpers, throw_error, error categories, assertions."""

from __future__ import annotations

import pytest
from builtin_calls import call, caught
from hypothesis import given
from hypothesis import strategies as st

from harnpy.vm.classification import category_of_error, classify_message
from harnpy.vm.display import display
from harnpy.vm.errors import CATEGORY_NAMES, Category, categorized_error, runtime_error, thrown
from harnpy.vm.values import EnumVariant, err, ok

OTHER_VARIANT = EnumVariant("Result", "Pending", (1,))
OTHER_ENUM = EnumVariant("Maybe", "Ok", (1,))


@pytest.mark.parametrize(
    ("name", "args", "text"),
    [
        ("Ok", (1,), "Result.Ok(1)"),
        ("Ok", (), "Result.Ok(nil)"),
        ("Err", ("bad",), "Result.Err(bad)"),
        ("Err", (), "Result.Err(nil)"),
    ],
)
def test_constructors_make_results(name, args, text):
    assert display(call(name, *args)) == text


@pytest.mark.parametrize(
    ("value", "is_ok", "is_err"),
    [
        (ok(1), True, False),
        (err(1), False, True),
        (OTHER_VARIANT, False, False),
        (OTHER_ENUM, False, False),
        (5, False, False),
        (None, False, False),
    ],
)
def test_is_ok_and_is_err(value, is_ok, is_err):
    assert call("is_ok", value) is is_ok
    assert call("is_err", value) is is_err


def test_unwrap_gives_the_value_of_an_ok():
    assert call("unwrap", ok(5)) == 5


def test_unwrap_of_an_err_shows_the_error():
    assert caught(call, "unwrap", err({"a": 1})) == "Runtime error: unwrap called on Err: {a: 1}"


@pytest.mark.parametrize("value", [5, None, OTHER_VARIANT, OTHER_ENUM])
def test_unwrap_passes_other_values_through(value):
    assert call("unwrap", value) is value
    assert call("unwrap_or", value, 9) is value


@pytest.mark.parametrize(
    ("args", "result"), [((ok(5), 9), 5), ((err(5), 9), 9), ((err(5),), None), ((ok(None), 9), None)]
)
def test_unwrap_or(args, result):
    assert call("unwrap_or", *args) == result


def test_unwrap_err_gives_the_error():
    assert call("unwrap_err", err("bad")) == "bad"


@pytest.mark.parametrize("value", [ok(1), 5, None, OTHER_VARIANT])
def test_unwrap_err_of_anything_else_is_an_error(value):
    assert caught(call, "unwrap_err", value) == "Runtime error: unwrap_err called on non-Err"


def test_results_without_content_unwrap_to_nil():
    assert call("unwrap", EnumVariant("Result", "Ok")) is None
    assert call("unwrap_err", EnumVariant("Result", "Err")) is None


@pytest.mark.parametrize(
    ("args", "value"),
    [
        (("boom",), {"category": "generic", "message": "boom"}),
        (("boom", "timeout"), {"category": "timeout", "message": "boom"}),
        (("boom", "silly"), {"category": "generic", "message": "boom"}),
        (("boom", None), {"category": "generic", "message": "boom"}),
        ((42, "auth"), {"category": "auth", "message": "42"}),
        ((), {"category": "generic", "message": ""}),
    ],
)
def test_throw_error_throws_a_dict(args, value):
    assert caught(call, "throw_error", *args) == value


@pytest.mark.parametrize("category", sorted(CATEGORY_NAMES))
def test_throw_error_knows_every_category(category):
    assert caught(call, "throw_error", "m", category)["category"] == category


@pytest.mark.parametrize(
    ("message", "category"),
    [
        ("HTTP 401", "auth"),
        ("403 Forbidden", "auth"),
        ("404", "not_found"),
        ("410", "not_found"),
        ("408", "timeout"),
        ("504", "timeout"),
        ("522", "timeout"),
        ("524", "timeout"),
        ("status=429", "rate_limit"),
        ("503", "overloaded"),
        ("529", "overloaded"),
        ("500", "server_error"),
        ("502", "server_error"),
        ("418 then 429", "rate_limit"),
        ("x500y", "server_error"),
        ("5000", "generic"),
        ("1429", "generic"),
        ("399 600", "generic"),
        ("٤٢٩", "generic"),
        ("404 overloaded_error", "not_found"),
        ("Deadline exceeded", "timeout"),
        ("context deadline exceeded", "timeout"),
        ("deadline exceeded", "generic"),
        ("overloaded_error", "overloaded"),
        ("api_error", "server_error"),
        ("overloaded_error api_error", "overloaded"),
        ("insufficient_quota", "rate_limit"),
        ("billing_hard_limit_reached", "rate_limit"),
        ("invalid_api_key", "auth"),
        ("authentication_error", "auth"),
        ("not_found_error", "not_found"),
        ("model_not_found", "not_found"),
        ("circuit_open", "circuit_open"),
        ("API_ERROR", "generic"),
        ("Connection Reset by peer", "transient_network"),
        ("connection refused", "transient_network"),
        ("connection closed", "transient_network"),
        ("BROKEN PIPE", "transient_network"),
        ("dns error", "transient_network"),
        ("stream error", "transient_network"),
        ("unexpected EOF", "transient_network"),
        ("something else", "generic"),
        ("", "generic"),
        ("Error [auth]: bad key", "auth"),
        ("Error [rate_limit]: 500", "rate_limit"),
        ("Error [silly]: 429", "rate_limit"),
        ("an Error [auth]: bad key", "generic"),
    ],
)
def test_messages_are_classified(message, category):
    assert call("error_category", message) == category


@pytest.mark.parametrize(
    ("error", "category"),
    [
        ({"category": "timeout"}, "timeout"),
        ({"category": "anything"}, "anything"),
        ({"category": 5}, "5"),
        ({"category": None}, "nil"),
        ({"message": "429"}, "generic"),
        (429, "generic"),
        (None, "generic"),
        (err("429"), "generic"),
    ],
)
def test_error_category_of_other_values(error, category):
    assert call("error_category", error) == category


@pytest.mark.parametrize(
    ("name", "error", "result"),
    [
        ("is_timeout", {"category": "timeout"}, True),
        ("is_timeout", {"category": "rate_limit"}, False),
        ("is_timeout", {"message": "504"}, False),
        ("is_timeout", "504 Gateway Timeout", True),
        ("is_timeout", "timeout", False),
        ("is_timeout", 504, False),
        ("is_timeout", None, False),
        ("is_rate_limited", {"category": "rate_limit"}, True),
        ("is_rate_limited", "429", True),
        ("is_rate_limited", "rate limited", False),
        ("is_rate_limited", {}, False),
    ],
)
def test_category_tests(name, error, result):
    assert call(name, error) is result


@given(st.text())
def test_classification_never_fails(message):
    assert classify_message(message) in Category


@pytest.mark.parametrize(
    ("error", "category"),
    [
        (categorized_error(Category.AUTH, "429"), Category.AUTH),
        (thrown({"category": "timeout", "message": ""}), Category.TIMEOUT),
        (thrown({"category": "silly"}), Category.GENERIC),
        (thrown("HTTP 429"), Category.RATE_LIMIT),
        (thrown(429), Category.GENERIC),
        (runtime_error("connection refused"), Category.TRANSIENT_NETWORK),
    ],
)
def test_an_error_under_way_has_one_of_the_known_categories(error, category):
    assert category_of_error(error) is category


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("assert", (True,)),
        ("assert", ("x", "message")),
        ("assert_eq", (1, 1.0)),
        ("assert_eq", ([1, {"a": None}], [1, {"a": None}])),
        ("assert_ne", (1, 2)),
        ("assert_ne", (1, True, "message")),
    ],
)
def test_assertions_that_hold_give_nil(name, args):
    assert call(name, *args) is None


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("assert", (False,), "Assertion failed"),
        ("assert", ([],), "Assertion failed"),
        ("assert", (), "Assertion failed"),
        ("assert", (0, "zero!"), "zero!"),
        ("assert", (0, 42), "42"),
        ("assert", (0, None), "nil"),
        ("assert_eq", (1, 2), "Assertion failed: expected 2, got 1"),
        ("assert_eq", ("a", ["b"]), "Assertion failed: expected [b], got a"),
        ("assert_eq", (1, 2, "differ"), "differ"),
        ("assert_eq", (1,), "assert_eq requires at least 2 arguments"),
        ("assert_eq", (), "assert_eq requires at least 2 arguments"),
        ("assert_ne", (1, 1), "Assertion failed: values should not be equal: 1"),
        ("assert_ne", (1, 1, "same"), "same"),
        ("assert_ne", (1,), "assert_ne requires at least 2 arguments"),
    ],
)
def test_assertions_that_fail_throw_their_message(name, args, message):
    assert caught(call, name, *args) == message
