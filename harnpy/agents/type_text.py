"""Types of tool parameters in the notation of the contract prompt, which is TypeScript's (chapter 12 section 12.4.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harnpy.llm.json_values import Json, compact_json
from harnpy.llm.tool_text import IDENTIFIER
from harnpy.llm.tool_types import (
    ArrayOf,
    Field,
    Fields,
    Intersection,
    Literal,
    Primitive,
    Reference,
    ToolType,
    Union,
    Unknown,
)

_PRIMITIVES = {
    **dict.fromkeys(("str", "string"), "string"),
    **dict.fromkeys(("int", "integer", "long", "number", "float", "double"), "number"),
    **dict.fromkeys(("bool", "boolean"), "boolean"),
    **dict.fromkeys(("nil", "null", "none"), "null"),
    **dict.fromkeys(("dict", "map"), "object"),
    **dict.fromkeys(("list", "array"), "unknown[]"),
}
_NAME = re.compile(IDENTIFIER)


def type_text(kind: ToolType) -> str:
    """A type on one line."""
    match kind:
        case Unknown():
            return "unknown"
        case Primitive(name):
            return _PRIMITIVES.get(name, name)
        case Literal(value):
            return literal_text(value)
        case Reference(name):
            return name
        case ArrayOf(Union() | Intersection() as item):
            return f"({type_text(item)})[]"
        case ArrayOf(item):
            return f"{type_text(item)}[]"
        case Fields(fields):
            return object_text(fields)
        case Union(members):
            return " | ".join(map(type_text, members))
        case Intersection(members):
            return " & ".join(
                f"({type_text(member)})" if isinstance(member, Union) else type_text(member) for member in members
            )


def object_text(fields: Sequence[Field]) -> str:
    """An object type: `{ name: TYPE /* comment */; name?: TYPE /* comment */ }`."""
    return "{ " + "; ".join(map(_field_text, fields)) + " }" if fields else "{}"


def literal_text(value: Json) -> str:
    """A value as it stands in types and comments."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return compact_json(value)


def comment_text(text: str) -> str:
    """text as it may stand inside a comment."""
    return text.replace("*/", "* /")


def _field_text(field: Field) -> str:
    # What is no identifier is a key only in quotes, in types as in the calls that follow them.
    name = field.name if _NAME.fullmatch(field.name) else literal_text(field.name)
    mark = "" if field.required else "?"
    return f"{name}{mark}: {type_text(field.type)} /* {comment_text(_comment(field))} */"


def _comment(field: Field) -> str:
    parts = ["required" if field.required else "optional"]
    if field.description.strip():
        parts.append(field.description.strip())
    if field.has_default:
        parts.append(f"default {literal_text(field.default)}")
    if field.examples:
        word = "example" if len(field.examples) == 1 else "examples"
        parts.append(f"{word} {', '.join(map(literal_text, field.examples))}")
    return " — ".join(parts)
