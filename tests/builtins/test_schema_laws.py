"""Schemas under random values: agreement with another validator, and what export and validation leave alone."""

from __future__ import annotations

import jsonschema
from builtin_calls import call
from data_values import data, identical
from hypothesis import given
from hypothesis import strategies as st

from harnpy.vm.values import Value

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["", "a", "ab", "abc"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def limits(names: list[str]) -> st.SearchStrategy[dict[str, int]]:
    return st.dictionaries(st.sampled_from(names), st.integers(0, 3), max_size=2)


def json_schemas() -> st.SearchStrategy[dict[str, Value]]:
    """JSON Schemas that mean the same to both validators."""
    leaves = st.one_of(
        st.just({}),
        st.builds(
            lambda name: {"type": name}, st.sampled_from(["object", "array", "integer", "string", "boolean", "null"])
        ),
        limits(["minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"]),
        st.builds(lambda values: {"type": "integer", "enum": values}, st.lists(st.integers(-3, 3), min_size=1)),
        st.builds(lambda value: {"const": value}, SCALARS),
    )

    def nest(inner: st.SearchStrategy[dict[str, Value]]) -> st.SearchStrategy[dict[str, Value]]:
        named = st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        names = st.lists(st.sampled_from("abc"), unique=True, max_size=2)
        return st.one_of(
            st.builds(lambda items: {"items": items}, inner),
            st.builds(
                lambda properties, required, extra: {
                    "properties": properties,
                    "required": required,
                    "additionalProperties": extra,
                },
                named,
                names,
                st.one_of(st.booleans(), inner),
            ),
            st.builds(lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda branches: {"allOf": branches}, st.lists(inner, min_size=1, max_size=3)),
        )

    return st.recursive(leaves, nest, max_leaves=6)


@given(VALUES, json_schemas())
def test_validity_agrees_with_jsonschema(value: Value, schema: dict[str, Value]) -> None:
    assert call("schema_is", value, schema) == jsonschema.Draft202012Validator(schema).is_valid(value)


@given(VALUES, json_schemas())
def test_export_means_the_same_as_the_schema(value: Value, schema: dict[str, Value]) -> None:
    exported = call("schema_to_json_schema", schema)
    assert call("schema_is", value, exported) == call("schema_is", value, schema)


@given(data(), json_schemas())
def test_validation_never_changes_what_conforms_and_has_no_defaults(value: Value, schema: dict[str, Value]) -> None:
    if call("schema_is", value, schema):
        assert identical(call("schema_expect", value, schema, True), value)
