"""The range function and the methods of ranges."""

from __future__ import annotations

import pytest
from builtin_calls import call, call_method, callback, caught, iter_of

from harnpy.vm.display import display
from harnpy.vm.values import Range

HUGE = 10**30


@pytest.mark.parametrize(
    ("args", "bounds"), [((3,), (0, 3)), ((1, 4), (1, 4)), ((4, 1), (4, 1)), ((-2,), (0, -2)), ((HUGE,), (0, HUGE))]
)
def test_range_is_half_open(args, bounds):
    result = call("range", *args)
    assert (result.start, result.end, result.inclusive) == (*bounds, False)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("3",), "range(n): expected integer argument"),
        ((3.0,), "range(n): expected integer argument"),
        ((True,), "range(n): expected integer argument"),
        ((1, None), "range(a, b): expected integer arguments"),
        ((1.5, 2), "range(a, b): expected integer arguments"),
        ((), "range expects 1 or 2 integer arguments, got 0"),
        ((1, 2, 3), "range expects 1 or 2 integer arguments, got 3"),
    ],
)
def test_range_reports_other_arguments(args, message):
    assert caught(call, "range", *args) == "Type error: " + message


@pytest.mark.parametrize(
    ("numbers", "name", "args", "result"),
    [
        (Range(1, 5, True), "len", (), 5),
        (Range(1, 5, False), "count", (), 4),
        (Range(5, 1, True), "len", (), 0),
        (Range(0, HUGE, False), "len", (), HUGE),
        (Range(3, 3, False), "empty", (), True),
        (Range(3, 3, True), "empty", (), False),
        (Range(0, HUGE, False), "empty", (), False),
        (Range(1, 5, True), "contains", (5,), True),
        (Range(1, 5, False), "contains", (5,), False),
        (Range(1, 5, True), "contains", (2.0,), False),
        (Range(0, 1, True), "contains", (True,), False),
        (Range(1, 5, True), "contains", (), False),
        (Range(1, 5, True), "first", (), 1),
        (Range(1, 5, True), "first", (3,), 1),
        (Range(1, 5, True), "last", (), 5),
        (Range(1, 5, False), "last", (), 4),
        (Range(5, 1, True), "first", (), None),
        (Range(5, 1, True), "last", (), None),
        (Range(0, HUGE, True), "last", (), HUGE),
        (Range(1, 5, True), "to_string", (), "1 to 5"),
        (Range(0, 3, False), "to_string", (), "0 to 3 exclusive"),
    ],
)
def test_range_method(numbers, name, args, result):
    outcome = call_method(numbers, name, *args)
    assert outcome == result
    assert type(outcome) is type(result)


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("to_list", (), [1, 2, 3]),
        ("sum", (), 6),
        ("min", (), 1),
        ("reduce", (1, callback(lambda a, x: a * 10 + x)), 1123),
        ("any", (callback(lambda x: x > 2),), True),
        ("reverse", (), None),
        ("sort", (), None),
    ],
)
def test_other_names_are_the_methods_of_an_iter_over_it(name, args, result):
    assert call_method(Range(1, 3, True), name, *args) == result


def test_combinators_of_a_range_are_lazy():
    numbers = call_method(Range(0, HUGE, False), "map", callback(lambda x: x * 2))
    assert display(numbers) == "<iter>"
    assert call_method(call_method(numbers, "take", 3), "to_list") == [0, 2, 4]


def test_an_iter_over_a_range_is_lazy():
    assert call_method(call_method(iter_of(Range(0, HUGE, False)), "take", 3), "to_list") == [0, 1, 2]
