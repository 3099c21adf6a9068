"""Schemas: canonical form, validation messages in order, defaults, references, export, and the schema functions."""

from __future__ import annotations

import pytest
from builtin_calls import call, caught, set_of
from data_values import identical
from support import run_source

from harnpy.vm.display import display
from harnpy.vm.schema import canonicalize
from harnpy.vm.values import Builtin, EnumVariant, StructInstance, StructType, Value

POINT = StructInstance(StructType("Point"), {"x": 1, "y": 2})


def errors(value: Value, schema: Value) -> list[str]:
    """The errors of schema_check, none for Ok."""
    result = call("schema_check", value, schema)
    assert type(result) is EnumVariant
    return [] if result.variant == "Ok" else result.fields[0]["errors"]


# --- canonical form -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "canonical"),
    [
        ({}, {}),
        ({"type": "object"}, {"type": "dict"}),
        ({"type": "array"}, {"type": "list"}),
        ({"type": "integer"}, {"type": "int"}),
        ({"type": "number"}, {"type": "float"}),
        ({"type": "boolean"}, {"type": "bool"}),
        ({"type": "null"}, {"type": "nil"}),
        ({"type": "whatever", "unknown": 1}, {"type": "whatever"}),
        ({"type": ["string", "null"], "union": []}, {"union": [{"type": "string"}, {"type": "nil"}]}),
        ({"properties": {"a": {"type": "integer"}}}, {"properties": {"a": {"type": "int"}}}),
        ({"properties": 1}, {}),
        ({"required": ["a", 1]}, {"required": ["a", "1"]}),
        ({"required": True}, {"required": []}),
        ({"additionalProperties": False}, {"additional_properties": False}),
        ({"additionalProperties": {"type": "array"}}, {"additional_properties": {"type": "list"}}),
        ({"additional_properties": "x"}, {}),
        ({"additional_properties": True, "additionalProperties": False}, {"additional_properties": True}),
        ({"items": {"type": "number"}}, {"items": {"type": "float"}}),
        ({"nullable": True}, {"nullable": True}),
        ({"nullable": 1}, {}),
        ({"nullable": False}, {}),
        ({"enum": [1], "const": None, "default": {}}, {"enum": [1], "const": None, "default": {}}),
        ({"minimum": 1, "maximum": 2.5}, {"min": 1, "max": 2.5}),
        ({"min": 0, "minimum": 5}, {"min": 0}),
        ({"min": True, "max": "9"}, {}),
        ({"minLength": 1, "maxLength": 2}, {"min_length": 1, "max_length": 2}),
        ({"minItems": 1, "maxItems": 2.0}, {"min_items": 1}),
        ({"oneOf": [{"type": "array"}], "anyOf": [{}]}, {"union": [{"type": "list"}]}),
        ({"anyOf": [{"type": "array"}]}, {"union": [{"type": "list"}]}),
        ({"allOf": [{"minimum": 1}]}, {"all_of": [{"min": 1}]}),
        ({"$ref": "#/definitions/A", "$defs": {}}, {"$ref": "#/definitions/A"}),
        ({"definitions": {"A": {"type": "object"}}}, {"definitions": {"A": {"type": "dict"}}}),
        (
            {"components": {"schemas": {"A": {"type": "object"}}, "other": 1}},
            {"components": {"schemas": {"A": {"type": "dict"}}, "other": 1}},
        ),
        ({"title": "T", "format": "date", "examples": [1]}, {"title": "T", "format": "date", "examples": [1]}),
        ({"type": "array", "uniqueItems": True}, {"type": "set", "x-harn-type": "set"}),
        ({"type": "list", "x-harn-type": "set"}, {"type": "set", "x-harn-type": "set"}),
        ({"type": "string", "x-harn-type": "closure"}, {"type": "string", "x-harn-type": "closure"}),
    ],
)
def test_canonical_form(schema: Value, canonical: Value) -> None:
    assert identical(call("schema_from_json_schema", schema), canonical)
    assert identical(call("schema_from_openapi_schema", schema), canonical)
    assert identical(canonicalize(canonical), canonical)


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (5, "schema must be a dict"),
        ({"properties": {"a": 1}}, "schema must be a dict"),
        ({"items": True}, "schema must be a dict"),
        ({"union": [1]}, "schema must be a dict"),
        ({"anyOf": {}}, "schema union/all_of must be a list"),
        ({"all_of": 1}, "schema union/all_of must be a list"),
    ],
)
def test_a_bad_schema_is_thrown_or_returned(schema: Value, problem: str) -> None:
    assert caught(call, "schema_is", 1, schema) == problem
    for name in ("schema_check", "schema_parse"):
        result = call(name, 1, schema)
        assert (result.variant, result.fields[0]) == ("Err", {"message": problem, "errors": [problem]})


