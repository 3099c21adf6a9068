"""Chapter 09, section 5: the types of expressions."""

from __future__ import annotations

import pytest
from checked_programs import findings, inferred, messages

BEFORE = """enum E { A, B(x: int) }
enum O<T> { Some(v: T), None }
struct P { x: int }
struct Q<T> { v: T }
impl P { fn count(self) -> string { return "x" } }
type Row = {a: int, b?: string}
type Rows = list<Row>
type Two<T> = {first: T, second: T}
fn make(n: int) -> Row { return {a: n} }
fn untyped_one(n) { return n }
fn id<T>(x: T) -> T { return x }
let e: E = E.A
let row: Row = {a: 1}
let rows: Rows = []
let d: dict<string, int> = {}
let li: list<int> = []
let it: iter<int> = f()
let plain: iter = f()
let st: set<int> = f()
let pr: Pair<int, string> = f()
let res: Result<int, string> = f()
let two: Two<int> = f()
let maybe: int | nil = f()
let any_value: any = f()
let nothing = f()
let word = "w"
let xs = []
"""


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("1", "int"),
        ("1.5", "float"),
        ("true", "bool"),
        ("nil", "nil"),
        ('"a"', "string"),
        ('"a${1}"', "string"),
        ('r"a"', "string"),
        ("5s", "duration"),
        ("[]", "list"),
        ("[1, 2]", "list<int>"),
        ('[1, "a", 2]', "list<int | string>"),
        ("[1, nothing]", "list"),
        ("[1, ...li]", "list"),
        ("[[1], [2]]", "list<list<int>>"),
        ("{}", "dict"),
        ('{a: 1, "b": "x"}', "{a: int, b: string}"),
        ("{a: nothing}", "{a: any}"),
        ("{...row}", "dict"),
        ("{[word]: 1}", "dict"),
        ("1 to 3", "range"),
        ("{ x -> x }", "closure"),
        ("{ -> 1 }", "closure"),
        ("{ x: int -> x }", "closure"),
        ("{ x: int -> 1 }", "fn(int) -> int"),
        ("{ x: int, y -> 1 }", "closure"),
        ("fn(x: int) { return 0 }", "fn(int) -> never"),
        ("fn(x: int) { let word = 1\n word }", "closure"),
        ("fn(word: int) { word }", "closure"),
        ("word", "string"),
        ("nobody", "untyped"),
        ("!nothing", "bool"),
        ("-1.5", "float"),
        ("--1", "int"),
        ("nothing ? 1 : 2", "int"),
        ('nothing ? 1 : "a"', "int | string"),
        ('nothing ? 1 : nothing ? "a" : nil', "int | string | nil"),
        ("nothing ? 1 : nothing", "int"),
        ("maybe == nil ? 0 : maybe", "int"),
        ("if nothing { 1 } else { 2 }", "int"),
        ('if nothing { 1 } else { "a" }', "int | string"),
        ('if nothing { 1 } else if nothing { "a" } else { nil }', "int | string | nil"),
        ('if nothing { throw "x" } else { 2 }', "int"),
        ("if nothing { 1 }", "int"),
        ("if nothing { nothing } else { 1 }", "untyped"),
        ("if nothing { 1 } else { nothing }", "int"),
        ("if nothing { let word = 1\n word } else { 1 }", "untyped"),
        ("if maybe == nil { 0 } else { maybe }", "int | int | nil"),
        ("match e { _ -> { 1 } }", "untyped"),
        ("try { 1 } catch (x) { 2 }", "untyped"),
        ("parallel 2 { i -> 1 }", "untyped"),
        ("spawn { 1 }", "untyped"),
        ("try { 1 }", "Result<int, _>"),
        ("try { nothing }", "Result<_, _>"),
        ('try { if nothing { throw "x" }\n 1 }', "Result<int, string>"),
        ('try { throw "x" }', "Result<never, string>"),
        ('try { while nothing { throw 1 }\n retry 2 { throw "x" }\n 1 }', "Result<int, int | string>"),
        ('try { if nothing { throw "x" }\n throw nothing }', "Result<never, _>"),
        ("try { res?\n 1 }", "Result<int, string>"),
        ("res?", "int"),
        ("nothing?", "untyped"),
        ("try* make(1)", "Row"),
        ("P { x: 1 }", "P"),
        ("Q { v: 1 }", "Q<int>"),
        ("Q { v: nothing }", "Q<_>"),
        ("Nowhere { v: 1 }", "Nowhere"),
        # 5.2
        ("E.A", "E"),
        ("E.B(1)", "E"),
        ("O.Some(1)", "O<int>"),
        ("O.None", "O<_>"),
        ("e.variant", "string"),
        ("pr.first", "int"),
        ("pr.second", "string"),
        ("row.a", "int"),
        ("row.b", "string"),
        ("row.c", "untyped"),
        ("row?.a", "untyped"),
        ("two.first", "int"),
        ('row["a"]', "int"),
        ("row[word]", "untyped"),
        ("li[0]", "int"),
        ("rows[0]", "Row"),
        ("rows[0].a", "int"),
        ("d[word]", "int"),
        ("word[0]", "string"),
        ("li[1:]", "list<int>"),
        ("xs[1:]", "list"),
        ("word[1:2]", "string"),
        ("d[1:]", "untyped"),
        ("P { x: 1 }.x", "untyped"),
        # 5.3
        ("P({x: 1})", "P"),
        ("Q({v: 1})", "Q<_>"),
        ("Ok(1)", "Result<int, _>"),
        ("Ok()", "Result<_, _>"),
        ('Err("x")', "Result<_, string>"),
        ('Result.Err("x")', "Result<_, string>"),
        ("make(1)", "Row"),
        ("untyped_one(1)", "untyped"),
        ("id([1])", "list<int>"),
        ("id(nothing)", "untyped"),
        ('schema_parse(nothing, {type: "int"})', "Result<int, string>"),
        ("schema_check(nothing, Row)", "Result<{a: int, b?: string}, string>"),
        ("schema_expect(nothing, schema_of(Row))", "{a: int, b?: string}"),
        ("schema_expect(nothing, nothing)", "untyped"),
        (
            'llm_call("p", nil, {output_schema: {type: "int"}})',
            "{text: string, model: string, provider: string, input_tokens: int, output_tokens: int, data: int, "
            "visible_text?: string, tool_calls?: list, thinking?: string, stop_reason?: string}",
        ),
        ('llm_call("p", nil, {})', "dict"),
        ("trim(word)", "string"),
        ('env("HOME")', "string | nil"),
        ("len(word)", "untyped"),
        ("nobody(1)", "untyped"),
        ("trim", "untyped"),
        ("pair(1, 2)", "pair"),
    ],
)
def test_the_type_of(expression: str, type_: str) -> None:
    assert inferred(expression, BEFORE) == type_


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        *[(f"it.{name}(1)", "iter<int>") for name in ("iter", "filter", "take", "skip", "take_while", "skip_while", "chain")],
        *[(f"it.{name}(1)", "iter") for name in ("map", "flat_map")],
        ("it.zip(li)", "iter<Pair<int, any>>"),
        ("it.enumerate()", "iter<Pair<int, int>>"),
        *[(f"it.{name}(2)", "iter<list<int>>") for name in ("chunks", "windows")],
        ("it.to_list()", "list<int>"),
        ("it.to_set()", "set<int>"),
        ("it.to_dict()", "dict"),
        ("it.count()", "int"),
        ("it.sum()", "int | float"),
        *[(f"it.{name}()", "int | nil") for name in ("min", "max", "first", "last", "find")],
        *[(f"it.{name}(f)", "bool") for name in ("any", "all")],
        ("it.for_each(f)", "nil"),
        ("it.reduce(f)", "untyped"),
        ("it.trim()", "untyped"),
        ("plain.to_list()", "list<any>"),
        ("li.iter()", "iter<int>"),
        ("d.iter()", "iter<Pair<string, int>>"),
        ("xs.iter()", "iter"),
        ("word.iter()", "iter"),
        ("nothing.iter()", "untyped"),
        ("row.iter()", "untyped"),
        *[(f"nothing.{name}(1)", "bool") for name in ("contains", "starts_with", "ends_with", "empty", "has", "any", "all")],
        *[(f"nothing.{name}(1)", "int") for name in ("count", "index_of", "to_int")],
        ("nothing.to_float()", "float"),
        *[
            (f"nothing.{name}(1)", "string")
            for name in (
                *("trim", "lowercase", "uppercase", "replace", "substring", "pad_left", "pad_right"),
                *("repeat", "join", "to_string"),
            )
        ],
        *[(f"nothing.{name}(1)", "list") for name in ("split", "chars", "map", "flat_map", "sort", "keys", "values", "entries")],
        ("nothing.filter(f)", "list"),
        ("li.filter(f)", "list"),
        ("d.filter(f)", "dict"),
        ("row.filter(f)", "dict"),
        *[(f"li.{name}(2)", "list<list<int>>") for name in ("window", "each_cons", "sliding_window")],
        *[(f"nothing.{name}(2)", "list") for name in ("window", "each_cons", "sliding_window")],
        *[(f"d.{name}(f)", "dict<string, int>") for name in ("merge", "map_values", "rekey", "map_keys")],
        *[(f"row.{name}(f)", "dict") for name in ("merge", "map_values", "rekey", "map_keys")],
        *[(f"nothing.{name}(f)", "untyped") for name in ("reduce", "find", "first", "last", "whatever")],
        ("word.reverse()", "string"),
        ("li.reverse()", "list<int>"),
        ("xs.reverse()", "list"),
        ("nothing.reverse()", "untyped"),
        ("word?.trim()", "string"),
        # A method that the program itself declares for the type is not the built-in one.
        ("P { x: 1 }.count()", "untyped"),
    ],
)  # fmt: skip
def test_the_type_of_a_method_call(expression: str, type_: str) -> None:
    assert inferred(expression, BEFORE) == type_


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        *[(f"nothing {op} nothing", "bool") for op in ("==", "!=", "<", ">", "<=", ">=", "&&", "||", "in", "not in")],
        ("1 + 2", "int"),
        ("1 + 2.0", "float"),
        ("1.5 + 2", "float"),
        ('"a" + "b"', "string"),
        ("xs + xs", "list"),
        ("li + li", "untyped"),
        ("1 + nothing", "untyped"),
        ("1 + any_value", "untyped"),
        ("7 / 2", "int"),
        ("7 % 2.0", "float"),
        ("2 ** 3", "int"),
        ('"-" * 3', "string"),
        ('3 * "-"', "string"),
        ("2 * 3.0", "float"),
        ("1 + 2 + 3.0 + 4", "float"),
        ('maybe ?? "a"', "int"),
        ('nil ?? "a"', "string"),
        ('1 ?? "a"', "int"),
        ('nothing ?? "a"', "string"),
        ("nothing ?? nothing", "untyped"),
        ("1 |> f", "untyped"),
    ],
)
def test_the_type_of_an_operator(expression: str, type_: str) -> None:
    assert inferred(expression, BEFORE) == type_


