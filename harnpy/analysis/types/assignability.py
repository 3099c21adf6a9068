"""Which values may stand where a type is expected (chapter 09, 7.1). Where nothing is known about a type, anything may.

Types may be recursive, through aliases and through interfaces whose methods mention them. A question that comes up
again while it is being answered is answered with yes (Amadio and Cardelli, "Subtyping recursive types"); a question
about types nested deeper than DEEPEST, or one that takes enormously many steps, likewise: the checker stays quiet.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.aliases import expanded as expanded
from harnpy.analysis.types.aliases import head
from harnpy.analysis.types.forms import (
    ANY,
    DEEPEST,
    NIL,
    STRING,
    UNKNOWN,
    WILDCARD,
    Applied,
    DictOf,
    Function,
    IterOf,
    ListOf,
    LitInt,
    LitString,
    Loose,
    Named,
    Never,
    Shape,
    Union,
    Wildcard,
)
from harnpy.analysis.types.satisfaction import reason_against
from harnpy.analysis.types.world import constructor_parameters
from harnpy.records import Record, field_names

if TYPE_CHECKING:
    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import World

_MOST_STEPS = 3_000

# The names that take and give any type with arguments of that kind.
_BARE = {"list": ListOf, "dict": DictOf, "iter": IterOf, "closure": Function}


def assignable(expected: Type, actual: Type, world: World) -> bool:
    """Whether a value of type actual may stand where expected is wanted."""
    return Relation(world).accepts(expected, actual)


class Relation:
    """The questions asked on the way to one answer."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = _Numbers()
        self._answers: dict[tuple[int, int], bool] = {}
        # The questions answered with yes, in order: when one of them turns out wrong, so may all that relied on it.
        self._yes: list[tuple[int, int]] = []
        self._depth = 0
        self._steps = 0

    def accepts(self, expected: Type, actual: Type) -> bool:
        """Whether expected takes actual."""
        if expected is actual:
            return True
        if isinstance(actual, Loose):
            return self.accepts(expected, actual.shown) or self.accepts(expected, actual.other)
        if isinstance(expected, Loose):
            return self.accepts(expected.shown, actual) or self.accepts(expected.other, actual)
        generics = self._world.generics
        if isinstance(expected, Wildcard) or isinstance(actual, Wildcard):
            return True
        if generics and (
            (isinstance(expected, Named) and expected.name in generics)
            or (isinstance(actual, Named) and actual.name in generics)
        ):
            return True
        expected, actual = head(expected, self._world), head(actual, self._world)
        if isinstance(expected, Named) and expected.name not in self._world.interfaces:
            return self._compound(expected, actual)
        return self._remembered(expected, actual)

    def reason_against(self, type_: Type, interface: Type) -> str | None:
        """Why type_ does not satisfy interface, or None if it does."""
        return reason_against(type_, interface, self._world, self.accepts)

    def _remembered(self, expected: Type, actual: Type) -> bool:
        """The answer about two types, or the one that was given or is assumed already."""
        question = (self._numbers.of(expected), self._numbers.of(actual))
        known = self._answers.get(question)
        if known is not None:
            return known
        self._steps += 1
        if self._depth > DEEPEST or self._steps > _MOST_STEPS:
            return True
        before = len(self._yes)
        self._answers[question] = True
        self._yes.append(question)
        self._depth += 1
        answer = self._compound(expected, actual)
        self._depth -= 1
        if not answer:
            for each in self._yes[before:]:
                del self._answers[each]
            del self._yes[before:]
            self._answers[question] = False
        return answer

    def _compound(self, expected: Type, actual: Type) -> bool:
        """The rules from 4 on, for two types without aliases at their top."""
        if isinstance(expected, Named | Applied) and expected.name in self._world.interfaces:
            if not (isinstance(actual, Named | Applied) and actual.name == expected.name):
                return self.reason_against(actual, expected) is None
        if isinstance(actual, Never):
            return True
        if isinstance(expected, Never):
            return isinstance(actual, Union) and all(self.accepts(expected, each) for each in actual.members)
        if expected in (ANY, UNKNOWN) or actual == ANY:
            return True
        if isinstance(expected, Union):
            members = actual.members if isinstance(actual, Union) else (actual,)
            return all([any(self.accepts(wanted, each) for wanted in expected.members) for each in members])
        if isinstance(actual, Union):
            return all(self.accepts(expected, each) for each in actual.members)
        if isinstance(expected, Named) or isinstance(actual, Named):
            return _named(expected, actual)
        return self._structural(expected, actual)

    def _structural(self, expected: Type, actual: Type) -> bool:
        """Rules 11 and 16 to 22, where neither side is a plain name or a union."""
        match expected, actual:
            case Applied(), Applied():
                return self._applied(expected, actual)
            case Shape(), Shape():
                return self._shapes(expected, actual)
            case DictOf(key=key, value=value), Shape(fields=fields):
                return self._string_keys(key) and all(self.accepts(value, each.type) for each in fields)
            case Shape(), DictOf():
                return True
            case ListOf(element=element), ListOf(element=other):
                return self._same(element, other)
            case IterOf(element=element), IterOf(element=other):
                return self.accepts(element, other)
            case DictOf(key=key, value=value), DictOf(key=other_key, value=other_value):
                return self._same(key, other_key) and self._same(value, other_value)
            case Function(params=params, result=result), Function(params=other_params, result=other_result):
                return (
                    len(params) == len(other_params)
                    and all(self.accepts(theirs, ours) for ours, theirs in zip(params, other_params))
                    and self.accepts(result, other_result)
                )
            case (Applied(name="Schema"), Shape() | DictOf()) | (Shape() | DictOf(), Applied(name="Schema")):
                return True
            case _:
                return expected == actual and isinstance(expected, LitString | LitInt)

    def _same(self, expected: Type, actual: Type) -> bool:
        """The invariant relation: each takes the other."""
        return self.accepts(expected, actual) and self.accepts(actual, expected)

    def _applied(self, expected: Applied, actual: Applied) -> bool:
        if expected.name != actual.name or len(expected.args) != len(actual.args):
            return False
        declared = constructor_parameters(expected.name, self._world)
        markers = [each.variance for each in declared] if len(declared) == len(expected.args) else []
        for number, (wanted, given) in enumerate(zip(expected.args, actual.args)):
            marker = markers[number] if markers else ""
            if marker != "in" and not self.accepts(wanted, given):
                return False
            if marker != "out" and not self.accepts(given, wanted):
                return False
        return True

    def _shapes(self, expected: Shape, actual: Shape) -> bool:
        given = {each.name: each.type for each in actual.fields}
        for field in expected.fields:
            found = given.get(field.name)
            if found is None:
                if not field.optional:
                    return False
            elif not self.accepts(Union((field.type, NIL)) if field.optional else field.type, found):
                return False
        return True

    def _string_keys(self, key: Type) -> bool:
        """Whether dicts with such keys may come from a shape, whose keys are strings."""
        key = head(key, self._world)
        return key in (STRING, ANY, WILDCARD) or (isinstance(key, Named) and key.name in self._world.generics)


