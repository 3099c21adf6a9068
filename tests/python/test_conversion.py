"""Values across the border: what comes back is what went, and nothing is shared that could change."""

from __future__ import annotations

import datetime
import enum
from collections import Counter, OrderedDict, namedtuple
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import make_test_runtime

from harnpy.vm.compare import equal, make_set
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError
from harnpy.vm.python.conversion import to_harn, to_python, unfolded
from harnpy.vm.values import Duration, EnumVariant, Pair, PyObject, Range, type_name

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.builds(Duration, st.integers(0, 10**12))
)
HASHABLE = st.integers() | st.text() | st.booleans()
VALUES = st.recursive(
    SCALARS | st.lists(HASHABLE, max_size=4).map(make_set),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def runtime():
    made = make_test_runtime()
    made.main_fiber()
    yield made
    made.close()


@given(value=VALUES)
def test_data_comes_back_equal(runtime, value):
    back = to_harn(runtime, to_python(runtime, value))
    assert type_name(back) == type_name(value)
    if "set(" not in display(value):  # true and 1 are one element to Python
        assert equal(back, value)


@given(value=VALUES)
def test_no_collection_is_shared(runtime, value):
    def lists(each):
        if type(each) is list:
            yield id(each)
            for item in each:
                yield from lists(item)
        elif type(each) is dict:
            yield id(each)
            for item in each.values():
                yield from lists(item)

    there = to_python(runtime, value)
    back = to_harn(runtime, there)
    assert not set(lists(value)) & set(lists(there))
    assert not set(lists(there)) & set(lists(back))


@given(text=st.text(min_size=1), number=st.integers(min_value=10**20))
def test_scalars_are_the_same_objects(runtime, text, number):
    assert to_python(runtime, [text, number])[0] is text
    assert to_harn(runtime, {"a": number})["a"] is number


class Level(enum.IntEnum):
    LOW = 1


class Text(str):
    def __str__(self) -> str:
        return "another"


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        ((1, (2, "x")), "list", "[1, [2, x]]"),
        ({"a": (1,)}, "dict", "{a: [1]}"),
        ({1: "a"}, "python", "{1: 'a'}"),
        ({3, 1, 2}, "set", "set(1, 2, 3)"),
        (frozenset("ba"), "set", "set(a, b)"),
        (range(2, 5), "range", "2 to 5 exclusive"),
        (range(5, 2), "range", "5 to 5 exclusive"),
        (range(0, 9, 2), "python", "range(0, 9, 2)"),
        (datetime.timedelta(seconds=2), "duration", "2s"),
        (datetime.timedelta(microseconds=1600), "duration", "2ms"),
        (datetime.date(2024, 1, 2), "python", "2024-01-02"),
        (Level.LOW, "python", "1"),
        (Text("own"), "string", "own"),
        (Point(1, 2), "python", "Point(x=1, y=2)"),
        (Counter("aab"), "python", "Counter({'a': 2, 'b': 1})"),
        (OrderedDict(a=1), "python", str(OrderedDict(a=1))),
        (Decimal("1.50"), "python", "1.50"),
        (b"ab", "python", "b'ab'"),
        (1 + 2j, "python", "(1+2j)"),
    ],
)
def test_what_python_values_become(runtime, value, kind, shown):
    found = to_harn(runtime, value)
    assert (type_name(found), display(found)) == (kind, shown)
    if kind == "python":
        assert to_python(runtime, found) is value


def test_a_subclass_is_not_asked_for_its_number():
    class Odd(float):
        def __float__(self):
            raise AssertionError

    assert to_harn(None, Odd(-0.0)).hex() == "-0x0.0p+0"


def test_numbers_of_numpy_become_numbers(runtime):
    numpy = pytest.importorskip("numpy")
    for value in (numpy.int64(5), numpy.uint8(5), numpy.float32(0.5), numpy.float64(0.5), numpy.bool_(True)):
        found = to_harn(runtime, value)
        assert type(found) in (int, float, bool) and found == value
    array = numpy.arange(3)
    assert to_python(runtime, to_harn(runtime, array)) is array
    assert type(to_harn(runtime, numpy.datetime64("2024-01-01"))) is PyObject


def test_what_harn_values_become(runtime):
    assert to_python(runtime, Pair(1, [2])) == (1, [2])
    assert to_python(runtime, Range(1, 3, True)) == range(1, 4)
    assert to_python(runtime, Duration(1500)) == datetime.timedelta(seconds=1.5)
    assert to_python(runtime, make_set([1, [2, 3]])) == {1, (2, 3)}
    variant = EnumVariant("Shape", "Circle", (1,))
    assert to_harn(runtime, to_python(runtime, variant)) is variant
    assert to_python(runtime, variant) == to_python(runtime, EnumVariant("Shape", "Circle", (1,)))
    with pytest.raises(HarnError, match="unhashable type: 'dict'"):
        to_python(runtime, make_set([{"a": 1}]))


def test_unfolding_takes_apart_what_stays_wrapped(runtime):
    assert unfolded(runtime, OrderedDict(a=Counter("aa"))) == {"a": {"a": 2}}
    assert unfolded(runtime, {1: (x for x in "ab")}) == {"1": ["a", "b"]}
    assert unfolded(runtime, Point(1, [Point(2, 3)])) == {"x": 1, "y": [{"x": 2, "y": 3}]}
    assert type(unfolded(runtime, b"ab")) is PyObject
    loop: list[object] = [1]
    loop.append(loop)
    assert unfolded(runtime, loop)[1].object is loop


def test_what_contains_itself_is_wrapped(runtime):
    loop: dict[str, object] = {}
    loop["again"] = [loop]
    assert to_harn(runtime, loop).object is loop