# --- validation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (1, {}, []),
        (1, {"type": "any"}, []),
        (1, {"type": "string"}, ["at root: expected type 'string', got 'int'"]),
        (1, {"type": "float"}, ["at root: expected type 'float', got 'int'"]),
        (True, {"type": "int"}, ["at root: expected type 'int', got 'bool'"]),
        (1.0, {"type": "int"}, ["at root: expected type 'int', got 'float'"]),
        (POINT, {"type": "dict"}, []),
        (POINT, {"type": "list"}, ["at root: expected type 'list', got 'dict'"]),
        (set_of(1), {"type": "list"}, ["at root: expected type 'list', got 'set'"]),
        (1, {"type": "nonsense"}, ["at root: expected type 'nonsense', got 'int'"]),
        (None, {"type": "int", "nullable": True}, []),
        (None, {"const": 1, "nullable": True}, []),
        (2, {"const": 1, "type": "string"}, ["at root: expected constant 1, got 2"]),
        (1.0, {"const": 1}, []),
        (True, {"const": 1}, ["at root: expected constant 1, got true"]),
        ("a", {"const": ["a"]}, ["at root: expected constant [a], got a"]),
        ("x", {"union": [{"type": "int"}, {"type": "nil"}]}, ["at root: value did not match any union branch"]),
        ("x", {"union": [{"type": "string"}], "min_length": 9}, []),
        (
            5,
            {"all_of": [{"min": 6}, {"max": 4}, {"type": "int"}], "type": "string"},
            ["at root: expected value >= 6, got 5", "at root: expected value <= 4, got 5"],
        ),
        ("abc", {"min_length": 4}, ["at root: expected length >= 4, got 3"]),
        ("😀b", {"max_length": 1}, ["at root: expected length <= 1, got 2"]),
        ("abc", {"pattern": "b"}, []),
        ("abc", {"pattern": "^b"}, ["at root: value does not match pattern '^b'"]),
        (
            "abc",
            {"pattern": "("},
            ["at root: invalid regex pattern '(': regex parse error:\n    (\n    ^\nerror: unclosed group"],
        ),
        (
            "ab",
            {"min_length": 3, "pattern": "x", "enum": ["a", 1]},
            [
                "at root: expected length >= 3, got 2",
                "at root: value does not match pattern 'x'",
                "at root: value must be one of [a, 1]",
            ],
        ),
        (-1, {"min": 0}, ["at root: expected value >= 0, got -1"]),
        (2.5, {"max": 1.0}, ["at root: expected value <= 1, got 2.5"]),
        (3, {"enum": [1, 2]}, ["at root: value must be one of [1, 2]"]),
        (1.0, {"enum": [1]}, []),
        (True, {"enum": [1]}, ["at root: value must be one of [1]"]),
        (None, {"enum": [1]}, ["at root: value must be one of [1]"]),
        ([1], {"enum": [1]}, []),
        ([1], {"min_items": 2}, ["at root: expected at least 2 items, got 1"]),
        ([1, 2], {"max_items": 1}, ["at root: expected at most 1 items, got 2"]),
        (set_of(1, "a"), {"items": {"type": "int"}}, ["at [1]: expected type 'int', got 'string'"]),
        ({}, {"required": ["b", "a"]}, ["at root: missing required key 'b'", "at root: missing required key 'a'"]),
        (
            {"b": 1, "a": 2},
            {"additional_properties": False},
            ["at root: unexpected key 'a'", "at root: unexpected key 'b'"],
        ),
        ({"b": 1, "a": "x"}, {"additional_properties": {"type": "int"}}, ["at a: expected type 'int', got 'string'"]),
        (
            {"n": -1},
            {"type": "dict", "required": ["id"], "properties": {"n": {"type": "int", "min": 0}}},
            ["at root: missing required key 'id'", "at n: expected value >= 0, got -1"],
        ),
        (
            {"users": [{"name": 1}], "tags": ["a", 2]},
            {
                "properties": {
                    "users": {"items": {"properties": {"name": {"type": "string"}}}},
                    "tags": {"items": {"type": "string"}},
                }
            },
            ["at tags[1]: expected type 'string', got 'int'", "at users[0].name: expected type 'string', got 'int'"],
        ),
        (
            {"a": {"b": {}}},
            {"properties": {"a": {"properties": {"b": {"required": ["c"]}}}}},
            ["at a.b: missing required key 'c'"],
        ),
        (POINT, {"properties": {"x": {"type": "string"}}}, ["at x: expected type 'string', got 'int'"]),
    ],
)
def test_validation_reports(value: Value, schema: Value, expected: list[str]) -> None:
    assert errors(value, schema) == expected
    assert call("schema_is", value, schema) is (not expected)
    assert call("is_type", value, schema) is (not expected)


