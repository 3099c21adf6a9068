"""Iters: what they can be made of, their laws, combinators and sinks."""

from __future__ import annotations

import pytest
from builtin_calls import FIBER, call, call_method, callback, caught, iter_of, set_of
from hypothesis import given
from hypothesis import strategies as st
from support import run_source

from harnpy.vm.channels import Channel
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.iteration import loop_iterator
from harnpy.vm.values import Iter, Pair, Range

EVEN = callback(lambda x: x % 2 == 0)
SMALL = callback(lambda x: x < 3)


def channel_of(*values):
    channel = Channel("source", 8)
    for value in values:
        channel.send(FIBER, value)
    channel.close()
    return channel


def method(receiver, name, *args):
    return call_method(receiver, name, *args)


def drained(iterator):
    return method(iterator, "to_list")


def halves(pair):
    assert type(pair) is Pair
    return (pair.first, pair.second)


# --- sources ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "items"),
    [
        ([1, 2], [1, 2]),
        (set_of(2, 1), [2, 1]),
        ("a😀", ["a", "😀"]),
        (Range(1, 3, True), [1, 2, 3]),
        ([], []),
        (channel_of(1, 2), [1, 2]),
    ],
)
def test_iter_accepts(source, items):
    assert drained(call("iter", source)) == items


def test_iter_of_a_dict_gives_pairs_in_key_order():
    assert [halves(pair) for pair in drained(call("iter", {"b": 2, "a": 1}))] == [("a", 1), ("b", 2)]


def test_iter_of_an_iter_is_the_same_iter():
    source = iter_of([1])
    assert call("iter", source) is source
    assert method(source, "iter") is source


COUNT_TO_TWO = """
fn count_to_two() {
  yield 1
  yield 2
}
let numbers = count_to_two()
"""


def test_iter_of_a_generator_pulls_its_values():
    assert run_source(COUNT_TO_TWO + "println(iter(numbers).to_list())") == "[1, 2]\n"


def test_a_generator_can_be_consumed_partly_in_each_way():
    program = """
println(numbers.iter().first())
for n in numbers { println(n) }
println(numbers)
"""
    assert run_source(COUNT_TO_TWO + program) == "1\n2\n<generator (done)>\n"


@pytest.mark.parametrize(("value", "kind"), [(None, "nil"), (1, "int"), (True, "bool"), (Pair(1, 2), "pair")])
def test_iter_reports_what_cannot_be_iterated(value, kind):
    assert caught(call, "iter", value) == f"Type error: iter: value of type {kind} is not iterable"


def test_iter_needs_an_argument():
    assert caught(call, "iter") == "Type error: iter: expected 1 argument"


def test_next_of_a_generator_reports_value_and_end_for_ever():
    program = "println([numbers.next(), numbers.next(), numbers.next(), numbers.next()])"
    assert run_source(COUNT_TO_TWO + program) == (
        "[{done: false, value: 1}, {done: false, value: 2}, {done: true, value: nil}, {done: true, value: nil}]\n"
    )


def test_pair_takes_exactly_two_arguments():
    assert halves(call("pair", 1, None)) == (1, None)
    assert caught(call, "pair") == "Type error: pair: expected 2 arguments, got 0"
    assert caught(call, "pair", 1) == "Type error: pair: expected 2 arguments, got 1"
    assert caught(call, "pair", 1, 2, 3) == "Type error: pair: expected 2 arguments, got 3"


# --- what a for loop walks over ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ([1, 2], [1, 2]),
        (set_of(2, 1), [2, 1]),
        ({"b": 2, "a": 1}, [{"key": "a", "value": 1}, {"key": "b", "value": 2}]),
        (Range(1, 3, False), [1, 2]),
        ("abc", []),
        (None, []),
        (5, []),
        (Pair(1, 2), []),
    ],
)
def test_a_loop_over_plain_values_walks_over_their_items(value, items):
    iterator = loop_iterator(FIBER, value)
    assert not isinstance(iterator, Iter)
    assert list(iterator) == items


def test_a_loop_over_an_iter_pulls_from_that_iter():
    source = iter_of([1, 2])
    assert loop_iterator(FIBER, source) is source


def test_a_loop_over_a_channel_receives_until_it_ends():
    stream = loop_iterator(FIBER, channel_of("x"))
    assert isinstance(stream, Iter)
    assert drained(stream) == ["x"]


# --- laws -------------------------------------------------------------------------------------------------------------


def test_an_iter_is_single_pass_and_stays_ended():
    source = iter_of([1, 2])
    assert drained(source) == [1, 2]
    assert drained(source) == []
    assert method(source, "first") is None
    assert method(source, "sum") == 0


def test_combinators_share_their_upstream():
    source = iter_of([1, 2, 3])
    assert method(method(source, "map", EVEN), "first") is False
    assert method(source, "first") == 2
    assert drained(method(source, "take", 5)) == [3]


def test_combinators_do_nothing_until_pulled():
    seen = []
    mapped = method(iter_of([1, 2]), "map", callback(lambda x: seen.append(x)))
    assert seen == []
    method(mapped, "first")
    assert seen == [1]


