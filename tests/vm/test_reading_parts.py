"""Properties, subscripts and slices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.vm.errors import HarnError
from harnpy.vm.properties import get_property, get_property_optional
from harnpy.vm.subscripts import get_index, slice_value
from harnpy.vm.values import Duration, EnumVariant, HarnSet, Pair, Range, StructInstance, StructType

POINT = StructInstance(StructType("Point"), {"x": 1})
WITHOUT_PROPERTIES = [
    (1, "int"),
    (1.5, "float"),
    (True, "bool"),
    (HarnSet({}), "set"),
    (Range(0, 3, True), "range"),
    (Duration(1), "duration"),
]


def failure(function, *args):
    with pytest.raises(HarnError) as raised:
        function(*args)
    return raised.value.text


@pytest.mark.parametrize("read", [get_property, get_property_optional])
@pytest.mark.parametrize(
    ("value", "name", "result"),
    [
        ({"a": 1}, "a", 1),
        ({"a": 1}, "b", None),
        ({"a": 1}, "count", None),
        ({"count": 7}, "count", 7),
        ([1, 2], "count", 2),
        ([1, 2], "empty", False),
        ([1, 2], "first", 1),
        ([1, 2], "last", 2),
        ([], "count", 0),
        ([], "empty", True),
        ([], "first", None),
        ([], "last", None),
        ([1], "length", None),
        ("h😀", "count", 2),
        ("", "empty", True),
        ("x", "empty", False),
        ("x", "first", None),
        (POINT, "x", 1),
        (POINT, "y", None),
        (EnumVariant("E", "V", (1, 2)), "variant", "V"),
        (EnumVariant("E", "V", (1, 2)), "fields", [1, 2]),
        (EnumVariant("E", "V"), "fields", []),
        (EnumVariant("E", "V"), "name", None),
        (Pair(1, 2), "first", 1),
        (Pair(1, 2), "second", 2),
    ],
)
def test_property(read, value, name, result):
    outcome = read(value, name)
    assert outcome == result
    assert type(outcome) is type(result)


def test_reading_a_property_of_nil_is_a_type_error():
    assert failure(get_property, None, "a") == "Type error: cannot access property `a` on nil"


def test_a_pair_has_two_properties():
    expected = "Type error: cannot access property `third` on pair (expected `first` or `second`)"
    assert failure(get_property, Pair(1, 2), "third") == expected


@pytest.mark.parametrize(("value", "kind"), WITHOUT_PROPERTIES)
def test_other_kinds_have_no_properties(value, kind):
    assert failure(get_property, value, "count") == f"Type error: cannot access property `count` on {kind}"


@pytest.mark.parametrize("value", [None, Pair(1, 2), *(value for value, _ in WITHOUT_PROPERTIES)])
def test_optional_access_gives_nil_where_a_read_would_fail(value):
    assert get_property_optional(value, "third") is None


@pytest.mark.parametrize(
    ("value", "index", "result"),
    [
        ([1, 2, 3], 0, 1),
        ([1, 2, 3], -1, 3),
        ([1, 2, 3], 3, None),
        ([1, 2, 3], -4, None),
        ([1, 2, 3], 10**30, None),
        ("h😀", 1, "😀"),
        ("h😀", -2, "h"),
        ("h😀", 2, None),
        ({"a": 1}, "a", 1),
        ({"1": "one"}, 1, "one"),
        ({"true": 1}, True, 1),
        ({"1.0": 1}, 1.0, 1),
        ({"a": 1}, "b", None),
        (Range(1, 5, True), 0, 1),
        (Range(1, 5, True), -1, 5),
        (Range(1, 5, False), -1, 4),
    ],
)
def test_subscript(value, index, result):
    assert get_index(value, index) == result


@pytest.mark.parametrize(
    ("numbers", "index", "text"),
    [
        (Range(1, 5, True), 5, "index 5 for range of length 5"),
        (Range(1, 5, True), -6, "index -6 for range of length 5"),
        (Range(5, 1, True), 0, "index 0 for range of length 0"),
        (Range(0, 10**30, False), 10**30, f"index {10**30} for range of length {10**30}"),
    ],
)
def test_a_position_outside_a_range_is_a_runtime_error(numbers, index, text):
    assert failure(get_index, numbers, index) == f"Runtime error: range index out of range: {text}"


@pytest.mark.parametrize(
    ("value", "index", "kinds"),
    [
        ([1], "0", "list with string"),
        ([1], 0.0, "list with float"),
        ([1], True, "list with bool"),
        ("a", None, "string with nil"),
        (Range(0, 1, True), 0.0, "range with float"),
        (None, 0, "nil with int"),
        (HarnSet({}), 0, "set with int"),
        (POINT, "x", "struct with string"),
        (Pair(1, 2), 0, "pair with int"),
        (5, 0, "int with int"),
    ],
)
def test_what_cannot_be_indexed_is_a_type_error(value, index, kinds):
    assert failure(get_index, value, index) == f"Type error: cannot index into {kinds}"


@pytest.mark.parametrize(
    ("value", "start", "end", "result"),
    [
        ([1, 2, 3], 1, None, [2, 3]),
        ([1, 2, 3], None, -1, [1, 2]),
        ([1, 2, 3], None, None, [1, 2, 3]),
        ([1, 2, 3], 2, 1, []),
        ([1, 2, 3], -99, 99, [1, 2, 3]),
        ([1, 2, 3], 5, 9, []),
        ("h😀llo", 1, 3, "😀l"),
        ("abc", -2, None, "bc"),
        ("", 0, 1, ""),
    ],
)
def test_slice(value, start, end, result):
    assert slice_value(value, start, end) == result


@pytest.mark.parametrize(
    ("value", "start", "end", "message"),
    [
        ([1], "0", None, "slice start must be an integer, got string"),
        ([1], 1.0, None, "slice start must be an integer, got float"),
        ([1], None, True, "slice end must be an integer, got bool"),
        ({"a": 1}, 0, 1, "cannot slice dict"),
        (None, 0, 1, "cannot slice nil"),
        (Range(0, 3, True), 0, 1, "cannot slice range"),
    ],
)
def test_what_cannot_be_sliced_is_a_type_error(value, start, end, message):
    assert failure(slice_value, value, start, end) == "Type error: " + message


@given(st.lists(st.integers()), st.integers(-9, 9), st.integers(-9, 9))
def test_a_slice_takes_what_python_takes(items, start, end):
    assert slice_value(items, start, end) == items[start:end]
