"""Sets: functions tell elements apart by structural key, methods by `==`."""

from __future__ import annotations

import math

import pytest
from builtin_calls import call, call_method, callback, caught, iter_of, set_of
from hypothesis import given
from hypothesis import strategies as st
from support import growth

from harnpy.vm.compare import equal, structural_key
from harnpy.vm.set_membership import set_of as equality_set
from harnpy.vm.values import EnumVariant, HarnSet, Pair, StructInstance, StructType

POINT = StructType("Point")
ELEMENTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([0.0, -0.0, 1.0, 0.5, 2.0**60, 2**60, 2**60 + 1]),
    st.text(alphabet="a1", max_size=1),
    st.lists(st.sampled_from([1, 1.0, True, 0, -0.0]), max_size=2),
    st.builds(lambda x: {"a": x}, st.sampled_from([1, 1.0, "1", math.nan])),
    st.builds(Pair, st.sampled_from([1, "1", 2.0]), st.sampled_from([2, 2.0])),
    st.builds(lambda x: EnumVariant("E", "V", (x,)), st.sampled_from([1, 1.0, "1"])),
    st.builds(lambda x: StructInstance(POINT, {"x": x}), st.sampled_from([0, 0.0, "0", True])),
    st.just([1] * 20),
)


def elements(value: HarnSet) -> list:
    assert type(value) is HarnSet
    return list(value)


def typed(values: list) -> list:
    return [(type(value), value) for value in values]


def test_set_takes_elements_from_lists_and_sets_and_other_values_as_they_are():
    assert elements(call("set", [3, 1], set_of(2), 1, "ab")) == [3, 1, 2, "ab"]
    assert elements(call("set")) == []
    assert elements(call("set", None)) == [None]
    assert elements(call("set", [[1], [1]], {"a": 1})) == [[1], {"a": 1}]


def test_set_drops_structural_duplicates_only():
    assert typed(elements(call("set", 1, 1.0, True, "1", 1))) == typed([1, 1.0, True, "1"])


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("set_add", (3,), [1, 2, 3]),
        ("set_add", (2,), [1, 2]),
        ("set_add", (1.0,), [1, 2, 1.0]),
        ("set_add", (), [1, 2, None]),
        ("set_remove", (1,), [2]),
        ("set_remove", (1.0,), [1, 2]),
        ("set_remove", (), [1, 2]),
        ("set_union", (set_of(2, 3),), [1, 2, 3]),
        ("set_union", (set_of(1.0),), [1, 2, 1.0]),
        ("set_intersect", (set_of(3, 2),), [2]),
        ("set_intersect", (set_of(1.0, 2.0),), []),
        ("set_difference", (set_of(2, 3),), [1]),
        ("set_symmetric_difference", (set_of(4, 2, 3),), [1, 4, 3]),
    ],
)
def test_set_function_gives_a_new_set(name, args, result):
    receiver = set_of(1, 2)
    assert typed(elements(call(name, receiver, *args))) == typed(result)
    assert elements(receiver) == [1, 2]


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("set_contains", (set_of(1, 2), 2), True),
        ("set_contains", (set_of(1, 2), 2.0), False),
        ("set_contains", (set_of(None),), True),
        ("set_contains", ([1], 1), False),
        ("set_is_subset", (set_of(1), set_of(1, 2)), True),
        ("set_is_subset", (set_of(1.0), set_of(1, 2)), False),
        ("set_is_subset", (set_of(), set_of()), True),
        ("set_is_subset", ([1], set_of(1)), False),
        ("set_is_superset", (set_of(1, 2), set_of(1)), True),
        ("set_is_superset", (set_of(1), set_of(1, 2)), False),
        ("set_is_superset", (set_of(1),), False),
        ("set_is_disjoint", (set_of(1), set_of(2)), True),
        ("set_is_disjoint", (set_of(1), set_of(1.0)), True),
        ("set_is_disjoint", (set_of(1), set_of(1)), False),
        ("set_is_disjoint", (set_of(1), [1]), True),
    ],
)
def test_set_function_gives_a_bool(name, args, result):
    assert call(name, *args) is result


@pytest.mark.parametrize("name", ["set_add", "set_remove"])
def test_adding_to_what_is_no_set_throws(name):
    assert caught(call, name, [1], 2) == f"{name}: first argument must be a set"
    assert caught(call, name) == f"{name}: first argument must be a set"


