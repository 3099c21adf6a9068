"""Kinds and conversions: type_of, to_*, len, identity, unreachable."""

from __future__ import annotations

import math

import pytest
from builtin_calls import call, callback, caught, iter_of, set_of
from hypothesis import given
from hypothesis import strategies as st

from harnpy.vm.values import Atomic, Duration, EnumVariant, Pair, Range, StructInstance, StructType


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "string"),
        (1, "int"),
        (1.0, "float"),
        (True, "bool"),
        (None, "nil"),
        ([], "list"),
        ({}, "dict"),
        (callback(lambda: None), "builtin"),
        (Duration(1), "duration"),
        (EnumVariant("E", "V"), "enum"),
        (StructInstance(StructType("S"), {}), "struct"),
        (Atomic(0), "atomic"),
        (set_of(), "set"),
        (Range(0, 1, True), "range"),
        (iter_of([]), "iter"),
        (Pair(1, 2), "pair"),
    ],
)
def test_type_of_names_every_kind(value, kind):
    assert call("type_of", value) == kind


def test_to_string_is_the_display_form():
    assert call("to_string", [1, 2.0, "a", None]) == "[1, 2.0, a, nil]"


def test_to_string_without_argument_is_nil():
    assert call("to_string") == "nil"


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (5, 5),
        (2.9, 2),
        (-2.9, -2),
        (math.nan, 0),
        (math.inf, 2**63 - 1),
        (-math.inf, -(2**63)),
        (1e20, 10**20),
        ("42", 42),
        ("+42", 42),
        ("-042", -42),
        ("9" * 30, 10**30 - 1),
        ("", None),
        ("-", None),
        (" 42", None),
        ("42\n", None),
        ("4_2", None),
        ("4.0", None),
        ("٤", None),
        (True, None),
        (None, None),
        ([1], None),
        (Duration(5), None),
    ],
)
def test_to_int_converts_numbers_and_plain_digits_only(value, result):
    assert call("to_int", value) == result
    assert type(call("to_int", value)) is type(result)


def test_to_int_reads_numbers_longer_than_python_converts_at_once():
    assert call("to_int", "-1" + "0" * 9001) == -(10**9001)


@given(st.text(alphabet="+-0123456789 _.e", max_size=6))
def test_to_int_takes_a_sign_and_digits_and_nothing_else(text):
    body = text[1:] if text[:1] in ("+", "-") else text
    accepted = body != "" and set(body) <= set("0123456789")
    assert call("to_int", text) == (int(text) if accepted else None)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (1, 1.0),
        (1.5, 1.5),
        (10**400, math.inf),
        ("1", 1.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e-3", 0.001),
        ("-1.5E2", -150.0),
        ("+2", 2.0),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
        ("1e999", math.inf),
        ("", None),
        (".", None),
        ("e5", None),
        ("1 ", None),
        ("1_0", None),
        ("0x10", None),
        ("١", None),
        ("ınf", None),
        (True, None),
        (None, None),
    ],
)
def test_to_float_converts_numbers_and_decimal_text_only(value, result):
    assert call("to_float", value) == result


@pytest.mark.parametrize("text", ["nan", "NaN", "-nan"])
def test_to_float_reads_nan_in_any_case(text):
    assert math.isnan(call("to_float", text))


@given(st.text(alphabet="+-0123456789.eE_ infaty", max_size=8))
def test_to_float_accepts_only_what_python_accepts_too(text):
    result = call("to_float", text)
    if result is not None:
        assert "_" not in text and " " not in text
        assert result == float(text) or math.isnan(result)


@given(st.floats(allow_nan=False))
def test_to_float_reads_back_what_was_printed(number):
    assert call("to_float", call("to_string", number)) == number


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (["a"], ["a"]),
        (set_of(2, 1), [2, 1]),
        ("ab", ["ab"]),
        (None, [None]),
        ({"a": 1}, [{"a": 1}]),
    ],
)
def test_to_list_unpacks_only_lists_and_sets(value, result):
    assert call("to_list", value) == result


def test_to_list_wraps_a_range():
    numbers = Range(1, 3, True)
    assert call("to_list", numbers) == [numbers]


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("héé", 3),
        ("😀", 1),
        ([1, 2], 2),
        (set_of(1, 2), 2),
        ({"a": 1}, 1),
        (Range(1, 5, True), 5),
        (Range(1, 5, False), 4),
        (Range(5, 1, True), 0),
        (Range(0, 10**30, False), 10**30),
        (None, 0),
        (42, 0),
        (True, 0),
        (Pair(1, 2), 0),
        (StructInstance(StructType("S"), {"a": 1}), 0),
    ],
)
def test_len_counts_what_a_container_holds(value, result):
    assert call("len", value) == result


def test_len_of_an_iter_is_zero():
    assert call("len", iter_of([1, 2])) == 0


def test_is_same_asks_containers_for_identity():
    items = [1]
    assert call("is_same", items, items) is True
    assert call("is_same", items, [1]) is False


def test_is_same_asks_other_kinds_for_equality():
    assert call("is_same", "a" * 3, "aaa") is True
    assert call("is_same", 1, 1.0) is True
    assert call("is_same", True, 1) is False


def test_addr_of_tells_stored_objects_apart():
    left, right = [1], [1]
    assert call("addr_of", left).startswith("list@")
    assert call("addr_of", left) == call("addr_of", left)
    assert call("addr_of", left) != call("addr_of", right)


@pytest.mark.parametrize(("value", "prefix"), [({}, "dict@"), (set_of(), "set@"), ("x", "string@")])
def test_addr_of_begins_with_the_kind(value, prefix):
    assert call("addr_of", value).startswith(prefix)


def test_addr_of_equal_strings_is_equal():
    assert call("addr_of", "ab") == call("addr_of", "a" + "b")
    assert call("addr_of", "ab") != call("addr_of", "ba")


@pytest.mark.parametrize(
    ("value", "result"),
    [(42, "int@42"), (None, "nil@nil"), (Pair(1, 2), "pair@(1, 2)"), (callback(lambda: None), "builtin@callback")],
)
def test_addr_of_other_kinds_shows_the_value(value, result):
    assert call("addr_of", value) == result


def test_unreachable_is_a_runtime_error():
    assert caught(call, "unreachable") == "Runtime error: unreachable code was reached"


def test_unreachable_shows_its_argument():
    assert caught(call, "unreachable", [1]) == "Runtime error: unreachable code was reached: [1]"
    assert caught(call, "unreachable", None) == "Runtime error: unreachable code was reached: nil"