def test_a_builtin_is_not_a_closure_to_the_validator() -> None:
    trim = Builtin("trim", lambda text: text, "", frozenset(), False, 1, 1, False)
    assert errors(trim, {"type": "closure"}) == ["at root: expected type 'closure', got 'builtin'"]


TREE = {"definitions": {"a/b": {"type": "int"}, "T": {"properties": {"kids": {"items": {"$ref": "#/definitions/T"}}}}}}


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        (1, {**TREE, "$ref": "#/definitions/a~1b", "type": "string"}, []),
        ("x", {**TREE, "$ref": "definitions/a~1b"}, ["at root: expected type 'int', got 'string'"]),
        ({"kids": [{"kids": [{"kids": []}]}]}, {**TREE, "$ref": "#/definitions/T"}, []),
        ({"kids": [{"kids": 5}, 1]}, {"properties": {"kids": {"items": {"$ref": "#"}}}}, []),
        (1, {"union": [{"type": "string"}, {"$ref": "#/union/0"}]}, ["at root: value did not match any union branch"]),
        (1, {"$ref": "#/definitions/No"}, ["at root: unresolved schema reference '#/definitions/No'"]),
        (1, {"$ref": "#/union/7", "union": [{}]}, ["at root: unresolved schema reference '#/union/7'"]),
        (1, {"$ref": "#"}, ["at root: unresolved schema reference '#'"]),
        (1, {"all_of": [{"$ref": "#"}]}, ["at root: unresolved schema reference '#'"]),
    ],
)
def test_references_resolve_against_the_root(value: Value, schema: Value, expected: list[str]) -> None:
    assert errors(value, schema) == expected


def test_defaults_that_never_end_are_an_error_and_not_a_crash() -> None:
    schema = {"properties": {"a": {"$ref": "#", "default": {}}}}
    assert errors({}, schema) == []
    result = call("schema_parse", {}, schema)
    assert result.fields[0]["errors"] == ["at a.a: unresolved schema reference '#'"]


def test_defaults_fill_missing_properties_and_count_as_present() -> None:
    schema = {
        "required": ["a", "b"],
        "properties": {"a": {"type": "int", "default": 1}, "b": {"properties": {"c": {"default": "x"}}}},
    }
    assert call("schema_expect", {"b": {}}, schema, True) == {"a": 1, "b": {"c": "x"}}
    assert call("schema_parse", {"b": {}}, schema).fields[0] == {"a": 1, "b": {"c": "x"}}
    assert caught(call, "schema_expect", {"b": {}}, schema) == "at root: missing required key 'a'"