@pytest.mark.parametrize("name", ["set_union", "set_intersect", "set_difference", "set_symmetric_difference"])
def test_combining_what_is_no_set_throws(name):
    assert caught(call, name, set_of(1), [1]) == f"{name}: arguments must be sets"
    assert caught(call, name, [1], set_of(1)) == f"{name}: arguments must be sets"
    assert caught(call, name) == f"{name}: arguments must be sets"


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("add", (3,), [1, 2, 3]),
        ("add", (1.0,), [1, 2]),
        ("add", (True,), [1, 2, True]),
        ("add", (), [1, 2, None]),
        ("remove", (1.0,), [2]),
        ("delete", (1,), [2]),
        ("remove", (9,), [1, 2]),
        ("remove", (), [1, 2]),
        ("union", (set_of(2.0, 3),), [1, 2, 3]),
        ("union", ([3],), [1, 2]),
        ("union", (), [1, 2]),
        ("intersect", (set_of(3, 2.0),), [2]),
        ("intersection", (set_of(3, 2),), [2]),
        ("intersect", ([1],), []),
        ("difference", (set_of(2.0),), [1]),
        ("difference", (None,), [1, 2]),
        ("symmetric_difference", (set_of(4, 2.0, 3),), [1, 4, 3]),
        ("symmetric_difference", ("x",), [1, 2]),
        ("map", (callback(lambda x: x % 1),), [0]),
        ("map", (callback(lambda x: x * 0.5 if x == 2 else 1),), [1]),
        ("filter", (callback(lambda x: x > 1),), [2]),
    ],
)
def test_set_method_gives_a_set(name, args, result):
    receiver = set_of(1, 2)
    assert typed(elements(call_method(receiver, name, *args))) == typed(result)
    assert elements(receiver) == [1, 2]


@pytest.mark.parametrize(
    ("receiver", "name", "args", "result"),
    [
        (set_of(1, 2), "count", (), 2),
        (set_of(1, 2), "len", (), 2),
        (set_of(), "empty", (), True),
        (set_of(None), "empty", (), False),
        (set_of(1), "contains", (1.0,), True),
        (set_of(1), "contains", (True,), False),
        (set_of(0), "contains", (-0.0,), True),
        (set_of(-0.0), "contains", (0,), True),
        (set_of([1, {"a": 2}]), "contains", ([1.0, {"a": 2}],), True),
        (set_of(None), "contains", (), True),
        (set_of(1), "is_subset", (set_of(1.0, 2),), True),
        (set_of(1, 3), "is_subset", (set_of(1, 2),), False),
        (set_of(1), "is_subset", ([1],), False),
        (set_of(1, 2), "is_superset", (set_of(2.0),), True),
        (set_of(1, 2), "is_superset", (set_of(3),), False),
        (set_of(1), "is_superset", (), False),
        (set_of(1), "is_disjoint", (set_of(1.0),), False),
        (set_of(1), "is_disjoint", (set_of(2),), True),
        (set_of(1), "is_disjoint", ([1],), True),
        (set_of(2, 1), "to_list", (), [2, 1]),
        (set_of(1, 2), "any", (callback(lambda x: x > 1),), True),
        (set_of(1), "any", (callback(lambda x: x > 1),), False),
        (set_of(1), "any", (), False),
        (set_of(1, 2), "all", (callback(lambda x: x > 1),), False),
        (set_of(2), "every", (callback(lambda x: x > 1),), True),
        (set_of(2), "all", (42,), True),
        (set_of(1), "map", (), None),
        (set_of(1), "filter", (None,), None),
    ],
)
def test_set_method_gives_another_value(receiver, name, args, result):
    outcome = call_method(receiver, name, *args)
    assert outcome == result
    assert type(outcome) is type(result)


def test_remove_takes_every_equal_element():
    assert elements(call_method(set_of(1, 1.0, 2), "remove", 1)) == [2]


def test_elements_that_print_alike_and_differ_can_be_in_one_set():
    first, second = StructInstance(POINT, {"x": 1}), StructInstance(POINT, {"x": "1"})
    both = call_method(call_method(set_of(first), "add", second), "add", second)
    assert elements(both) == [first, second]
    assert call_method(both, "contains", StructInstance(POINT, {"x": "1"})) is True
    assert elements(call_method(both, "remove", second)) == [first]
    assert call_method(call_method(both, "remove", first), "contains", second) is True


def test_enum_values_with_equal_numbers_are_one_element():
    assert call_method(set_of(EnumVariant("E", "V", (1,))), "contains", EnumVariant("E", "V", (1.0,))) is True


def test_nan_is_never_contained():
    assert call_method(set_of(math.nan), "contains", math.nan) is False


def test_iter_of_a_set_gives_its_elements_in_order():
    assert call_method(iter_of(set_of(3, 1)), "to_list") == [3, 1]


@given(st.lists(ELEMENTS, max_size=6), ELEMENTS)
def test_contains_agrees_with_equality(values, wanted):
    for collected in (set_of(*values), equality_set(values)):
        expected = any(equal(element, wanted) for element in collected)
        assert call_method(collected, "contains", wanted) is expected


@given(st.lists(ELEMENTS, max_size=6), ELEMENTS, ELEMENTS)
def test_removing_takes_out_what_is_equal_and_nothing_else(values, first, second):
    collected = equality_set(values)
    remaining = call_method(call_method(collected, "remove", first), "remove", second)
    for value in collected:
        kept = equal(value, value) and not equal(value, first) and not equal(value, second)
        assert call_method(remaining, "contains", value) is kept


