"""Types of tool parameters, read from JSON schemas (chapter 12 section 12.4.5).

Prompts and transcripts show tools in these types; how they write them is their own business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from harnpy.llm.json_values import Json
from harnpy.vm.display import display
from harnpy.vm.schema.references import resolve_reference


@dataclass(frozen=True, slots=True)
class Unknown:
    """What no type says anything about."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """A type by the name that the schema has for it."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    value: Json


@dataclass(frozen=True, slots=True)
class Reference:
    """A type that has a name of its own."""

    name: str


@dataclass(frozen=True, slots=True)
class ArrayOf:
    item: ToolType


@dataclass(frozen=True, slots=True)
class Fields:
    """An object with these fields, required ones first, then by name."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Union:
    members: tuple[ToolType, ...]


@dataclass(frozen=True, slots=True)
class Intersection:
    members: tuple[ToolType, ...]


ToolType: TypeAlias = Unknown | Primitive | Literal | Reference | ArrayOf | Fields | Union | Intersection

UNKNOWN = Unknown()
NULL = Primitive("null")


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a tool, or one field of an object. default counts only with has_default."""

    name: str
    type: ToolType
    required: bool
    description: str = ""
    has_default: bool = False
    default: Json = None
    examples: tuple[Json, ...] = ()


def in_order(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Required ones first, by name inside each group."""
    return tuple(sorted(fields, key=lambda field: (not field.required, field.name)))


class TypeReader:
    """Reads the schemas of one document. root gives the document, which references point into.

    named are the types that references have named so far, in that order; readers of several documents may share it.
    """

    def __init__(self, root: Callable[[], Json], named: dict[str, ToolType]) -> None:
        self._root = root
        self._named = named

    def read(self, schema: Json) -> ToolType:
        """The type that a JSON schema, or the name of a primitive, describes."""
        if isinstance(schema, str):
            return Primitive(schema)
        if not isinstance(schema, dict):
            return UNKNOWN
        kind = self._plain_type(schema)
        if schema.get("nullable") is True:
            members = kind.members if isinstance(kind, Union) else (kind,)
            return _union(members if NULL in members else (*members, NULL))
        return kind

    def field(self, name: str, schema: Json, required: bool) -> Field:
        """A field as its schema describes it."""
        if not isinstance(schema, dict):
            return Field(name, self.read(schema), required)
        examples = schema.get("examples")
        if not isinstance(examples, list):
            examples = [schema["example"]] if schema.get("example") is not None else []
        return Field(
            name,
            self.read(schema),
            required,
            description=_text(schema.get("description")),
            has_default="default" in schema,
            default=schema.get("default"),
            examples=tuple(examples),
        )

    def fields(self, schema: dict[str, Json]) -> tuple[Field, ...]:
        """The properties of an object's schema."""
        properties = schema.get("properties")
        listed = schema.get("required")
        required = listed if isinstance(listed, list) else []
        given = properties.items() if isinstance(properties, dict) else ()
        return in_order(self.field(name, value, name in required) for name, value in given)

    def _plain_type(self, schema: dict[str, Json]) -> ToolType:
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema["$ref"])
        if "const" in schema:
            return Literal(schema["const"])
        if isinstance(schema.get("enum"), list):
            return _union(Literal(value) for value in schema["enum"])
        for key in ("oneOf", "anyOf"):
            if isinstance(schema.get(key), list):
                return _union(member for member in map(self.read, schema[key]) if member != UNKNOWN)
        if isinstance(schema.get("allOf"), list):
            members = tuple(map(self.read, schema["allOf"]))
            return _joined(members, Intersection)
        named = schema.get("type")
        if isinstance(named, list):
            return _union(Primitive(_text(name)) for name in named)
        if named == "array":
            return ArrayOf(self.read(schema.get("items")))
        if named == "object" and isinstance(schema.get("properties"), dict):
            return Fields(self.fields(schema))
        return Primitive(named) if isinstance(named, str) else UNKNOWN

    def _reference(self, pointer: str) -> ToolType:
        name = pointer.rpartition("/")[2]
        if name not in self._named:
            target = resolve_reference(self._root(), pointer)
            if target is not None:
                # Before it is read: a type may mention itself.
                self._named[name] = UNKNOWN
                self._named[name] = self.read(target)
        return Reference(name)


def _union(members: Iterable[ToolType]) -> ToolType:
    return _joined(tuple(members), Union)


def _joined(members: tuple[ToolType, ...], kind: type[Union] | type[Intersection]) -> ToolType:
    """A union or intersection; of one member that member, of none the unknown type."""
    if not members:
        return UNKNOWN
    return members[0] if len(members) == 1 else kind(members)


def _text(value: Json) -> str:
    return "" if value is None else display(value)
