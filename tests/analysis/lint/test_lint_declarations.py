"""The rules about declarations: names, documentation, return types of pipelines, complexity."""

from __future__ import annotations

import pytest
from linting import found, places, texts

from harnpy.analysis.lint.naming import pascal_case, snake_case

# --- naming-convention ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, proposal",
    [
        ("getName", "get_name"),
        ("HTTPGet", "h_t_t_p_get"),
        ("Log", "log"),
        ("a_B", "a__b"),
        ("größe", "gre"),
        ("_X", "__x"),
    ],
)
def test_functions_are_in_snake_case(name, proposal):
    assert snake_case(name) == proposal
    expected = [
        (f"function `{name}` should use snake_case", f"rename `{name}` to snake_case (for example `{proposal}`)")
    ]
    assert texts(f"fn {name}() {{ }}", "naming-convention") == expected
    assert texts(f"tool {name}() {{ }}", "naming-convention") == expected
    assert texts(f"impl S {{ fn {name}(self) {{ }} }}", "naming-convention") == expected


@pytest.mark.parametrize("kind, body", [("struct", "{ }"), ("enum", "{ A }"), ("interface", "{ }"), ("type", "= int")])
@pytest.mark.parametrize(
    "name, proposal", [("alias_t", "AliasT"), ("fooBar", "Foobar"), ("Foo_Bar", "FooBar"), ("x", "X"), ("Tö", "T")]
)
def test_types_are_in_pascal_case(kind, body, name, proposal):
    assert pascal_case(name) == proposal
    source = f"log(1)\n{kind} {name} {body}"
    assert places(source, "naming-convention") == [(2, 1)]
    assert texts(source, "naming-convention") == [
        (f"{kind} `{name}` should use PascalCase", f"rename `{name}` to PascalCase (for example `{proposal}`)")
    ]


@pytest.mark.parametrize(
    "source",
    [
        "fn get_name2() { }",
        "fn _private() { }",
        "fn _() { }",
        "struct Point2D { }",
        "type T = int",
        "pipeline MyFlow(task) { }",
        "let someThing = 1",
        "enum E { lower }",
        "fn f(someThing) { }",
    ],
)
def test_other_names_are_free(source):
    assert found(source, "naming-convention") == []


# --- missing-harndoc --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, at",
    [
        ("pub fn go() { }", (1, 5)),
        ("// Go.\npub fn go() { }", (2, 5)),
        ("/// Go.\npub fn go() { }", (2, 5)),
        ("/* Go. */\npub fn go() { }", (2, 5)),
        ("/** Go. */\n\npub fn go() { }", (3, 5)),
        ("impl S {\n  pub fn go(self) { }\n}", (2, 7)),
        ("@deprecated\npub fn go() { }", (2, 5)),
        ("/** Go. */\npub fn other() { }\npub fn go() { }", (3, 5)),
    ],
)
def test_public_functions_are_documented(source, at):
    assert places(source, "missing-harndoc") == [at]
    assert texts(source, "missing-harndoc") == [
        (
            "public function `go` is missing a `/** */` doc comment",
            "add a `/** ... */` HarnDoc block directly above `pub fn go`",
        )
    ]


@pytest.mark.parametrize(
    "source",
    [
        "/** Go. */\npub fn go() { }",
        "/**\n * Go.\n */\npub fn go() { }",
        "/** Go. */\n@deprecated\n@complexity(allow)\npub fn go() { }",
        "@deprecated\n@complexity(allow)\n/** Go. */\npub fn go() { }",
        "/** Go. */\n// harn: allow(unused-parameter)\npub fn go(a) { }",
        "fn go() { }",
        "pub tool go() { }",
        "pub pipeline go(task) { }",
    ],
)
def test_a_function_needs_no_more_documentation(source):
    assert found(source, "missing-harndoc") == []


# --- pipeline-return-type ---------------------------------------------------------------------------------------------


def test_public_pipelines_declare_what_they_give():
    source = "log(1)\npub pipeline summarize(text) { }"
    assert places(source, "pipeline-return-type") == [(2, 5)]
    ((message, help),) = texts(source, "pipeline-return-type")
    assert message.startswith("public pipeline `summarize` has no declared return type")
    assert help == "declare a return type: `pub pipeline summarize(...) -> TypeExpr { ... }`"