class _Numbers:
    """Numbers types so that equal ones have the same: comparing two types is then comparing two numbers, at any depth."""

    def __init__(self) -> None:
        self._by_form: dict[tuple[object, ...], int] = {}
        # By identity; each with its object, which must not go away as long as its identity stands for it.
        self._known: dict[int, tuple[int, object]] = {}

    def of(self, part: object) -> int:
        """The number of a type or of a part of one."""
        found = self._known.get(id(part))
        if found is None:
            form: tuple[object, ...]
            if isinstance(part, tuple):
                form = (tuple, *[self.of(each) for each in part])
            elif isinstance(part, Record):
                values = [getattr(part, name) for name in field_names(type(part))]
                form = (type(part), *[self.of(each) for each in values])
            else:
                form = (type(part), part)
            found = self._known[id(part)] = (self._by_form.setdefault(form, len(self._by_form)), part)
        return found[0]


def _names(expected: str, actual: str) -> bool:
    """Rules 7 to 9: a name and a name."""
    return (
        expected == actual
        or expected in ("any", "unknown")
        or actual == "any"
        or (expected == "float" and actual == "int")
    )


def _named(expected: Type, actual: Type) -> bool:
    """Where at least one side is a name, and none is `any`, `never`, a union or an interface."""
    if isinstance(expected, Named) and isinstance(actual, Named):
        return _names(expected.name, actual.name)
    if isinstance(expected, Named):
        return _bare(expected.name, actual) or (expected.name == "float" and isinstance(actual, LitInt))
    return _bare(actual.name, expected) if isinstance(actual, Named) else False


def _bare(name: str, other: Type) -> bool:
    """Whether a plain name and another form go together, whichever of them is expected."""
    match other:
        case Applied(name=constructor):
            return constructor == name or (constructor, name) in (("Schema", "dict"), ("Pair", "pair"))
        case Shape():
            return name == "dict"
        case LitString():
            return name == "string"
        case LitInt():
            return name == "int"
        case _:
            kind = _BARE.get(name)
            return kind is not None and isinstance(other, kind)