def test_an_iter_prints_as_exhausted_once_a_pull_found_nothing():
    source = iter_of([1])
    assert display(source) == "<iter>"
    method(source, "first")
    assert display(source) == "<iter>"
    method(source, "first")
    assert display(source) == "<iter (exhausted)>"


def test_take_is_exhausted_with_its_last_item_but_take_zero_only_when_pulled():
    taken = method(iter_of([1, 2]), "take", 1)
    assert method(taken, "first") == 1
    assert display(taken) == "<iter (exhausted)>"
    nothing = method(iter_of([1, 2]), "take", 0)
    assert display(nothing) == "<iter>"
    assert method(nothing, "first") is None
    assert display(nothing) == "<iter (exhausted)>"


def test_take_consumes_no_further_item():
    source = iter_of([1, 2, 3])
    drained(method(source, "take", 2))
    assert drained(source) == [3]


def test_a_callback_error_keeps_the_state():
    def fail_on_two(x):
        if x == 2:
            raise thrown("two")
        return x

    mapped = method(iter_of([1, 2, 3]), "map", callback(fail_on_two))
    assert method(mapped, "first") == 1
    with pytest.raises(HarnError):
        method(mapped, "first")
    assert method(mapped, "first") == 3


def test_a_step_inside_the_callback_of_the_same_iter_sees_an_ended_iter():
    inner = []
    mapped = method(iter_of([1, 2]), "map", callback(lambda x: inner.append(method(mapped, "first")) or x))
    assert drained(mapped) == [1, 2]
    assert inner == [None, None]


# --- combinators ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "args", "items"),
    [
        ("map", (callback(lambda x: x * 10),), [10, 20, 30, 40]),
        ("filter", (EVEN,), [2, 4]),
        ("flat_map", (callback(lambda x: [x] * (x - 2)),), [3, 4, 4]),
        ("flat_map", (callback(lambda x: "ab"[x % 2]),), ["b", "a", "b", "a"]),
        ("flat_map", (callback(lambda x: Range(1, x, False)),), [1, 1, 2, 1, 2, 3]),
        ("take", (2,), [1, 2]),
        ("take", (0,), []),
        ("take", (9,), [1, 2, 3, 4]),
        ("skip", (3,), [4]),
        ("skip", (0,), [1, 2, 3, 4]),
        ("skip", (9,), []),
        ("take_while", (SMALL,), [1, 2]),
        ("skip_while", (SMALL,), [3, 4]),
        ("chain", ([9],), [1, 2, 3, 4, 9]),
        ("chain", ("x",), [1, 2, 3, 4, "x"]),
        ("chunks", (3,), [[1, 2, 3], [4]]),
        ("chunks", (2,), [[1, 2], [3, 4]]),
        ("windows", (3,), [[1, 2, 3], [2, 3, 4]]),
        ("windows", (1,), [[1], [2], [3], [4]]),
        ("windows", (5,), []),
        ("iter", (), [1, 2, 3, 4]),
    ],
)
def test_combinator(name, args, items):
    assert drained(method(iter_of([1, 2, 3, 4]), name, *args)) == items


def test_zip_gives_pairs_and_stops_at_the_shorter_side():
    assert [halves(pair) for pair in drained(method(iter_of([1, 2, 3]), "zip", "ab"))] == [(1, "a"), (2, "b")]


def test_zip_steps_the_left_side_first():
    left, right = iter_of([1, 2]), iter_of(["a"])
    drained(method(left, "zip", right))
    assert drained(left) == []
    left, right = iter_of([1]), iter_of(["a", "b"])
    drained(method(left, "zip", right))
    assert drained(right) == ["b"]


def test_enumerate_counts_from_zero():
    assert [halves(pair) for pair in drained(method(iter_of(["a", "b"]), "enumerate"))] == [(0, "a"), (1, "b")]


def test_take_while_consumes_the_first_failing_item():
    source = iter_of([1, 5, 2])
    assert drained(method(source, "take_while", SMALL)) == [1]
    assert drained(source) == [2]


def test_skip_while_stops_asking_after_the_first_failing_item():
    assert drained(method(iter_of([1, 5, 2]), "skip_while", SMALL)) == [5, 2]


def test_skip_passes_items_over_at_the_first_step():
    source = iter_of([1, 2, 3])
    skipped = method(source, "skip", 1)
    assert method(source, "first") == 1
    assert method(skipped, "first") == 3