def test_variables_keep_what_they_begin_with() -> None:
    assert findings("let x = 1\nlet y = x\nlet z: string = y") == ["E 3:1 'z' declared as string, but assigned int"]


def test_the_schema_of_a_variable_ends_with_an_assignment() -> None:
    program = 'var s = {type: "int"}\n%slet x: string = schema_expect(y(), s)\n'
    body = "pipeline main(t) {\n" + program + "}"
    assert findings(body % "") == ["E 3:1 'x' declared as string, but assigned int"]
    assert findings(body % "s = other()\n") == []


@pytest.mark.parametrize(
    ("declared", "expression"),
    [
        ("iter", "(1 to 3).map({ x -> x })"),
        ("iter", "(1 to 3).filter({ x -> x > 1 })"),
        ("set", "set(1).map({ x -> x })"),
        ("set<int>", "st.filter({ x -> x > 1 })"),
        ("iter<int>", "untyped_one(1).map({ x -> x })"),
        ("set", "untyped_one(1).map({ x -> x })"),
        ("dict", "untyped_one(1).filter({ x -> x })"),
        ("list", "untyped_one(1).filter({ x -> x })"),
        ("int", "it.sum()"),
        ("float", "it.sum()"),
        ("range", "range(3)"),
        ("list", "range(3)"),
        ("list", 'regex_match("a", "b") ?? []'),
        ("string", 'regex_match("a", "b") ?? ""'),
        ("list | nil", 'regex_match("a", "b")'),
        ("string", "untyped_one(P { x: 1 }).count()"),
        ("int", "untyped_one([]).count()"),
    ],
)
def test_what_runs_well_fits_where_the_table_of_the_chapter_names_another_type(declared: str, expression: str) -> None:
    assert messages(f"{BEFORE}\nlet value: {declared} = {expression}\nuntyped_one(value)\n") == []


def test_a_match_of_a_pattern_is_a_list_once_it_is_not_nil() -> None:
    program = """
fn size(xs: list) -> int { return len(xs) }
fn flag(b: bool) { return b }
fn f() {
  let found = regex_match("a", "b")
  flag(found)
  if found != nil { size(found) }
  if found { size(found) }
  if type_of(found) == "list" { return size(found) }
}
"""
    assert messages(program) == ["Argument 1 ('b'): expected bool, got string | nil"]
