"""Builtin functions on schemas: checking values against them, converting them, and making new ones from them.

A bad schema is a thrown string, except in schema_check and schema_parse, which return it as `Err`.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.patterns import PatternCache
from harnpy.vm.registry import builtin
from harnpy.vm.schema import Dialect, Schema, canonicalize, to_json_schema, validate
from harnpy.vm.values import MISSING, EnumVariant, Value, err, ok, truthy, type_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.vm.fiber import Fiber


# --- checking -------------------------------------------------------------------------------------------------------


@builtin("schema_check(data: any, schema: dict)", pure=True)
def schema_check(fiber: Fiber, data: Value = MISSING, schema: Value = MISSING) -> EnumVariant:
    """`Ok(normalised data)`, or `Err({message, errors, value})` with the first error, all of them, and the data."""
    _require("schema_check", 2, schema)
    return _result(fiber, data, schema, apply_defaults=False)


@builtin("schema_parse(data: any, schema: dict)", pure=True)
def schema_parse(fiber: Fiber, data: Value = MISSING, schema: Value = MISSING) -> EnumVariant:
    """As schema_check, with defaults filled in."""
    _require("schema_parse", 2, schema)
    return _result(fiber, data, schema, apply_defaults=True)


@builtin("schema_is(data: any, schema: dict) -> bool", pure=True)
def schema_is(fiber: Fiber, data: Value = MISSING, schema: Value = MISSING) -> bool:
    """Whether data conforms to schema."""
    _require("schema_is", 2, schema)
    return not _validate(fiber, data, schema)[1]


@builtin("is_type(data: any, schema: dict) -> bool", pure=True)
def is_type(fiber: Fiber, data: Value = MISSING, schema: Value = MISSING) -> bool:
    """Whether data conforms to schema."""
    _require("is_type", 2, schema)
    return not _validate(fiber, data, schema)[1]


@builtin("schema_expect(data: any, schema: dict, apply_defaults: bool = false)", pure=True)
def schema_expect(fiber: Fiber, data: Value = MISSING, schema: Value = MISSING, apply_defaults: Value = False) -> Value:
    """The normalised data. Throws all errors joined with `; `."""
    _require("schema_expect", 2, schema)
    normalised, errors = _validate(fiber, data, schema, truthy(apply_defaults))
    if errors:
        raise thrown("; ".join(errors))
    return normalised


@builtin("json_validate(data: any, schema: dict) -> bool", pure=True)
def json_validate(fiber: Fiber, data: Value = MISSING, schema: Value = MISSING) -> bool:
    """true. Throws all errors joined with `; ` if data does not conform to schema."""
    _require("json_validate", 2, schema)
    errors = _validate(fiber, data, schema)[1]
    if errors:
        raise thrown("; ".join(errors))
    return True


# --- converting -----------------------------------------------------------------------------------------------------


@builtin("schema_of(type: any) -> dict", pure=True)
def schema_of(type: Value = MISSING) -> Value:
    """The schema of a type alias, which is resolved when the program is compiled; a schema dict as it is."""
    _require("schema_of", 1, type)
    name = type_name(type)
    if name != "dict":
        raise thrown(f"schema_of: expected a type alias or schema dict, got {name}")
    return type


@builtin("schema_from_json_schema(schema: dict) -> dict", pure=True)
def schema_from_json_schema(schema: Value = MISSING) -> Schema:
    """The canonical form of a JSON Schema."""
    _require("schema_from_json_schema", 1, schema)
    return canonicalize(schema)


@builtin("schema_from_openapi_schema(schema: dict) -> dict", pure=True)
def schema_from_openapi_schema(schema: Value = MISSING) -> Schema:
    """The canonical form of an OpenAPI schema."""
    _require("schema_from_openapi_schema", 1, schema)
    return canonicalize(schema)


@builtin("schema_to_json_schema(schema: dict) -> dict", pure=True)
def schema_to_json_schema(schema: Value = MISSING) -> Schema:
    """The schema in the vocabulary of JSON Schema."""
    _require("schema_to_json_schema", 1, schema)
    return to_json_schema(canonicalize(schema))


@builtin("schema_to_openapi_schema(schema: dict) -> dict", pure=True)
def schema_to_openapi_schema(schema: Value = MISSING) -> Schema:
    """The schema in the vocabulary of OpenAPI, which says `nullable: true` where JSON Schema lists two types."""
    _require("schema_to_openapi_schema", 1, schema)
    return to_json_schema(canonicalize(schema), Dialect.OPENAPI)


# --- deriving -------------------------------------------------------------------------------------------------------


@builtin("schema_extend(base: dict, over: dict) -> dict", pure=True)
def schema_extend(base: Value = MISSING, over: Value = MISSING) -> Schema:
    """The keywords of both schemas; those of over win, each as a whole."""
    _require("schema_extend", 2, over)
    return {**canonicalize(base), **canonicalize(over)}


@builtin("schema_partial(schema: dict) -> dict", pure=True)
def schema_partial(schema: Value = MISSING) -> Schema:
    """The schema with nothing required, at any depth."""
    _require("schema_partial", 1, schema)
    return _without_required(canonicalize(schema))


@builtin("schema_pick(schema: dict, keys: list<string>) -> dict", pure=True)
def schema_pick(schema: Value = MISSING, keys: Value = MISSING) -> Schema:
    """The schema with only the named properties. Throws if keys is not a list."""
    _require("schema_pick", 2, keys)
    names = _names("schema_pick", keys)
    return _with_properties(canonicalize(schema), lambda name: name in names)


@builtin("schema_omit(schema: dict, keys: list<string>) -> dict", pure=True)
def schema_omit(schema: Value = MISSING, keys: Value = MISSING) -> Schema:
    """The schema without the named properties. Throws if keys is not a list."""
    _require("schema_omit", 2, keys)
    names = _names("schema_omit", keys)
    return _with_properties(canonicalize(schema), lambda name: name not in names)


def _require(function: str, count: int, last: Value) -> None:
    if last is MISSING:
        raise thrown(f"{function} requires {count} arguments")


def _validate(fiber: Fiber, data: Value, schema: Value, apply_defaults: bool = False) -> tuple[Value, list[str]]:
    return validate(data, canonicalize(schema), apply_defaults, fiber.runtime.state(PatternCache))


def _result(fiber: Fiber, data: Value, schema: Value, apply_defaults: bool) -> EnumVariant:
    try:
        canonical = canonicalize(schema)
    except HarnError as error:
        return err({"message": error.message, "errors": [error.message]})
    normalised, errors = validate(data, canonical, apply_defaults, fiber.runtime.state(PatternCache))
    if errors:
        return err({"message": errors[0], "errors": errors, "value": normalised})
    return ok(normalised)


def _without_required(schema: Schema) -> Schema:
    result = {name: value for name, value in schema.items() if name != "required"}
    if "properties" in result:
        result["properties"] = {name: _without_required(each) for name, each in result["properties"].items()}
    for name in ("union", "all_of"):
        if name in result:
            result[name] = [_without_required(branch) for branch in result[name]]
    for name in ("items", "additional_properties"):
        if type(result.get(name)) is dict:
            result[name] = _without_required(result[name])
    return result


def _names(function: str, keys: Value) -> set[str]:
    if type(keys) is not list:
        raise thrown(f"{function}: keys must be a list")
    return {display(key) for key in keys}


def _with_properties(schema: Schema, keeps: Callable[[str], bool]) -> Schema:
    """The schema with those top-level properties and required names that keeps accepts."""
    result = dict(schema)
    if "properties" in result:
        result["properties"] = {name: each for name, each in result["properties"].items() if keeps(name)}
    if "required" in result:
        result["required"] = [name for name in result["required"] if keeps(name)]
    return result