def test_a_default_is_validated_by_its_own_schema() -> None:
    result = call("schema_parse", {}, {"properties": {"a": {"type": "int", "default": "x"}}})
    assert result.fields[0]["errors"] == ["at a: expected type 'int', got 'string'"]


def test_defaults_apply_in_list_items_and_in_the_branch_that_matches() -> None:
    filled = {"properties": {"n": {"type": "int", "default": 0}}, "type": "dict"}
    assert call("schema_expect", [{}, {"n": 1}], {"items": filled}, True) == [{"n": 0}, {"n": 1}]
    assert call("schema_expect", {}, {"union": [{"type": "int"}, filled]}, True) == {"n": 0}
    assert call("schema_expect", {}, {"all_of": [filled, {"required": ["n"]}]}, True) == {"n": 0}


def test_the_value_of_an_error_lacks_failing_items_and_keeps_failing_properties() -> None:
    schema = {"properties": {"xs": {"items": {"type": "int"}}, "n": {"type": "int"}}}
    result = call("schema_check", {"xs": [1, "a", 2], "n": "x", "z": 0}, schema)
    assert result.fields[0]["value"] == {"xs": [1, "a", 2], "n": "x", "z": 0}
    assert call("schema_check", [1, "a", 2], {"items": {"type": "int"}}).fields[0]["value"] == [1, 2]


def test_a_conforming_value_is_passed_on_unchanged() -> None:
    value = {"a": [POINT, {"b": 1}]}
    assert call("schema_expect", value, {"properties": {"a": {"items": {"type": "dict"}}}}) is value


def test_a_struct_stays_a_struct_when_defaults_change_it() -> None:
    schema = {"type": "dict", "properties": {"z": {"default": 3}}}
    assert display(call("schema_expect", POINT, schema, True)) == "Point {x: 1, y: 2, z: 3}"


def test_a_normalised_set_stays_a_set() -> None:
    schema = {"type": "set", "items": {"properties": {"a": {"default": 1}}}}
    assert display(call("schema_expect", set_of({}), schema, True)) == "set({a: 1})"


def test_json_validate_throws_all_errors() -> None:
    assert call("json_validate", 1, {"type": "int"}) is True
    message = "at root: missing required key 'a'; at root: missing required key 'b'"
    assert caught(call, "json_validate", {}, {"required": ["a", "b"]}) == message


@pytest.mark.parametrize(
    ("name", "count"),
    [
        *[(name, 2) for name in ("schema_check", "schema_parse", "schema_is", "is_type", "schema_expect")],
        *[(name, 2) for name in ("json_validate", "schema_extend", "schema_pick", "schema_omit")],
        *[(name, 1) for name in ("schema_of", "schema_from_json_schema", "schema_from_openapi_schema")],
        *[(name, 1) for name in ("schema_to_json_schema", "schema_to_openapi_schema", "schema_partial")],
    ],
)
def test_too_few_arguments(name: str, count: int) -> None:
    assert caught(call, name, *[{}] * (count - 1)) == f"{name} requires {count} arguments"


