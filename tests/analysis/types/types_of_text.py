"""Types, worlds and expressions from their text, through the real parser; and strategies that make types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from harnpy.analysis.types.assignability import assignable
from harnpy.analysis.types.declared import world_of
from harnpy.analysis.types.forms import (
    ANY,
    BOOL,
    CLOSURE,
    DICT,
    FLOAT,
    INT,
    LIST,
    NEVER,
    NIL,
    SET,
    STRING,
    UNKNOWN,
    WILDCARD,
    Applied,
    DictOf,
    Field,
    Function,
    IterOf,
    ListOf,
    LitInt,
    LitString,
    Named,
    Shape,
    Union,
    annotated,
)
from harnpy.analysis.types.world import World
from harnpy.syntax import ast
from harnpy.syntax.parser import parse_program

if TYPE_CHECKING:
    from harnpy.analysis.types.forms import Type


def type_of(text: str) -> Type:
    """The type that an annotation means; `_` is the wildcard."""
    if text == "_":
        return WILDCARD
    alias = parse_program(f"type Written = {text}", "type").items[0]
    assert isinstance(alias, ast.TypeAlias_)
    return annotated(alias.type)


def declared(text: str, *generics: str) -> World:
    """What a program declares, with type parameters in scope."""
    world = world_of(parse_program(text, "world"))
    return World(world.aliases, world.enums, world.structs, world.interfaces, world.impls, frozenset(generics))


def expression(text: str) -> ast.Expr:
    """An expression."""
    let = parse_program(f"let written = {text}", "expression").items[0]
    assert isinstance(let, ast.Let)
    return let.value


NOTHING = declared("")


def fits(expected: str, actual: str, world: World = NOTHING) -> bool:
    """Whether one type takes the other."""
    return assignable(type_of(expected), type_of(actual), world)


BASIC = [INT, FLOAT, STRING, BOOL, NIL, LIST, DICT, SET, CLOSURE, ANY, UNKNOWN, NEVER, Named("range"), Named("Thing")]
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="$\x7f"), max_size=4)


def types(leaves: st.SearchStrategy[Type] | None = None, in_unions: bool = True) -> st.SearchStrategy[Type]:
    """Any type as the parser makes them: no member of a union is a union or a function type."""
    if leaves is None:
        leaves = st.one_of(
            st.sampled_from(BASIC),
            st.builds(LitInt, st.integers(-(2**63) + 1, 2**63 - 1)),
            st.builds(LitString, TEXTS),
        )

    def deeper(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
        field = st.builds(Field, st.sampled_from("abc"), inner, st.booleans())
        containers = [
            st.builds(ListOf, inner),
            st.builds(DictOf, inner, inner),
            st.builds(IterOf, inner),
            st.tuples(inner, inner).map(lambda args: Applied("Result", args)),
            st.tuples(inner).map(lambda args: Applied("set", args)),
            st.lists(field, max_size=3, unique_by=lambda each: each.name).map(lambda fields: Shape(tuple(fields))),
            st.builds(Function, st.lists(inner, max_size=2).map(tuple), inner),
        ]
        if in_unions:
            containers.append(st.lists(inner, min_size=2, max_size=3).map(union))
        return st.one_of(containers)

    return st.recursive(leaves, deeper, max_leaves=6)


def union(members: list[Type]) -> Type:
    """A union of at least two members, as the parser could make it: something else stands for unions and functions."""
    return Union(tuple([Named("Thing") if isinstance(each, Union | Function) else each for each in members]))
