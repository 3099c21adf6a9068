"""What a file declares about types: aliases, enums, structs, interfaces and the methods of `impl` blocks (chapter 09, 2.3)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record

if TYPE_CHECKING:
    from harnpy.analysis.types.forms import Type


class TypeParameter(Record):
    """variance: "" (invariant), "in" (contravariant) or "out" (covariant)."""

    name: str
    variance: str = ""


class Alias(Record):
    name: str
    parameters: tuple[TypeParameter, ...]
    type: Type


class EnumType(Record):
    """variants: by name, in order of declaration, the name and type (None: untyped) of each field."""

    name: str
    parameters: tuple[TypeParameter, ...]
    variants: dict[str, tuple[tuple[str, Type | None], ...]]


class StructField(Record):
    name: str
    type: Type | None
    optional: bool


class StructType(Record):
    name: str
    parameters: tuple[TypeParameter, ...]
    fields: tuple[StructField, ...]


class Method(Record):
    """parameters: name and type (None: untyped) of each but one called `self`."""

    name: str
    parameters: tuple[tuple[str, Type | None], ...]
    result: Type | None


class InterfaceType(Record):
    """associated: the associated types in order, with their default or None."""

    name: str
    parameters: tuple[TypeParameter, ...]
    associated: tuple[tuple[str, Type | None], ...]
    methods: tuple[Method, ...]


class World(Record):
    """The declarations that hold for a piece of code. generics: the type parameters in scope there."""

    aliases: dict[str, Alias]
    enums: dict[str, EnumType]
    structs: dict[str, StructType]
    interfaces: dict[str, InterfaceType]
    impls: dict[str, dict[str, Method]]
    generics: frozenset[str] = frozenset()


def constructor_parameters(name: str, world: World) -> tuple[TypeParameter, ...]:
    """The type parameters that a generic enum, struct or interface declares, looked for in this order; () for others."""
    declared = world.enums.get(name) or world.structs.get(name) or world.interfaces.get(name)
    return () if declared is None else declared.parameters
