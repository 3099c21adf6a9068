"""Chapter 09, sections 10, 11 and 13: variance, attributes, strict mode."""

from __future__ import annotations

import pytest
from checked_programs import diagnostics, findings, messages


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("type R<in T> = fn() -> T", ["E 1:1 type parameter 'T' is declared 'in' (contravariant) but appears in a covariant position in type alias 'R'"]),
        ("type R<out T> = fn() -> T", []),
        ("struct S<out T> { v: T }", ["E 1:1 type parameter 'T' is declared 'out' (covariant) but appears in a invariant position in struct 'S'"]),
        ("enum E<in T> { A(v: T) }", ["E 1:1 type parameter 'T' is declared 'in' (contravariant) but appears in a covariant position in enum 'E'"]),
        ("interface I<out T> { fn m(self, a: T) }", ["E 1:1 type parameter 'T' is declared 'out' (covariant) but appears in a contravariant position in interface 'I'"]),
        ("fn f<out T>(x: T) { }", ["E 1:1 type parameter 'T' is declared 'out' (covariant) but appears in a contravariant position in function 'f'"]),
        ("fn g() {\n  fn f<in T>() -> T { }\n}", ["E 2:3 type parameter 'T' is declared 'in' (contravariant) but appears in a covariant position in function 'f'"]),
        ("fn g() {\n  type R<in T> = T\n}", ["E 2:3 type parameter 'T' is declared 'in' (contravariant) but appears in a covariant position in type alias 'R'"]),
    ],
)  # fmt: skip
def test_variance(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


DEPRECATED = '@deprecated(since: "1.2", use: "g")\nfn f(a) { }\n'
WARNING = "W {} `f` is deprecated (since 1.2)"


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("f(1)", 1),
        ("let x = f(1)", 9),
        ("log(f(1))", 5),
        ("while f(1) { }", 7),
        ("retry (f(1)) { }", 8),
        ("parallel f(1) { }", 10),
        ("match 1 { f(1) -> { } _ -> { } }", 11),
        ("fn h(a = f(1)) { }", 10),
        ("if f(1) { }", 4),
        ("let x: int | nil = 1\nwhile x != nil && f(1) { }", 19),
        ('log("${f(1)}")', None),
    ],
)
def test_one_warning_for_each_deprecated_call(statement: str, column: int | None) -> None:
    found = findings(DEPRECATED + statement)
    line = 3 + statement.count("\n")
    assert found == ([] if column is None else [WARNING.format(f"{line}:{column}")])


def test_deprecated_calls_come_first_in_source_order() -> None:
    program = "log(true + 1)\nfn g() { f(1, 2) }\n" + DEPRECATED + "f(1)"
    assert findings(program) == [
        WARNING.format("2:10"),
        WARNING.format("5:1"),
        "E 1:5 can't add bool and int",
    ]


@pytest.mark.parametrize(
    ("attribute", "message", "help"),
    [
        ('@deprecated(since: "1.2", use: "g")', "`f` is deprecated (since 1.2)", "use `g` instead"),
        ('@deprecated(use: "g")', "`f` is deprecated", "use `g` instead"),
        ('@deprecated(since: "1")', "`f` is deprecated (since 1)", None),
        ("@deprecated", "`f` is deprecated", None),
        ("@deprecated(since: 1, use: g)", "`f` is deprecated", None),
        ('@complexity(allow)\n@deprecated(use: "g")', "`f` is deprecated", "use `g` instead"),
    ],
)
def test_the_words_about_deprecation(attribute: str, message: str, help: str | None) -> None:
    (found,) = diagnostics(f"{attribute}\nfn f() {{ }}\nf()")
    assert (found.message, found.help, found.severity) == (message, help, "warning")


