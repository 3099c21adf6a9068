"""Classes that do what Python allows and few expect."""

from __future__ import annotations

import asyncio
import enum
from collections import namedtuple
from dataclasses import dataclass, field


class Raising:
    """Whatever is asked of it fails."""

    @property
    def part(self):
        raise ValueError("no part")

    def __bool__(self):
        raise RuntimeError("no truth")

    def __str__(self):
        raise KeyError("no text")

    def __len__(self):
        raise OSError("no length")

    def __eq__(self, other):
        raise ArithmeticError("no equality")

    __hash__ = None


class Anything:
    """Every name is there."""

    def __getattr__(self, name):
        return name.upper()


class Slotted:
    __slots__ = ("here",)

    def __init__(self):
        self.here = 1


class Meta(type):
    def __getattr__(cls, name):
        raise LookupError(f"the class says no to {name}")

    def __len__(cls):
        return 3


class Made(metaclass=Meta):
    pass


class Money:
    """Operators that decline what they do not know."""

    def __init__(self, cents):
        self.cents = cents

    def __add__(self, other):
        return Money(self.cents + other.cents) if isinstance(other, Money) else NotImplemented

    def __radd__(self, other):
        return Money(self.cents + other) if other == 0 else NotImplemented

    def __neg__(self):
        return Money(-self.cents)

    def __lt__(self, other):
        return self.cents < other.cents

    def __eq__(self, other):
        return isinstance(other, Money) and self.cents == other.cents

    def __hash__(self):
        return hash(self.cents)

    def __str__(self):
        return f"{self.cents / 100:.2f}"


class Vector:
    """Comparisons by element, as arrays have them."""

    def __init__(self, *items):
        self.items = list(items)

    def _each(self, function):
        return Vector(*map(function, self.items))

    def __gt__(self, other):
        return self._each(lambda each: each > other)

    def __eq__(self, other):
        return self._each(lambda each: each == other)

    def __ne__(self, other):
        return self._each(lambda each: each != other)

    def __mul__(self, other):
        return self._each(lambda each: each * other)

    __rmul__ = __mul__

    def __rsub__(self, other):
        return self._each(lambda each: other - each)

    def __rtruediv__(self, other):
        return self._each(lambda each: other / each)

    def __mod__(self, other):
        return self._each(lambda each: each % other)

    def __pow__(self, other):
        return self._each(lambda each: each**other)

    def __getitem__(self, key):
        if isinstance(key, Vector):
            return Vector(*(item for item, chosen in zip(self.items, key.items) if chosen))
        return self.items[key]

    def __bool__(self):
        raise ValueError("the truth of a vector is ambiguous")

    def __str__(self):
        return f"<{' '.join(map(str, self.items))}>"

    __hash__ = None


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Celsius(float):
    pass


class Count(int):
    def __int__(self):
        return 999


Point = namedtuple("Point", "x y")


@dataclass
class Order:
    number: int
    lines: list = field(default_factory=list)


class Frame:
    """What data frames have: rows, and an accessor that nobody can replace."""

    def __init__(self, **columns):
        self.columns = columns

    def __dataframe__(self):
        raise NotImplementedError

    def __iter__(self):
        return iter(self.columns)

    def to_dict(self, orient):
        assert orient == "records"
        return [dict(zip(self.columns, row)) for row in zip(*self.columns.values())]

    @property
    def at(self):
        return Places(self)


class Places:
    def __init__(self, frame):
        self._frame = frame

    def __getitem__(self, place):
        return self._frame.columns[place[1]][place[0]]

    def __setitem__(self, place, value):
        self._frame.columns[place[1]][place[0]] = value


closed = []


def counting(limit):
    """A generator that says when it is closed."""
    try:
        yield from range(limit)
    finally:
        closed.append(limit)


async def later(value, fail=None):
    await asyncio.sleep(0)
    if fail is not None:
        raise fail
    return value


async def numbers_later(limit):
    for number in range(limit):
        await asyncio.sleep(0)
        yield number


class Session:
    """A context manager of both kinds."""

    def __init__(self, swallows=False):
        self.log = []
        self.swallows = swallows

    def __enter__(self):
        self.log.append("in")
        return self

    def __exit__(self, kind, error, traceback):
        self.log.append(f"out {kind.__name__ if kind else 'well'}")
        return self.swallows


class AsyncSession:
    def __init__(self):
        self.log = []

    async def __aenter__(self):
        await asyncio.sleep(0)
        self.log.append("in")
        return self

    async def __aexit__(self, kind, error, traceback):
        self.log.append("out")


class Custom(Exception):
    def __init__(self, code, detail):
        super().__init__(code, detail)
        self.code = code


def fails(kind="custom"):
    if kind == "custom":
        raise Custom(7, "seven")
    if kind == "exit":
        raise SystemExit(3)
    if kind == "close":
        raise GeneratorExit
    if kind == "textless":
        raise LookupError
    raise Raising  # no exception at all: a TypeError


def keeps(items):
    """Changes what it gets, and keeps it."""
    items.append(99)
    kept.append(items)
    return items


kept = []


def apply(function, *args, **named):
    return function(*args, **named)


async def apply_later(function, *args):
    await asyncio.sleep(0)
    return function(*args)


async def await_it(function, *args):
    return await function(*args)


def swallow(function):
    """Catches what a callback raises."""
    try:
        function()
    except Exception as error:
        return f"caught {type(error).__name__}: {error}"
    return "nothing"


def same(value):
    return value


def kind(value):
    return type(value).__name__


nothing = None
