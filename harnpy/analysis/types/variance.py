"""Whether type parameters marked `in` or `out` appear only where their marker allows (chapter 09, section 10)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.types.forms import (
    Applied,
    DictOf,
    Function,
    IterOf,
    ListOf,
    Named,
    Shape,
    Union,
    annotated,
)
from harnpy.analysis.types.world import constructor_parameters
from harnpy.syntax import ast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from harnpy.analysis.types.forms import Type
    from harnpy.analysis.types.world import World

    Generic: TypeAlias = ast.TypeAlias_ | ast.Enum | ast.Struct | ast.Interface | ast.Fn
    # The parameter, its marker, the word for the position, the word for the declaration and its name.
    Violation: TypeAlias = tuple[str, str, str, str, str]

_COVARIANT, _INVARIANT, _CONTRAVARIANT = 1, 0, -1
WORDS = {_COVARIANT: "covariant", _INVARIANT: "invariant", _CONTRAVARIANT: "contravariant"}
_OF_MARKER = {"out": _COVARIANT, "in": _CONTRAVARIANT, "": _INVARIANT}


def violations(declaration: Generic, world: World) -> list[Violation]:
    """The occurrences of marked parameters in positions that their markers do not allow, in source order."""
    marked = {each.name: each.variance for each in declaration.type_params if each.variance}
    if not marked:
        return []
    variances = tuple([_OF_MARKER[each.variance] for each in declaration.type_params])
    walk = _Walk(world, declaration.name, variances)
    found = []
    kind = _kind(declaration)
    for expression, position, hidden in _parts(declaration):
        for name, polarity in walk.occurrences(annotated(expression), position):
            marker = marked.get(name)
            if marker is not None and name not in hidden and polarity != _OF_MARKER[marker]:
                found.append((name, marker, WORDS[polarity], kind, declaration.name))
    return found


def marker_word(marker: str) -> str:
    """What a marker means: `out` is covariant, `in` is contravariant."""
    return WORDS[_OF_MARKER[marker]]


def _kind(declaration: Generic) -> str:
    match declaration:
        case ast.TypeAlias_():
            return "type alias"
        case ast.Enum():
            return "enum"
        case ast.Struct():
            return "struct"
        case ast.Interface():
            return "interface"
        case ast.Fn():
            return "function"


def _parts(declaration: Generic) -> Iterator[tuple[ast.TypeExpr, int, frozenset[str]]]:
    """The annotations of a declaration, the polarity they start with, and the parameters that a method of it hides."""
    nothing: frozenset[str] = frozenset()
    match declaration:
        case ast.TypeAlias_(type=type_):
            yield type_, _COVARIANT, nothing
        case ast.Enum(variants=variants):
            for variant in variants:
                yield from [(each.type, _COVARIANT, nothing) for each in variant.params if each.type is not None]
        case ast.Struct(fields=fields):
            yield from [(each.type, _INVARIANT, nothing) for each in fields if each.type is not None]
        case ast.Interface(methods=methods):
            for method in methods:
                hidden = frozenset([each.name for each in method.type_params])
                yield from _signature(method.params, method.result, hidden)
        case ast.Fn(params=params, result=result):
            yield from _signature(params, result, nothing)


def _signature(
    params: tuple[ast.Param, ...], result: ast.TypeExpr | None, hidden: frozenset[str]
) -> Iterator[tuple[ast.TypeExpr, int, frozenset[str]]]:
    for each in params:
        if each.type is not None:
            yield each.type, _CONTRAVARIANT, hidden
    if result is not None:
        yield result, _COVARIANT, hidden


class _Walk:
    """Finds names and their polarities. name and variances are those of the declaration itself, which may be local."""

    def __init__(self, world: World, name: str, variances: tuple[int, ...]) -> None:
        self._world = world
        self._name = name
        self._variances = variances

    def occurrences(self, type_: Type, polarity: int) -> Iterator[tuple[str, int]]:
        """Every name in type_ with the polarity of its position, in source order."""
        match type_:
            case Named(name=name):
                yield name, polarity
            case Union(members=members):
                for member in members:
                    yield from self.occurrences(member, polarity)
            case Shape(fields=fields):
                for field in fields:
                    yield from self.occurrences(field.type, polarity)
            case IterOf(element=element):
                yield from self.occurrences(element, polarity)
            case ListOf(element=element):
                yield from self.occurrences(element, _INVARIANT)
            case DictOf(key=key, value=value):
                yield from self.occurrences(key, _INVARIANT)
                yield from self.occurrences(value, _INVARIANT)
            case Function(params=params, result=result):
                for each in params:
                    yield from self.occurrences(each, -polarity)
                yield from self.occurrences(result, polarity)
            case Applied(name=name, args=args):
                for each, variance in zip(args, self._declared(name, len(args))):
                    yield from self.occurrences(each, polarity * variance)

    def _declared(self, name: str, count: int) -> tuple[int, ...]:
        """The variance of each argument of a constructor; invariant all where it is unknown."""
        if name == self._name:
            declared = self._variances
        else:
            alias = self._world.aliases.get(name)
            parameters = constructor_parameters(name, self._world) or (alias.parameters if alias is not None else ())
            declared = tuple([_OF_MARKER[each.variance] for each in parameters])
        return declared if len(declared) == count else (_INVARIANT,) * count