def test_only_functions_of_the_top_level_are_deprecated() -> None:
    assert findings("fn g() {\n  @deprecated\n  fn f() { }\n  f()\n}") == []


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("@nope struct P { }", ["W 1:1 unknown attribute `@nope`"]),
        ("@nope fn f() { }", ["W 1:1 unknown attribute `@nope`"]),
        ("@nope pipeline p(t) { }", ["W 1:1 unknown attribute `@nope`"]),
        ("@test struct P { }", ["W 1:1 `@test` only applies to function declarations"]),
        ("@test fn f() { }", []),
        ("@test pipeline p(t) { }", []),
        ("@acp_tool(name: \"x\") tool t() { }", ["W 1:1 `@acp_tool` only applies to function declarations"]),
        ("@acp_tool(name: \"x\") fn f() { }", []),
        ("@acp_tool(name: \"x\") pipeline p(t) { }", ["W 1:1 `@acp_tool` only applies to function declarations"]),
        ("@complexity(allow) enum E { A }\n@deprecated type T = int", []),
        ("fn f() {\n  @nope\n  @test\n  struct P { }\n}", ["W 2:3 unknown attribute `@nope`", "W 3:3 `@test` only applies to function declarations"]),
    ],
)  # fmt: skip
def test_attributes(program: str, expected: list[str]) -> None:
    assert findings(program) == expected


PROPERTY = "W Accessing property on unvalidated value 'x' from `json_parse`"
BEFORE = "type Row = {a: int}\nfn f(text) {\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return json_parse(text).a", ["W Direct property access on unvalidated `json_parse()` result"]),
        ("return json_parse(text)?.a", ["W Direct property access on unvalidated `json_parse()` result"]),
        ("return json_parse(text)[0]", ["W Direct subscript access on unvalidated `json_parse()` result"]),
        ("let x = json_parse(text)\nreturn x.a", [PROPERTY]),
        ("let x = json_parse(text)\nreturn x[0]", ["W Subscript access on unvalidated value 'x' from `json_parse`"]),
        ("let x = json_parse(text)\nlet y = x\nreturn y.a", ["W Accessing property on unvalidated value 'y' from `json_parse`"]),
        ("let x = json_parse(text)\nlet y = x.a", []),
        ("let x: Row = json_parse(text)\nreturn x.a", []),
        ("let x: {a: int} = json_parse(text)\nreturn x.a", []),
        ("let x: unknown = json_parse(text)\nreturn x.a", []),
        ("let x: dict = json_parse(text)\nreturn x.a", [PROPERTY]),
        ("let x: any = json_parse(text)\nreturn x.a", [PROPERTY]),
        ("let x: Row | nil = json_parse(text)\nreturn x.a", [PROPERTY]),
        ("let x = json_parse(text)\nschema_expect(x, Row)\nreturn x.a", []),
        ("let x = json_parse(text)\nif schema_is(x, Row) { return x.a }\nreturn x.a", [PROPERTY]),
        ("let x = json_parse(text)\nif is_type(x, Row) { return x.a }", []),
        ("let x = json_parse(text)\nif text && schema_is(x, Row) { return x.a }", [PROPERTY]),
        ("let x = json_parse(text)\nif schema_is(x, Row) { } else { return x.a }", [PROPERTY]),
        ('return llm_call("p", nil, {output_schema: Row}).data', []),
        ('return llm_call("p", nil, {schema: {type: "int"}}).data', []),
        ('return llm_call("p", nil, {}).data', ["W Direct property access on unvalidated `llm_call()` result"]),
        ('return llm_call("p", nil, options).data', ["W Direct property access on unvalidated `llm_call()` result"]),
        ("var x = json_parse(text)\nx = 1\nreturn x.a", []),
        ("return read_file(text).a", []),
        *[
            (f"return {name}(text).a", [f"W Direct property access on unvalidated `{name}()` result"])
            for name in (
                *("json_extract", "yaml_parse", "toml_parse", "llm_call_safe", "llm_completion", "http_get", "http_post"),
                *("http_put", "http_patch", "http_delete", "http_request", "host_call", "mcp_call"),
            )
        ],
    ],
)  # fmt: skip
def test_strict_mode(body: str, expected: list[str]) -> None:
    program = f"{BEFORE}{body}\n}}"
    assert messages(program, strict=True) == expected
    assert messages(program) == []


def test_validation_gives_a_value_its_type() -> None:
    program = BEFORE + "let x = json_parse(text)\nschema_expect(x, Row)\nreturn x.a + true\n}"
    assert messages(program, strict=True) == ["can't add int and bool"]


def test_strict_findings_help() -> None:
    for program in ("fn f(t) { return json_parse(t).a }", "fn f(t) {\nlet x = json_parse(t)\nreturn x[0]\n}"):
        (found,) = diagnostics(program, strict=True)
        assert found.help is not None and "schema_expect()" in found.help
    assert findings("fn json_parse(x) { return x }\nfn f(t) { return json_parse(t).a }", strict=True) == []