# --- export and derivation ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "exported"),
    [
        ({"type": "int", "min": 0, "max": 9}, {"type": "integer", "minimum": 0.0, "maximum": 9.0}),
        ({"type": "float"}, {"type": "number"}),
        ({"type": "bool"}, {"type": "boolean"}),
        ({"type": "nil"}, {"type": "null"}),
        ({"type": "string", "min_length": 1, "pattern": "x"}, {"type": "string", "minLength": 1, "pattern": "x"}),
        ({"type": "list", "items": {"type": "dict"}}, {"type": "array", "items": {"type": "object"}}),
        ({"type": "set", "max_items": 2}, {"type": "array", "uniqueItems": True, "maxItems": 2}),
        ({"type": "closure"}, {"type": "string", "x-harn-type": "closure"}),
        ({"type": "builtin"}, {"type": "string", "x-harn-type": "builtin"}),
        ({"type": "duration"}, {"type": "duration"}),
        ({"type": "int", "nullable": True}, {"type": ["integer", "null"]}),
        ({"nullable": True}, {}),
        ({"union": [{"type": "int"}]}, {"oneOf": [{"type": "integer"}]}),
        ({"all_of": [{"type": "int"}]}, {"allOf": [{"type": "integer"}]}),
        (
            {"properties": {"a": {"type": "int", "nullable": True}}, "required": ["a"], "additional_properties": False},
            {"properties": {"a": {"type": ["integer", "null"]}}, "required": ["a"], "additionalProperties": False},
        ),
        (
            {"definitions": {"A": {"type": "int"}}, "$ref": "#/x"},
            {"definitions": {"A": {"type": "integer"}}, "$ref": "#/x"},
        ),
        ({"components": {"schemas": {"A": {"min": 1}}}}, {"components": {"schemas": {"A": {"minimum": 1.0}}}}),
        ({"const": 1, "enum": [1], "default": 2, "title": "T"}, {"const": 1, "enum": [1], "default": 2, "title": "T"}),
    ],
)
def test_schema_to_json_schema(schema: Value, exported: Value) -> None:
    assert identical(call("schema_to_json_schema", schema), exported)


def test_openapi_says_nullable_where_json_schema_lists_two_types() -> None:
    schema = {"type": "dict", "nullable": True, "properties": {"a": {"type": "int", "nullable": True}}}
    assert call("schema_to_openapi_schema", schema) == {
        "type": "object",
        "nullable": True,
        "properties": {"a": {"type": "integer", "nullable": True}},
    }


def test_schema_extend_replaces_keyword_by_keyword() -> None:
    base = {"type": "object", "properties": {"a": {}}, "required": ["a"]}
    over = {"properties": {"b": {"type": "integer"}}}
    expected = {"type": "dict", "properties": {"b": {"type": "int"}}, "required": ["a"]}
    assert call("schema_extend", base, over) == expected


def test_schema_partial_drops_required_at_any_depth() -> None:
    inner = {"required": ["x"], "min": 1}
    schema = {
        "required": ["a"],
        "properties": {"a": inner},
        "items": inner,
        "union": [inner],
        "all_of": [inner],
        "additional_properties": inner,
        "definitions": {"D": inner},
    }
    partial = {"min": 1}
    assert call("schema_partial", schema) == {
        "properties": {"a": partial},
        "items": partial,
        "union": [partial],
        "all_of": [partial],
        "additional_properties": partial,
        "definitions": {"D": inner},
    }


def test_schema_pick_and_omit_filter_top_level_properties() -> None:
    schema = {"properties": {"a": {}, "b": {"required": ["a"]}, "1": {}}, "required": ["b", "a"], "title": "T"}
    assert call("schema_pick", schema, ["a", 1]) == {"properties": {"a": {}, "1": {}}, "required": ["a"], "title": "T"}
    assert call("schema_omit", schema, ["a", 1]) == {
        "properties": {"b": {"required": ["a"]}},
        "required": ["b"],
        "title": "T",
    }
    assert caught(call, "schema_pick", schema, "a") == "schema_pick: keys must be a list"
    assert caught(call, "schema_omit", schema, None) == "schema_omit: keys must be a list"


def test_schema_of_takes_an_alias_or_a_dict() -> None:
    program = 'type User = {name: string, age?: int}\nprintln(schema_of(User))\nprintln(schema_is({name: "A"}, User))'
    assert run_source(program).splitlines() == [
        "{properties: {age: {type: int}, name: {type: string}}, required: [name], type: dict}",
        "true",
    ]
    assert call("schema_of", {"any": "dict"}) == {"any": "dict"}
    assert caught(call, "schema_of", "x") == "schema_of: expected a type alias or schema dict, got string"