@given(st.lists(ELEMENTS, max_size=6))
def test_a_set_made_by_equality_holds_each_value_once(values):
    result = elements(equality_set(values))
    assert all(any(equal(value, element) for element in result) for value in values if equal(value, value))
    assert not any(equal(left, right) for i, left in enumerate(result) for right in result[i + 1 :])


@given(st.lists(ELEMENTS, max_size=5), st.lists(ELEMENTS, max_size=5))
def test_set_functions_agree_with_each_other(left, right):
    a, b = set_of(*left), set_of(*right)
    united = elements(call("set_union", a, b))
    parts = elements(call("set_symmetric_difference", a, b)) + elements(call("set_intersect", a, b))
    assert {structural_key(element) for element in united} == {structural_key(element) for element in parts}
    assert len(parts) == len(united)


def unequal(values: list) -> list:
    """What is left of values when every one that equals one before it is dropped."""
    kept: list = []
    for value in values:
        if not any(equal(value, element) for element in kept):
            kept.append(value)
    return kept


def same_elements(found: HarnSet, expected: list) -> bool:
    return list(map(structural_key, elements(found))) == list(map(structural_key, expected))


# Most sets hold strings and ints only; those go their own ways.
FEW_KINDS = st.lists(st.one_of(st.integers(-2, 2), st.sampled_from(["", "a", "1"])), max_size=6)
ANY_KINDS = st.lists(ELEMENTS.filter(lambda value: equal(value, value)), max_size=6)
VALUES = st.one_of(FEW_KINDS, ANY_KINDS)


@given(VALUES, VALUES)
def test_set_methods_do_what_walking_over_the_elements_would(left, right):
    a, b = equality_set(left), equality_set(right)
    first, second = unequal(left), unequal(right)
    in_second = [element for element in first if any(equal(element, each) for each in second)]
    only_first = [element for element in first if not any(equal(element, each) for each in second)]
    only_second = [element for element in second if not any(equal(element, each) for each in first)]
    assert same_elements(a, first)
    assert same_elements(call_method(a, "union", b), first + only_second)
    assert same_elements(call_method(a, "intersect", b), in_second)
    assert same_elements(call_method(a, "difference", b), only_first)
    assert same_elements(call_method(a, "symmetric_difference", b), only_first + only_second)
    assert call_method(a, "is_subset", b) is (not only_first)
    assert call_method(a, "is_superset", b) is (not only_second)
    assert call_method(a, "is_disjoint", b) is (not in_second)
    assert equal(a, b) is (not only_first and not only_second)
    assert same_elements(a, first) and same_elements(b, second)


@given(VALUES, VALUES)
def test_set_functions_do_what_walking_over_the_keys_would(left, right):
    a, b = set_of(*left), set_of(*right)
    first = {structural_key(value): value for value in reversed(left)}
    second = {structural_key(value) for value in right}
    assert {structural_key(element) for element in elements(a)} == first.keys()
    assert [structural_key(e) for e in elements(call("set_union", a, b))] == [
        *map(structural_key, elements(a)),
        *[structural_key(e) for e in elements(b) if structural_key(e) not in first],
    ]
    common = [structural_key(e) for e in elements(a) if structural_key(e) in second]
    assert [structural_key(e) for e in elements(call("set_intersect", a, b))] == common
    assert call("set_is_subset", a, b) is (first.keys() <= second)
    assert call("set_is_disjoint", a, b) is (not common)


@given(FEW_KINDS, ELEMENTS, ELEMENTS)
def test_a_set_of_few_kinds_takes_up_and_gives_up_any_other(values, first, second):
    collected = set_of(*values)
    for value in (first, second):
        collected = call_method(collected, "add", value)
    model = [*unequal(values)]
    for value in (first, second):
        if not any(equal(value, element) for element in model):
            model.append(value)
    assert same_elements(collected, model)
    assert [call_method(collected, "contains", n) for n in (0, 1, 1.0, -0.0, "1", True)] == [
        any(equal(n, element) for element in model) for n in (0, 1, 1.0, -0.0, "1", True)
    ]
    assert same_elements(call_method(collected, "remove", 1), [each for each in model if not equal(each, 1)])


@pytest.mark.parametrize(
    "make",
    [str, int, float, lambda n: n * 1.5, lambda n: [n % 100, str(n)], lambda n: {"x": n, "y": -n}],
    ids=["strings", "ints", "floats", "mixed", "lists", "dicts"],
)
def test_methods_on_large_sets_are_not_quadratic(make):
    def work(size):
        values = [make(n) for n in range(size)]
        left, right = equality_set(values), equality_set(values[size // 2 :])
        for name in ("union", "intersect", "difference", "symmetric_difference", "is_superset", "is_disjoint"):
            call_method(left, name, right)
        call_method(left, "map", callback(lambda value: value))

    assert growth(work, 5_000) < 10
