"""The types that schema expressions describe (chapter 09, 7.3)."""

from __future__ import annotations

import pytest
from types_of_text import expression, type_of

from harnpy.analysis.types.forms import show
from harnpy.analysis.types.schema_types import schema_type

KNOWN = {"User": "{name: string}", "Maybe": "int | nil"}


def lookup(name):
    return type_of(KNOWN[name]) if name in KNOWN else None


def described(text):
    type_ = schema_type(expression(text), lookup)
    return None if type_ is None else show(type_)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("User", "{name: string}"),
        ("schema_of(User)", "{name: string}"),
        ('{type: "string"}', "string"),
        ('{"type": r"int"}', "int"),
        ('{type: "object"}', "dict"),
        ('{type: "array"}', "list"),
        ('{type: "integer"}', "int"),
        ('{type: "number"}', "float"),
        ('{type: "boolean"}', "bool"),
        ('{type: "null"}', "nil"),
        ('{type: "Anything"}', "Anything"),
        ('{type: ["string", "null"]}', "string | nil"),
        ('{type: ["integer"]}', "int"),
        ('{type: "string", nullable: true}', "string | nil"),
        ('{type: "string", nullable: false, min_length: 1}', "string"),
        ('{union: [{type: "int"}, {type: "string"}]}', "int | string"),
        ('{oneOf: [{type: "int"}, User]}', "int | {name: string}"),
        ('{anyOf: [{type: "int"}]}', "int"),
        ('{union: [{type: "int"}, other, 3]}', "int"),
        ('{union: [{type: "int"}, {type: "string"}], type: "bool", properties: {}}', "int | string"),
        ('{type: "list", items: {type: "int"}}', "list<int>"),
        ("{items: User}", "list<{name: string}>"),
        ('{type: "list", items: other}', "list"),
        ('{type: "dict", properties: {a: {type: "int"}, b: User}, required: ["a"]}', "{a: int, b?: {name: string}}"),
        ('{properties: {"a": {type: "int"}}}', "{a?: int}"),
        ("{properties: {}}", "{}"),
        ('{type: "dict", additional_properties: {type: "int"}}', "dict<string, int>"),
        ('{type: "object", additionalProperties: schema_of(Maybe)}', "dict<string, int | nil>"),
        ('{type: "dict", additional_properties: false}', "dict"),
        ('{type: "dict", additional_properties: other}', "dict"),
        ('{type: "list", items: {type: "int"}, nullable: true}', "list<int> | nil"),
        ('{type: "dict", properties: {a: {type: "int"}}, required: ["a"], nullable: true}', "{a: int} | nil"),
    ],
)
def test_described(text, expected):
    assert described(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "other",
        "schema_of(other)",
        "schema_of(User, 1)",
        'schema_of({type: "int"})',
        "make_schema()",
        "{}",
        "{type: kind}",
        "{type: []}",
        '{type: ["int", kind]}',
        '{[key]: "int", type: "int"}',
        '{...base, type: "int"}',
        "{union: []}",
        '{union: [other], type: "int"}',
        '{properties: {a: other}, type: "dict"}',
        '{properties: {...more}, type: "dict"}',
        "{nullable: true}",
        '"int"',
        "3",
    ],
)
def test_not_described(text):
    assert described(text) is None


def test_schemas_may_be_nested_thousands_of_levels():
    deep = "{items: " * 3000 + '{type: "int"}' + "}" * 3000
    assert described(deep) is None
    assert described('{type: "list", items: ' * 50 + '{type: "int"}' + "}" * 50) == "list<" * 50 + "int" + ">" * 50