@pytest.mark.parametrize(
    "source",
    [
        "pipeline p(task) { }",
        "pub pipeline p(task) -> string { }",
        "pub pipeline default(task) { }",
        "pub pipeline main(task) { }",
        "pub pipeline auto(task) { }",
        "pub pipeline test(task) { }",
        "pub pipeline test_p(task) { }",
        "@test pub pipeline p(task) { }",
    ],
)
def test_a_pipeline_needs_no_return_type(source):
    assert found(source, "pipeline-return-type") == []


# --- cyclomatic-complexity --------------------------------------------------------------------------------------------


def score(body):
    """The score of a function with that body, which is what the message says when the threshold is 0."""
    message, _ = texts(f"fn f() {{ {body} }}", "cyclomatic-complexity", complexity_threshold=0)[0]
    return int(message.removeprefix("function `f` has cyclomatic complexity ").removesuffix(" (> 0)"))


@pytest.mark.parametrize(
    "body, expected",
    [
        ("", 1),
        ("if a { }", 2),
        ("if a { } else { }", 2),
        ("if a { } else if b { } else { }", 3),
        ("for x in xs { }", 2),
        ("while a { }", 2),
        ("retry 3 { }", 2),
        ("match x { 1 -> { } 2 -> { } 3 -> { } }", 2),
        ("match x { 1 if a && b -> { if c { } } }", 4),
        ("guard a else { }", 2),
        ("try { } catch (e) { }", 2),
        ("let y = a ? b : c", 2),
        ("let y = a && b || c", 3),
        ("select { a from ch { } b from ch { } timeout 1s { } }", 3),
        ("select { a from ch { } default { } }", 2),
        ("require a", 1),
        ("try { a }", 1),
        ("let y = a ?? b |> c", 1),
        ("parallel 3 { i -> 1 }\nspawn { }\ndefer { }\ndeadline 1s { }\nmutex { }", 1),
        ("parallel 3 { i -> if i { } }\nspawn { if a { } }\ndefer { if a { } }\nmutex { if a { } }", 5),
        ("parallel each xs with { max_concurrent: a ? 1 : 2 } { x -> 1 }", 1),
        ("parallel each (a ? b : c) { x -> 1 }", 2),
        ("let y = f()?\nlet z = try* f()", 1),
        ("xs.map({ x -> x ? 1 : 2 })", 2),
        ("f(a && b, [a || b], {k: a ? 1 : 2}, S {k: a && b})", 5),
        ("return a && b", 2),
        ("throw a && b", 2),
        ("yield a && b", 2),
        ("x.y = a && b", 2),
        ("fn g() { if a { } }\ntool t() { if a { } }\nimpl S { fn m(self) { if a { } } }", 1),
        ('log("${a && b}")', 1),
        ("match x { (a && b) -> { } }", 2),
        (
            'if a { return 1 } else if b && c { return 2 }\nfor x in xs { log(x > 1 ? "big" : "small") }\nreturn 3',
            6,
        ),
    ],
)
def test_the_score_of_a_body(body, expected):
    assert score(body) == expected


def test_a_function_above_the_threshold_is_reported():
    body = "\n".join("if a { }" for _ in range(25))
    source = f"log(1)\nfn f() {{ {body} }}"
    assert places(source, "cyclomatic-complexity") == [(2, 1)]
    assert texts(source, "cyclomatic-complexity")[0][0] == "function `f` has cyclomatic complexity 26 (> 25)"
    assert found(source, "cyclomatic-complexity", complexity_threshold=26) == []
    assert found(source.replace("if a { }", "a()", 1), "cyclomatic-complexity") == []


@pytest.mark.parametrize(
    "source, names",
    [
        ("fn f() { fn g() { } }", ["f", "g"]),
        ("tool t() { }", ["t"]),
        ("impl S { fn m(self) { } }", ["m"]),
        ("pipeline p(task) { { x -> x } }", []),
        ("@complexity(allow) fn f() { fn g() { } }\nfn h() { }", ["h"]),
        ("@complexity(allow)\nimpl S { fn m(self) { } }", []),
        ("@complexity(allow)\npipeline p(task) { fn g() { } }", []),
        ("@complexity(deny) fn f() { }", ["f"]),
        ("@complexity(mode: allow) fn f() { }", ["f"]),
        ('@complexity("allow") fn f() { }', ["f"]),
    ],
)
def test_what_is_scored(source, names):
    messages = texts(source, "cyclomatic-complexity", complexity_threshold=0)
    assert [message.split("`")[1] for message, _ in messages] == names
