"""Methods of lists, row by row, odd arguments included."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from builtin_calls import call_method, callback, set_of
from hypothesis import given
from hypothesis import strategies as st
from support import growth

from harnpy.vm.compare import compare, equal
from harnpy.vm.values import Duration, Pair

EVEN = callback(lambda x: x % 2 == 0)
DOUBLE = callback(lambda x: x * 2)
NO_CALLBACKS = [(), (None,), (42,), ("trim",)]
NUMBERS = st.one_of(st.integers(), st.floats())


@pytest.mark.parametrize(
    ("items", "name", "args", "result"),
    [
        ([1, 2], "count", (), 2),
        ([], "empty", (), True),
        ([None], "empty", (), False),
        ([1, 2], "map", (DOUBLE,), [2, 4]),
        ([1, 2], "map", (callback(lambda: "x"),), ["x", "x"]),
        ([1, 2, 4], "filter", (EVEN,), [2, 4]),
        ([0, "", None, "a", [], 1], "filter", (callback(lambda x: x),), ["a", 1]),
        ([1, [2]], "flat_map", (callback(lambda x: x if isinstance(x, list) else [x, [x]]),), [1, [1], 2]),
        ([1, 2], "flat_map", (DOUBLE,), [2, 4]),
        ([1, 2, 3], "reduce", (10, callback(lambda a, x: a - x)), 4),
        ([], "reduce", (10, callback(lambda a, x: a - x)), 10),
        ([1, 2, 3, 4], "find", (EVEN,), 2),
        ([1, 3], "find", (EVEN,), None),
        ([1, 2, 4], "find_index", (EVEN,), 1),
        ([1], "find_index", (EVEN,), -1),
        ([1, 2], "any", (EVEN,), True),
        ([1], "any", (EVEN,), False),
        ([], "any", (EVEN,), False),
        ([2, 4], "all", (EVEN,), True),
        ([2, 1], "every", (EVEN,), False),
        ([], "all", (EVEN,), True),
        ([1, 3], "none", (EVEN,), True),
        ([1, 2], "none", (EVEN,), False),
        ([], "none", (EVEN,), True),
        ([1, 2, 3, 4], "partition", (EVEN,), [[2, 4], [1, 3]]),
        ([1, 2, 3], "group_by", (EVEN,), {"false": [1, 3], "true": [2]}),
        ([1, 1.0, 2], "group_by", (callback(lambda x: x),), {"1": [1], "1.0": [1.0], "2": [2]}),
        ([3, 1, 2], "sort", (), [1, 2, 3]),
        (["b", "B", "a"], "sort", (), ["B", "a", "b"]),
        ([2.5, 1, -1.0], "sort", (), [-1.0, 1, 2.5]),
        ([True, False, None], "sort", (), [True, False, None]),
        ([], "sort", (), []),
        (["bb", "a", "cc", "d"], "sort_by", (callback(lambda text: len(text)),), ["a", "d", "bb", "cc"]),
        ([1, 2, 3], "min", (), 1),
        ([1, 2.5], "max", (), 2.5),
        (["b", "a"], "min", (), "a"),
        ([], "min", (), None),
        ([], "max", (), None),
        ([True, False], "max", (), True),
        ([1, 2, 3], "sum", (), 6),
        ([1, 2.5], "sum", (), 3.5),
        ([1.0, 2], "sum", (), 3.0),
        ([1, "2", None, True, [3]], "sum", (), 1),
        ([], "sum", (), 0),
        ([1, 2], "reverse", (), [2, 1]),
        ([1, None, "a"], "join", ("-",), "1-nil-a"),
        ([1, 2], "join", (), "12"),
        ([1, 2], "join", (0,), "102"),
        ([1, 2.0], "contains", (2,), True),
        ([1], "contains", (True,), False),
        ([None], "contains", (), True),
        ([[1, {"a": 2}]], "contains", ([1.0, {"a": 2.0}],), True),
        ([1, 2, 2.0], "index_of", (2.0,), 1),
        (["a"], "index_of", ("b",), -1),
        ([1], "index_of", (), -1),
        (["a"], "enumerate", (), [{"index": 0, "value": "a"}]),
        ([1, 2, 3], "zip", (["a", "b"],), [[1, "a"], [2, "b"]]),
        ([1], "zip", ("ab",), []),
        ([1], "zip", (), []),
        ([1, 2, 3, 4], "slice", (1, 3), [2, 3]),
        ([1, 2, 3, 4], "slice", (-2,), [3, 4]),
        ([1, 2, 3, 4], "slice", (1, -1), [2, 3]),
        ([1, 2, 3, 4], "slice", (-99, 99), [1, 2, 3, 4]),
        ([1, 2, 3, 4], "slice", (0, -99), []),
        ([1, 2, 3, 4], "slice", (3, 1), []),
        ([1, 2, 3, 4], "slice", (), [1, 2, 3, 4]),
        ([1, 2, 3, 4], "slice", ("1", "2"), [1, 2, 3, 4]),
        ([1, 2, 3], "take", (2,), [1, 2]),
        ([1, 2, 3], "take", (9,), [1, 2, 3]),
        ([1, 2, 3], "take", (-1,), []),
        ([1, 2, 3], "take", (), []),
        ([1, 2, 3], "take", (2.0,), []),
        ([1, 2, 3], "skip", (2,), [3]),
        ([1, 2, 3], "skip", (9,), []),
        ([1, 2, 3], "skip", (-1,), [1, 2, 3]),
        ([1, 2, 3], "skip", (), [1, 2, 3]),
        ([1, 2, 3], "first", (), 1),
        ([], "first", (), None),
        ([1, 2, 3], "first", (2,), [1, 2]),
        ([1, 2, 3], "first", (-1,), []),
        ([1, 2, 3], "first", ("2",), 1),
        ([], "first", (2,), []),
        ([1, 2, 3], "last", (), 3),
        ([], "last", (), None),
        ([1, 2, 3], "last", (2,), [2, 3]),
        ([1, 2, 3], "last", (9,), [1, 2, 3]),
        ([1, 2, 3], "last", (0,), []),
        ([1, 2, 3], "last", (-1,), []),
        ([1, "1", 1, 2, "1"], "unique", (), [1, "1", 2]),
        ([1, [2, [3]], "ab", []], "flatten", (), [1, 2, [3], "ab"]),
        ([1, None, False, 0], "compact", (), [1, False, 0]),
        ([1, 2, 3], "chunk", (2,), [[1, 2], [3]]),
        ([1, 2], "chunk", (), [[1], [2]]),
        ([1, 2], "each_slice", (0,), [[1], [2]]),
        ([1, 2], "chunk", (-3,), [[1], [2]]),
        ([], "chunk", (2,), []),
        ([1, 2, 3], "window", (), [[1, 2], [2, 3]]),
        ([1, 2, 3], "each_cons", (3,), [[1, 2, 3]]),
        ([1, 2, 3], "sliding_window", (4,), []),
        ([1, 2], "window", (0,), [[1], [2]]),
        ([1, 2], "window", ("3",), [[1, 2]]),
        (["a", "b", "a", 1, "1"], "tally", (), {"a": 2, "b": 1, "1": 2}),
        ([1], "push", (2,), [1, 2]),
        ([1], "push", (None,), [1, None]),
        ([1], "push", (), [1]),
        ([1], "push", (2, 3), [1, 2]),
        ([1, 2], "pop", (), [1]),
        ([], "pop", (), []),
    ],
)
def test_list_method(items, name, args, result):
    before = list(items)
    outcome = call_method(items, name, *args)
    assert outcome == result
    assert type(outcome) is type(result)
    assert items == before


@pytest.mark.parametrize("args", NO_CALLBACKS)
@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("map", None),
        ("filter", None),
        ("flat_map", None),
        ("find", None),
        ("find_index", -1),
        ("any", False),
        ("all", True),
        ("none", False),
        ("partition", None),
        ("group_by", None),
        ("sort_by", None),
        ("min_by", None),
        ("max_by", None),
    ],
)
def test_without_a_callback(name, args, result):
    assert call_method([1, 2], name, *args) is result


def test_none_without_a_callback_is_true_for_an_empty_list():
    assert call_method([], "none") is True


@pytest.mark.parametrize("args", [(), (0,), (0, 42)])
def test_reduce_without_a_callback_is_nil(args):
    assert call_method([1], "reduce", *args) is None


def test_callbacks_stop_being_called_once_the_answer_is_known():
    seen = []

    def even(x):
        seen.append(x)
        return x % 2 == 0

    for name, items in (("find", [1, 2, 3]), ("any", [1, 2, 3]), ("find_index", [1, 2, 3]), ("none", [1, 2, 3])):
        seen.clear()
        call_method(items, name, callback(even))
        assert seen == [1, 2], name
    seen.clear()
    call_method([2, 1, 4], "all", callback(even))
    assert seen == [2, 1]


def test_sort_by_asks_for_each_key_once():
    asked = []

    def key(x):
        asked.append(x)
        return -x

    assert call_method([2, 3, 1], "sort_by", callback(key)) == [3, 2, 1]
    assert asked == [2, 3, 1]


def test_sort_by_keeps_the_order_of_equal_and_of_incomparable_keys():
    items = [[1, "b"], [0, "x"], [1, "a"]]
    assert call_method(items, "sort_by", callback(lambda item: item[0])) == [[0, "x"], [1, "b"], [1, "a"]]
    assert call_method(items, "sort_by", callback(lambda item: item)) == items


def test_sort_by_pairs_orders_by_first_and_then_second():
    items = ["b2", "a2", "b1"]
    assert call_method(items, "sort_by", callback(lambda text: Pair(text[1], text[0]))) == ["b1", "a2", "b2"]


def test_sort_orders_durations_by_length():
    ordered = call_method([Duration(2000), Duration(5)], "sort")
    assert [duration.ms for duration in ordered] == [5, 2000]


def test_min_by_and_max_by_keep_the_first_of_equals():
    items = ["bb", "a", "cc", "d"]
    by_length = callback(lambda text: len(text))
    assert call_method(items, "min_by", by_length) == "a"
    assert call_method(items, "max_by", by_length) == "bb"
    assert call_method([], "min_by", by_length) is None
    assert call_method([], "max_by", by_length) is None


def test_min_and_max_keep_the_first_of_equals():
    assert type(call_method([1.0, 1], "min")) is float
    assert type(call_method([1, 1.0], "max")) is int


def test_nan_neither_wins_nor_loses():
    assert call_method([1.0, math.nan, 0.5], "min") == 0.5
    assert math.isnan(call_method([math.nan, 1.0], "min"))


def test_sum_is_a_float_as_soon_as_one_item_is():
    assert type(call_method([1, 2.0], "sum")) is float
    assert type(call_method([1, 2], "sum")) is int


def test_sum_adds_floats_from_left_to_right():
    assert call_method([0.1] * 10, "sum") == 0.9999999999999999


def test_unique_tells_int_float_and_bool_apart():
    result = call_method([1, 1.0, True, 1, 0.0, -0.0, math.nan, math.nan, [1], [1]], "unique")
    assert [type(item) for item in result] == [int, float, bool, float, float, float, list]


def test_contains_never_finds_nan_nor_takes_true_for_one():
    assert call_method([math.nan], "contains", math.nan) is False
    assert call_method([True, 1], "index_of", 1) == 1
    assert call_method([1, 1.0, True], "index_of", True) == 2
    assert call_method([False], "contains", 0) is False


def test_contains_compares_sets_durations_and_pairs_by_value():
    items = [set_of(1, 2), Duration(5), Pair(1, "a")]
    assert call_method(items, "index_of", set_of(2, 1)) == 0
    assert call_method(items, "index_of", Duration(5)) == 1
    assert call_method(items, "index_of", Pair(1.0, "a")) == 2


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, -0.0, 1.0, 2.0**60, math.nan]))


@given(st.lists(st.one_of(SCALARS, st.just(2**60), st.text(alphabet="a1", max_size=1))), SCALARS)
def test_index_of_is_the_first_equal_item(items, wanted):
    expected = next((index for index, item in enumerate(items) if equal(item, wanted)), -1)
    assert call_method(items, "index_of", wanted) == expected


@given(st.lists(st.one_of(st.integers(-5, 5), st.floats(allow_nan=False, width=16))))
def test_sort_of_numbers_is_ascending_stable_and_loses_nothing(items):
    ordered = call_method(items, "sort")
    assert all(compare(left, right) <= 0 for left, right in pairwise(ordered))
    assert [id(item) for item in ordered] == [id(item) for item in sorted(items)]


@given(st.lists(NUMBERS, min_size=1))
def test_min_is_not_above_and_max_not_below_any_number(items):
    numbers = [item for item in items if item == item]
    if len(numbers) == len(items):
        assert all(compare(call_method(items, "min"), item) <= 0 for item in items)
        assert all(compare(call_method(items, "max"), item) >= 0 for item in items)


@given(st.lists(st.integers()), st.integers(-3, 8))
def test_take_and_skip_divide_the_list(items, count):
    assert call_method(items, "take", count) + call_method(items, "skip", count) == items


@given(st.lists(st.integers()), st.integers(-12, 12), st.integers(-12, 12))
def test_slice_takes_positions_as_python_does(items, start, end):
    assert call_method(items, "slice", start, end) == items[start:end]


@given(st.lists(st.integers()), st.integers(1, 5))
def test_chunks_put_together_give_the_list(items, size):
    chunks = call_method(items, "chunk", size)
    assert call_method(chunks, "flatten") == items
    assert all(len(chunk) == size for chunk in chunks[:-1])


@pytest.mark.parametrize(
    "make",
    [
        lambda n: str(n * 7919 % 100_003),
        lambda n: n * 7919 % 100_003,
        lambda n: n * 7919 % 100_003 / 7,
        lambda n: n * 7919 % 100_003 / 7 if n % 2 else n,
    ],
    ids=["strings", "ints", "floats", "mixed"],
)
def test_sorting_searching_and_deduplicating_are_not_quadratic(make):
    def work(size):
        items = [make(n) for n in range(size)]
        call_method(items, "sort")
        call_method(items, "unique")
        call_method(items, "contains", items[-1])
        call_method(items, "index_of", "absent")

    assert growth(work, 100_000) < 10
