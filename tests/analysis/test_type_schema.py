"""Types as schemas: the table of annotations, aliases as values, and what has no schema."""

from __future__ import annotations

from typing import Any

import pytest

from harnpy.analysis.type_schema import schema_of_type
from harnpy.syntax import ast
from harnpy.syntax.parser import parse_program

INT = {"type": "int"}
STRING = {"type": "string"}


def aliases_of(source: str) -> dict[str, ast.TypeExpr]:
    items = parse_program(source, "test.harn").items
    return {item.name: item.type for item in items if isinstance(item, ast.TypeAlias_)}


def schema(type_text: str, *, expand: bool = False, aliases: str = "") -> dict[str, Any] | None:
    """The schema of a type as it is written in a program."""
    known = aliases_of(f"{aliases}\ntype Subject = {type_text}\n")
    return schema_of_type(known.pop("Subject"), known, expand)


@pytest.mark.parametrize("name", ["int", "float", "string", "bool", "list", "dict", "set", "nil", "closure"])
def test_a_kind_is_its_own_schema(name: str) -> None:
    assert schema(name) == {"type": name}


@pytest.mark.parametrize(
    ("type_text", "expected"),
    [
        ("true", {"type": "bool"}),
        ("list<int>", {"type": "list", "items": INT}),
        ("list<any>", {"type": "list"}),
        ("list<list<string>>", {"type": "list", "items": {"type": "list", "items": STRING}}),
        ("dict<string, int>", {"type": "dict", "additional_properties": INT}),
        ("dict<string, any>", {"type": "dict"}),
        ("dict<int, int>", {"type": "dict"}),
        ("{b: int, a?: string}", {"type": "dict", "properties": {"b": INT, "a": STRING}, "required": ["b"]}),
        ("{a?: int}", {"type": "dict", "properties": {"a": INT}}),
        ("{}", {"type": "dict", "properties": {}}),
        ('"x"', {"type": "string", "const": "x"}),
        ("-3", {"type": "int", "const": -3}),
        ('"b" | "a"', {"type": "string", "enum": ["b", "a"]}),
        ("1 | 2", {"type": "int", "enum": [1, 2]}),
        ('"x" | 1', {"union": [{"type": "string", "const": "x"}, {"type": "int", "const": 1}]}),
        ("int | nil", {"union": [INT, {"type": "nil"}]}),
        ("fn(int) -> int", {"type": "closure"}),
    ],
)
def test_type_has_the_schema(type_text: str, expected: dict[str, Any]) -> None:
    assert schema(type_text) == expected
    assert schema(type_text, expand=True) == expected


@pytest.mark.parametrize(
    "type_text",
    ["any", "unknown", "never", "Point", "Result<int, string>", "iter<int>", "set<int>", "list<int, int>", "{a: any}"],
)
def test_type_has_no_schema(type_text: str) -> None:
    assert schema(type_text) is None
    assert schema(type_text, expand=True) is None


def test_an_annotation_does_not_see_through_aliases() -> None:
    assert schema("A", aliases="type A = int") is None
    assert schema("list<A>", aliases="type A = int") == {"type": "list"}


def test_an_alias_as_value_expands_the_aliases_in_it() -> None:
    aliases = "type A = int\ntype B = A"
    assert schema("{x: A, y: list<B>}", expand=True, aliases=aliases) == {
        "type": "dict",
        "properties": {"x": INT, "y": {"type": "list", "items": INT}},
        "required": ["x", "y"],
    }
    assert schema("dict<K, B>", expand=True, aliases=aliases + "\ntype K = string") == {
        "type": "dict",
        "additional_properties": INT,
    }


def test_aliases_of_literals_join_into_one_enum() -> None:
    assert schema('A | "y"', expand=True, aliases='type A = "x"') == {"type": "string", "enum": ["x", "y"]}


def test_an_alias_that_leads_back_to_itself_has_no_schema_there() -> None:
    assert schema("A", expand=True, aliases="type A = B\ntype B = A") is None
    assert schema("Tree", expand=True, aliases="type Tree = {value: int, children: list<Tree>}") == {
        "type": "dict",
        "properties": {"value": INT, "children": {"type": "list"}},
        "required": ["value", "children"],
    }
    assert schema("Node", expand=True, aliases="type Node = {next: Node}") is None


def test_an_annotation_with_an_uncheckable_member_is_not_checked() -> None:
    assert schema("int | Point") is None
    assert schema("list<int | Point>") == {"type": "list"}


def test_an_alias_as_value_leaves_out_members_without_a_schema() -> None:
    assert schema("int | Point", expand=True) == {"union": [INT]}
    assert schema("Point | any", expand=True) is None
