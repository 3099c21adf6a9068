"""Arithmetic functions: results, kinds of results, and that nothing ever raises."""

from __future__ import annotations

import math

import pytest
from builtin_calls import call
from hypothesis import given
from hypothesis import strategies as st

ROUNDING = ["floor", "ceil", "round"]
TRIGONOMETRY = ["sin", "cos", "tan", "asin", "acos", "atan"]
ONE_NUMBER = [*ROUNDING, *TRIGONOMETRY, "abs", "sqrt", "ln", "log2", "log10", "exp", "sign"]
TWO_NUMBERS = ["pow", "min", "max", "atan2"]
EDGES = [0, 1, -1, 2.5, -0.0, math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324, 10**400, -(10**400)]


def same_number(result, expected):
    if type(result) is not type(expected):
        return False
    if type(expected) is not float:
        return bool(result == expected)
    if expected != expected:
        return result != result
    return result == expected and math.copysign(1, result) == math.copysign(1, expected)


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("abs", (-5,), 5),
        ("abs", (-5.5,), 5.5),
        ("abs", (-0.0,), 0.0),
        ("floor", (2.7,), 2),
        ("floor", (-2.1,), -3),
        ("floor", (7,), 7),
        ("ceil", (2.1,), 3),
        ("ceil", (-2.9,), -2),
        ("round", (2.5,), 3),
        ("round", (-2.5,), -3),
        ("round", (2.4,), 2),
        ("round", (0.5,), 1),
        ("round", (1.5,), 2),
        ("round", (0.49999999999999994,), 0),
        ("round", (4503599627370497.0,), 4503599627370497),
        ("round", (math.nan,), 0),
        ("floor", (math.inf,), 2**63 - 1),
        ("ceil", (-math.inf,), -(2**63)),
        ("sqrt", (16,), 4.0),
        ("sqrt", (2.25,), 1.5),
        ("sqrt", (-1,), math.nan),
        ("sqrt", (math.inf,), math.inf),
        ("pow", (2, 10), 1024),
        ("pow", (2, 100), 2**100),
        ("pow", (2, -1), 0.5),
        ("pow", (2, 2.0), 4.0),
        ("pow", (2.0, 3), 8.0),
        ("pow", (0, -1), math.inf),
        ("pow", (-2.0, 0.5), math.nan),
        ("pow", (10.0, 400), math.inf),
        ("pow", (-1, 10**20 + 1), -1),
        ("pow", (0, 0), 1),
        ("min", (1, 2), 1),
        ("min", (1, 2.5), 1.0),
        ("max", (1, 2), 2),
        ("max", (1, 2.5), 2.5),
        ("max", (3, 2.5), 3.0),
        ("min", (math.nan, 3), 3.0),
        ("max", (3, math.nan), 3.0),
        ("min", (math.nan, math.nan), math.nan),
        ("min", (3, 2, 1), 2),
        ("sin", (0,), 0.0),
        ("cos", (0,), 1.0),
        ("tan", (0,), 0.0),
        ("sin", (math.inf,), math.nan),
        ("asin", (1,), math.pi / 2),
        ("asin", (2,), math.nan),
        ("acos", (1,), 0.0),
        ("acos", (-2,), math.nan),
        ("atan", (math.inf,), math.pi / 2),
        ("atan2", (1, 1), math.pi / 4),
        ("atan2", (0, -1), math.pi),
        ("ln", (1,), 0.0),
        ("ln", (0,), -math.inf),
        ("ln", (-1,), math.nan),
        ("ln", (math.nan,), math.nan),
        ("log2", (8,), 3.0),
        ("log10", (1000,), 3.0),
        ("log10", (10**400,), 400.0),
        ("exp", (0,), 1.0),
        ("exp", (1000,), math.inf),
        ("exp", (-math.inf,), 0.0),
        ("sign", (-7,), -1),
        ("sign", (0.0,), 0),
        ("sign", (2.5,), 1),
        ("sign", (math.inf,), 1),
        ("sign", (math.nan,), math.nan),
    ],
)
def test_function_gives_the_number(name, args, result):
    assert same_number(call(name, *args), result)


@pytest.mark.parametrize("name", ONE_NUMBER)
@pytest.mark.parametrize("value", [None, True, "4", [1], {}])
def test_a_non_number_gives_nil(name, value):
    assert call(name, value) is None


@pytest.mark.parametrize("name", ONE_NUMBER + TWO_NUMBERS)
def test_missing_arguments_give_nil(name):
    assert call(name) is None


@pytest.mark.parametrize("name", TWO_NUMBERS)
@pytest.mark.parametrize("args", [(1,), (1, "2"), (None, 2), (True, 2), ([3, 1],)])
def test_two_numbers_are_needed(name, args):
    assert call(name, *args) is None


@pytest.mark.parametrize("name", ONE_NUMBER)
@pytest.mark.parametrize("value", EDGES)
def test_edges_give_a_number_and_never_raise(name, value):
    assert type(call(name, value)) in (int, float)


@pytest.mark.parametrize("name", TWO_NUMBERS)
@pytest.mark.parametrize("left", EDGES)
@pytest.mark.parametrize("right", [edge for edge in EDGES if edge not in (10**400,)])
def test_edges_in_pairs_give_a_number_and_never_raise(name, left, right):
    assert type(call(name, left, right)) in (int, float)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_round_is_the_nearest_int_and_away_from_zero_between_two(number):
    rounded = call("round", number)
    assert abs(rounded - number) <= 0.5
    if abs(rounded - number) == 0.5:
        assert abs(rounded) > abs(number)


@pytest.mark.parametrize(
    ("name", "value", "result"),
    [
        ("is_nan", math.nan, True),
        ("is_nan", 1.0, False),
        ("is_nan", "NaN", False),
        ("is_nan", None, False),
        ("is_infinite", -math.inf, True),
        ("is_infinite", 1.0, False),
        ("is_infinite", 1, False),
        ("is_infinite", "inf", False),
    ],
)
def test_tests_for_special_floats(name, value, result):
    assert call(name, value) is result


def test_random_is_a_float_below_one():
    assert all(0.0 <= call("random") < 1.0 for _ in range(100))


def test_random_int_includes_both_ends():
    assert {call("random_int", 1, 3) for _ in range(200)} == {1, 2, 3}


def test_random_int_with_reversed_bounds_is_nil():
    assert call("random_int", 3, 1) is None


def test_random_int_needs_two_arguments():
    assert call("random_int") is None
    assert call("random_int", 5) is None


def test_random_int_takes_other_values_for_zero():
    assert call("random_int", "5", 0) == 0
    assert call("random_int", -1.5, None) == 0
