"""Records and enumerations behave as what they stand for."""

from __future__ import annotations

import copy
import pickle

import pytest

from harnpy.records import Enum, IntEnum, NamedTuple, Record, field_names, replace


class Point(Record):
    x: int
    y: int = 0


class Named(Point):
    name: str = "p"

    @property
    def length(self) -> int:
        return self.x + self.y


class Pair(NamedTuple):
    first: int
    second: int = 2

    def total(self) -> int:
        return self.first + self.second


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 0
    HIGH = 1


def test_records_take_positions_names_and_defaults():
    assert Point(1, 2) == Point(x=1, y=2) == Point(1, y=2)
    assert Point(1).y == 0
    assert (Named(1).name, Named(1, 2, "q").length) == ("p", 3)


@pytest.mark.parametrize(
    ("values", "named", "message"),
    [((), {}, "lacks x"), ((1, 2, 3), {}, "takes 2"), ((1,), {"x": 2}, "two values"), ((1,), {"z": 2}, "no field 'z'")],
)
def test_records_refuse_what_does_not_fit(values, named, message):
    with pytest.raises(TypeError, match=message):
        Point(*values, **named)


def test_records_do_not_change():
    point = Point(1, 2)
    with pytest.raises(AttributeError):
        point.x = 3
    with pytest.raises(AttributeError):
        del point.x
    with pytest.raises(AttributeError):
        point.z = 3
    assert point == Point(1, 2)


def test_records_compare_by_class_and_fields():
    assert Point(1, 2) != Point(1, 3)
    assert Named(1, 2) != Point(1, 2)
    assert len({Point(1, 2), Point(1, 2), Point(2, 1)}) == 2


def test_records_can_be_shown_copied_and_matched():
    assert repr(Named(1, 2)) == "Named(x=1, y=2, name='p')"
    assert replace(Named(1, 2), y=5) == Named(1, 5)
    assert field_names(Named) == ("x", "y", "name")
    assert pickle.loads(pickle.dumps(Named(1))) == copy.deepcopy(Named(1)) == Named(1)
    match Named(1, 2, "q"):
        case Named(x, _, name):
            assert (x, name) == (1, "q")


def test_named_tuples_are_tuples():
    assert Pair(1) == (1, 2)
    assert Pair(1).total() == 3
    assert Pair(1)._replace(first=4) == Pair(4, 2)
    assert repr(Pair(1)) == "Pair(first=1, second=2)"
    assert pickle.loads(pickle.dumps(Pair(1))) == Pair(1)


def test_members_are_found_by_value_and_by_name():
    assert Colour("red") is Colour.RED is Colour["RED"]
    assert [each.name for each in Colour] == ["RED", "BLUE"]
    assert (len(Colour), Colour.BLUE.value, Colour.RED in Colour) == (2, "blue", True)
    for unknown in ("green", [], None):
        with pytest.raises(ValueError, match="is not a valid Colour"):
            Colour(unknown)
    with pytest.raises(KeyError):
        Colour["GREEN"]


def test_numbered_members_are_numbers():
    assert Level.HIGH == 1 and Level.HIGH > Level.LOW
    assert ("a", "b")[Level.HIGH] == "b"
    assert {1: "x"}[Level(1)] == "x"


def test_members_stay_themselves_when_copied():
    assert pickle.loads(pickle.dumps(Colour.RED)) is copy.deepcopy(Colour.RED) is Colour.RED
    assert pickle.loads(pickle.dumps(Level.HIGH)) is Level.HIGH


def test_members_have_different_values():
    with pytest.raises(ValueError, match="has the value"):
        type(Colour)("Twice", (Enum,), {"A": 1, "B": 1})
