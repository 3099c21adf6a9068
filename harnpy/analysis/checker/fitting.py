"""Whether the value of an expression fits where a type is wanted."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.forms import (
    ANY,
    NEVER,
    NIL,
    WILDCARD,
    Applied,
    Field,
    ListOf,
    Loose,
    Named,
    Shape,
    Union,
)
from harnpy.syntax import ast

if TYPE_CHECKING:
    from harnpy.analysis.checker.context import Checker
    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import World


def fits(checker: Checker, expected: Type, value: ast.Expr, actual: Type, world: World | None = None) -> bool:
    """Whether a value, whose type is actual, may stand where expected is wanted.

    The type of an `if` does not know what its conditions say; a value that fits only if they are heard fits as well.
    Lists of records that are written out there fit if each of the records does, those of values that have to satisfy
    an interface likewise: nobody else sees them as lists of
    another type.
    """
    if checker.accepts(expected, actual, world):
        return True
    if isinstance(value, ast.ListLit | ast.DictLit):
        return _literal_fits(checker, expected, value, world)
    if not isinstance(value, ast.If) or checker.conditions_narrow:
        return False
    narrowed = _narrowed(checker, value)
    return narrowed is None or checker.accepts(expected, narrowed, world)


def _literal_fits(checker: Checker, expected: Type, value: ast.ListLit | ast.DictLit, world: World | None) -> bool:
    """Whether the records in a literal, or the values that have to satisfy an interface, fit one by one."""
    wanted = checker.head(expected)
    if isinstance(wanted, Union):
        return any([_literal_fits(checker, each, value, world) for each in wanted.members])
    if isinstance(value, ast.ListLit):
        if not isinstance(wanted, ListOf):
            return False
        element = checker.head(wanted.element)
        of_interface = isinstance(element, Named | Applied) and element.name in checker.world.interfaces
        return all(
            (of_interface or isinstance(each, ast.DictLit))
            and not isinstance(each, ast.Spread)
            and _fits_literally(checker, element, each, world)
            for each in value.elements
        )
    entries = {each.key.value: each.value for each in value.entries if isinstance(each.key, ast.Str)}
    if not isinstance(wanted, Shape) or len(entries) < len(value.entries):
        return False
    return all(
        _fits_literally(checker, Union((each.type, NIL)) if each.optional else each.type, entries[each.name], world)
        if each.name in entries
        else each.optional
        for each in wanted.fields
    )


def _fits_literally(checker: Checker, expected: Type, value: ast.Expr, world: World | None) -> bool:
    actual = checker.infer(value)
    return actual is None or fits(checker, expected, value, actual, world)


def of_variable(checker: Checker, value: ast.Expr, actual: Type | None, mutable: bool) -> Type | None:
    """The type that a variable gets from its initial value, whose type is actual; None if nothing is known.

    That of an `if` is printed as if its conditions said nothing; where it fits only if they are heard, it fits as well.
    A field that a mutable variable begins with as nil is a place for something.
    """
    if actual is None or actual in (WILDCARD, NEVER):
        return None
    if mutable and isinstance(actual, Shape):
        return _with_places(actual)
    if not isinstance(value, ast.If):
        return actual
    narrowed = _narrowed(checker, value)
    return actual if narrowed is None or narrowed == actual else Loose(actual, narrowed)


def _with_places(type_: Type) -> Type:
    """type_ with fields that are nil taking anything."""
    if type_ == NIL:
        return Loose(NIL, ANY)
    if not isinstance(type_, Shape):
        return type_
    return Shape(tuple([Field(each.name, _with_places(each.type), each.optional) for each in type_.fields]))


def _narrowed(checker: Checker, value: ast.If) -> Type | None:
    """The type of an `if` whose conditions narrow."""
    checker.conditions_narrow = True
    found = checker.infer(value)
    checker.conditions_narrow = False
    return found
