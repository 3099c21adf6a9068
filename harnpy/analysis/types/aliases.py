"""Expanding aliases, lazily where possible: the first form of a type is found without looking at what is inside it.

An alias that is nothing but itself (`type A = A`) stays a name, as if it were nominal; in a union that it stands for
(`type A = A | nil`) it adds nothing. Aliases that contain themselves (`type Tree = {children: list<Tree>}`) are fine:
the inner name is expanded when somebody looks at it.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.forms import (
    ANY,
    DEEPEST,
    NEVER,
    WILDCARD,
    Applied,
    DictOf,
    Field,
    Function,
    IterOf,
    ListOf,
    Named,
    Shape,
    Union,
    substituted,
)

if TYPE_CHECKING:
    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import World

_MOST_NODES = 2_000


def head(type_: Type, world: World) -> Type:
    """What type_ is once the aliases at its top are expanded; members of unions likewise, so that no union is in a union.

    A generic alias without arguments has `_` for each; with another number of them than it declares it stays as it is.
    """
    if not world.aliases and not isinstance(type_, Union):
        return type_
    members = _members(type_, world, (), ())
    if isinstance(type_, Union) and members == list(type_.members):
        return type_
    return union_of(members) if members else NEVER


def expanded(type_: Type, world: World) -> Type:
    """type_ with every alias in it expanded, deeply.

    Names stay where an alias contains itself, below DEEPEST levels, and where the result would get enormous.
    """
    return _Expansion(world).of(type_, frozenset(), 0)


def _members(type_: Type, world: World, around: tuple[str, ...], chain: tuple[Named | Applied, ...]) -> list[Type]:
    """The members of the union that type_ is, or type_ alone.

    around are the aliases of whose unions it is a member: what leads back to one of them adds nothing. chain are those
    that stand for it, one for the other: a circle of these is the one of them that is first by name.
    """
    if isinstance(type_, Union):
        outer = (*around, *[each.name for each in chain])
        return [member for each in type_.members for member in _members(each, world, outer, ())]
    if not isinstance(type_, Named | Applied) or type_.name not in world.aliases or type_.name in world.generics:
        return [type_]
    names = [each.name for each in chain]
    if type_.name in names:
        return [min(chain[names.index(type_.name) :], key=lambda each: each.name)]
    if type_.name in around:
        return []
    if len(around) + len(chain) > DEEPEST:
        return [ANY]
    body = _body(type_, world)
    return [type_] if body is None else _members(body, world, around, (*chain, type_))


def _body(type_: Named | Applied, world: World) -> Type | None:
    """What the alias stands for there, or None if it cannot be expanded with these arguments."""
    alias = world.aliases[type_.name]
    names = [each.name for each in alias.parameters]
    if isinstance(type_, Named):
        return substituted(alias.type, dict.fromkeys(names, WILDCARD))
    return substituted(alias.type, dict(zip(names, type_.args))) if len(type_.args) == len(names) else None


def union_of(members: list[Type]) -> Type:
    """The union of at least one member, repetitions included; of one, that member."""
    return members[0] if len(members) == 1 else Union(tuple(members))


def _flat(types: list[Type]) -> list[Type]:
    return [member for each in types for member in (each.members if isinstance(each, Union) else (each,))]


class _Expansion:
    def __init__(self, world: World) -> None:
        self._world = world
        self._left = _MOST_NODES

    def of(self, type_: Type, path: frozenset[str], depth: int) -> Type:
        """type_ expanded; path holds the aliases whose bodies it lies in."""
        self._left -= 1
        if depth > DEEPEST or self._left < 0:
            return type_
        if isinstance(type_, Union):
            return union_of(_flat([self.of(each, path, depth + 1) for each in type_.members]))
        if isinstance(type_, Named | Applied) and type_.name in self._world.aliases:
            first = type_ if type_.name in path else head(type_, self._world)
            if first is type_:
                return type_
            return self._inside(first, path | {type_.name}, depth + 1)
        return self._inside(type_, path, depth + 1)

    def _inside(self, type_: Type, path: frozenset[str], depth: int) -> Type:
        match type_:
            case Union(members=members):
                return Union(tuple([self._inside(each, path, depth) for each in members]))
            case Shape(fields=fields):
                return Shape(
                    tuple([Field(each.name, self.of(each.type, path, depth), each.optional) for each in fields])
                )
            case ListOf(element=element):
                return ListOf(self.of(element, path, depth))
            case DictOf(key=key, value=value):
                return DictOf(self.of(key, path, depth), self.of(value, path, depth))
            case IterOf(element=element):
                return IterOf(self.of(element, path, depth))
            case Applied(name=name, args=args):
                return Applied(name, tuple([self.of(each, path, depth) for each in args]))
            case Function(params=params, result=result):
                return Function(tuple([self.of(each, path, depth) for each in params]), self.of(result, path, depth))
            case _:
                return type_