def test_flat_map_reports_a_result_that_cannot_be_iterated():
    mapped = method(iter_of([1]), "flat_map", callback(lambda x: x))
    assert caught(drained, mapped) == "Type error: iter: value of type int is not iterable"


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("map", (), "iter.map: expected callable"),
        ("map", ("trim",), "iter.map: expected callable"),
        ("filter", (1,), "iter.filter: expected callable"),
        ("flat_map", (None,), "iter.flat_map: expected callable"),
        ("take", (), "iter.take: expected non-negative int"),
        ("take", (-1,), "iter.take: expected non-negative int"),
        ("take", (1.0,), "iter.take: expected non-negative int"),
        ("take", (True,), "iter.take: expected non-negative int"),
        ("skip", ("1",), "iter.skip: expected non-negative int"),
        ("take_while", (), "iter.take_while: expected callable"),
        ("skip_while", (), "iter.skip_while: expected callable"),
        ("zip", (), "iter.zip: expected iterable argument"),
        ("zip", (5,), "iter: value of type int is not iterable"),
        ("chain", (), "iter.chain: expected iterable argument"),
        ("chain", (None,), "iter: value of type nil is not iterable"),
        ("chunks", (), "iter.chunks: chunk size must be positive"),
        ("chunks", (0,), "iter.chunks: chunk size must be positive"),
        ("chunks", ("2",), "iter.chunks: chunk size must be positive"),
        ("windows", (), "iter.windows: window size must be positive"),
        ("windows", (-2,), "iter.windows: window size must be positive"),
        ("reduce", (), "iter.reduce: expected (init, fn)"),
        ("reduce", (0,), "iter.reduce: expected (init, fn)"),
        ("reduce", (0, 5), "iter.reduce: second arg must be callable"),
        ("any", (), "iter.any: expected callable"),
        ("all", (1,), "iter.all: expected callable"),
        ("find", (), "iter.find: expected callable"),
        ("for_each", ("x",), "iter.for_each: expected callable"),
    ],
)
def test_argument_error(name, args, message):
    assert caught(call_method, iter_of([1]), name, *args) == "Type error: " + message


# --- sinks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "name", "args", "result"),
    [
        ([1, 2], "to_list", (), [1, 2]),
        ([1, 2, 2], "count", (), 3),
        ([], "count", (), 0),
        ([1, 2], "sum", (), 3),
        ([1, 2.5], "sum", (), 3.5),
        ([], "sum", (), 0),
        ([2, 1, 3], "min", (), 1),
        ([2, 1.5, 3], "max", (), 3),
        ([], "min", (), None),
        ([], "max", (), None),
        (["b", "a"], "min", (), "a"),
        ([1, 2, 3], "reduce", (10, callback(lambda a, x: a - x)), 4),
        ([], "reduce", ("x", callback(lambda a, x: a)), "x"),
        ([1, 2], "first", (), 1),
        ([], "first", (), None),
        ([1, 2], "last", (), 2),
        ([], "last", (), None),
        ([1, 2], "any", (EVEN,), True),
        ([], "any", (EVEN,), False),
        ([2, 4], "all", (EVEN,), True),
        ([], "all", (EVEN,), True),
        ([1, 2, 4], "find", (EVEN,), 2),
        ([1], "find", (EVEN,), None),
    ],
)
def test_sink(items, name, args, result):
    outcome = method(iter_of(items), name, *args)
    assert outcome == result
    assert type(outcome) is type(result)


def test_to_set_drops_equal_items():
    assert display(method(iter_of([1, 1.0, "1", True]), "to_set")) == "set(1, 1, true)"


def test_to_dict_lets_later_keys_win():
    assert method(iter_of([Pair("a", 1), Pair("b", 2), Pair("a", 3)]), "to_dict") == {"a": 3, "b": 2}


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([1], "iter.to_dict: expected pair, got int"),
        ([["a", 1]], "iter.to_dict: expected pair, got list"),
        ([Pair(1, 2)], "iter.to_dict: expected string key, got int"),
    ],
)
def test_to_dict_reports_other_items(items, message):
    assert caught(call_method, iter_of(items), "to_dict") == "Type error: " + message


@pytest.mark.parametrize(("item", "kind"), [("1", "string"), (True, "bool"), (None, "nil")])
def test_sum_reports_what_is_no_number(item, kind):
    assert caught(call_method, iter_of([1, item]), "sum") == f"Type error: iter.sum: expected number, got {kind}"


@pytest.mark.parametrize(("name", "expected"), [("any", True), ("find", 2)])
def test_early_answers_leave_the_rest(name, expected):
    source = iter_of([1, 2, 3])
    assert method(source, name, EVEN) == expected
    assert drained(source) == [3]


def test_all_leaves_what_follows_the_first_refused_item():
    source = iter_of([2, 3, 4])
    assert method(source, "all", EVEN) is False
    assert drained(source) == [4]


def test_for_each_calls_back_for_every_item_and_gives_nil():
    seen = []
    assert method(iter_of([1, 2]), "for_each", callback(lambda x: seen.append(x))) is None
    assert seen == [1, 2]


@given(st.lists(st.integers()), st.integers(0, 6), st.integers(1, 4))
def test_combinators_agree_with_the_list_methods(items, count, size):
    def lazy(name, *args):
        return drained(method(iter_of(items), name, *args))

    assert lazy("take", count) == method(items, "take", count)
    assert lazy("skip", count) == method(items, "skip", count)
    assert lazy("chunks", size) == method(items, "chunk", size)
    assert lazy("windows", size) == method(items, "window", size)
    assert lazy("filter", EVEN) == method(items, "filter", EVEN)
