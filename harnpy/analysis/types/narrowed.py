"""What a condition makes of a type (chapter 09, section 8). Callers expand aliases first; None means "nothing is learnt"."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.aliases import union_of
from harnpy.analysis.types.forms import (
    ANY,
    NEVER,
    NIL,
    UNKNOWN,
    DictOf,
    Field,
    Function,
    ListOf,
    LitInt,
    LitString,
    Named,
    Shape,
    Union,
)

if TYPE_CHECKING:
    from harnpy.analysis.types.forms import Type

# What `type_of` tells apart, in the order in which messages list it.
TYPE_NAMES = ("int", "string", "float", "bool", "nil", "list", "dict", "closure")


def without_nil(type_: Type) -> Type:
    """type_ where it is known not to be nil; never if nothing is left."""
    if isinstance(type_, Union):
        return _left([each for each in type_.members if each != NIL])
    return NEVER if type_ == NIL else type_


def has_nil(type_: Type) -> bool:
    """Whether type_ is nil or a union with it."""
    return type_ == NIL or (isinstance(type_, Union) and NIL in type_.members)


def base_name(type_: Type) -> str | None:
    """What `type_of` says of every value of type_, if that is one of TYPE_NAMES and if type_ tells."""
    match type_:
        case Named(name=name):
            return name if name in TYPE_NAMES else None
        case ListOf():
            return "list"
        case Shape() | DictOf():
            return "dict"
        case Function():
            return "closure"
        case LitString():
            return "string"
        case LitInt():
            return "int"
        case _:
            return None


def selected(type_: Type, name: str) -> Type | None:
    """type_ where `type_of` says name: of a union the members that are that, of unknown the type called so."""
    if name not in TYPE_NAMES:
        return None
    if isinstance(type_, Union):
        members = [each for each in type_.members if base_name(each) == name]
        return union_of(members) if members else None
    if type_ == UNKNOWN:
        return Named(name)
    return type_ if base_name(type_) == name else None


def removed(type_: Type, name: str) -> Type | None:
    """type_ where `type_of` says anything but name; never if nothing is left. unknown stays unknown."""
    if name not in TYPE_NAMES:
        return None
    if isinstance(type_, Union):
        members = [each for each in type_.members if base_name(each) != name]
        return None if len(members) == len(type_.members) else _left(members)
    return NEVER if base_name(type_) == name else None


def with_field(type_: Type, key: str) -> Type | None:
    """A shape with an optional field key, where that field is known to be there."""
    if not isinstance(type_, Shape) or not any([each.name == key and each.optional for each in type_.fields]):
        return None
    fields = [Field(each.name, each.type, each.optional and each.name != key) for each in type_.fields]
    return Shape(tuple(fields))


def intersect(a: Type, b: Type) -> Type | None:
    """What of a is b, the type of a schema that the value matches; None if they have nothing in common.

    unknown and any, which say nothing, become b.
    """
    return _common(a, b, True)


def subtract(a: Type, b: Type) -> Type:
    """a without what is b: a union loses the members that have something in common with b, unless all have."""
    if not isinstance(a, Union):
        return a
    left = [each for each in a.members if _common(each, b, False) is None]
    return union_of(left) if left else a


def _common(a: Type, b: Type, opens: bool) -> Type | None:
    """The common part of two types; opens says whether unknown and any contain everything."""
    if a == b:
        return b
    if isinstance(a, Union):
        return _members([_common(each, b, opens) for each in a.members])
    if isinstance(b, Union):
        if opens and a in (ANY, UNKNOWN):
            return b
        return _members([_common(a, each, opens) for each in b.members])
    match a, b:
        case Named(name="any" | "unknown"), _:
            return b if opens else None
        case (Named(name="dict"), Shape() | DictOf()) | (Named(name="list"), ListOf()):
            return b
        case (Shape() | DictOf(), Named(name="dict")) | (ListOf(), Named(name="list")):
            return a
        case Shape(), Shape():
            return b
        case ListOf(element=element), ListOf(element=other):
            common = _common(element, other, opens)
            return None if common is None else ListOf(common)
        case DictOf(key=key, value=value), DictOf(key=other_key, value=other_value):
            keys, values = _common(key, other_key, opens), _common(value, other_value, opens)
            return None if keys is None or values is None else DictOf(keys, values)
        case (LitString(), Named(name="string")) | (LitInt(), Named(name="int" | "float")):
            return a
        case (Named(name="string"), LitString()) | (Named(name="int" | "float"), LitInt()):
            return b
        case _:
            return None


def _members(found: list[Type | None]) -> Type | None:
    """The union of what was found, each once and unions flattened; None if nothing was."""
    members: list[Type] = []
    for each in found:
        for member in each.members if isinstance(each, Union) else (each,):
            if member is not None and member not in members:
                members.append(member)
    return union_of(members) if members else None


def _left(members: list[Type]) -> Type:
    return union_of(members) if members else NEVER
