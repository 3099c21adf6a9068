"""The rules about single expressions, about data from outside, and about tests."""

from __future__ import annotations

import pytest
from linting import fixed, found, places, texts

# --- comparison-to-bool -----------------------------------------------------------------------------------------------

DIRECT = "remove the comparison, use the expression directly"
NEGATED = "use `!expr` instead"


@pytest.mark.parametrize(
    "before, message, help, after",
    [
        ("x == true", "comparison to `true` is redundant", DIRECT, "x"),
        ("x == false", "comparison to `false` is redundant", NEGATED, "!x"),
        ("x != true", "`!= true` is redundant", NEGATED, "!x"),
        ("x != false", "`!= false` is redundant", DIRECT, "x"),
        ("true == x", "comparison to `true` is redundant", DIRECT, "x"),
        ("false != x", "`!= false` is redundant", DIRECT, "x"),
        ("false == x", "comparison to `false` is redundant", NEGATED, "!x"),
        ("f(x) == false", "comparison to `false` is redundant", NEGATED, "!f(x)"),
        ("a < b == false", "comparison to `false` is redundant", NEGATED, "!(a < b)"),
        ("a < b == true", "comparison to `true` is redundant", DIRECT, "a < b"),
        ("(a || b) == false", "comparison to `false` is redundant", NEGATED, "!(a || b)"),
        ("(a || b) == true", "comparison to `true` is redundant", DIRECT, "(a || b)"),
        ("((a) + b) == true", "comparison to `true` is redundant", DIRECT, "((a) + b)"),
        ("(a) + b == true", "comparison to `true` is redundant", DIRECT, "(a) + b"),
        ("false == (a || b)", "comparison to `false` is redundant", NEGATED, "!(a || b)"),
        ("true == ((a))", "comparison to `true` is redundant", DIRECT, "((a))"),
        ("!x == false", "comparison to `false` is redundant", NEGATED, "!!x"),
        ("x in xs == false", "comparison to `false` is redundant", NEGATED, "!(x in xs)"),
        ("x.y == true", "comparison to `true` is redundant", DIRECT, "x.y"),
        ('a == "==" == true', "comparison to `true` is redundant", DIRECT, 'a == "=="'),
        ("true == false", "comparison to `false` is redundant", NEGATED, "!true"),
    ],
)
def test_comparisons_with_bools(before, message, help, after):
    source = f"let y = {before}"
    assert texts(source, "comparison-to-bool") == [(message, help)]
    assert fixed(source, "comparison-to-bool") == f"let y = {after}"
    assert fixed(f"log({before}, 1)", "comparison-to-bool") == f"log({after}, 1)"
    assert fixed(f"let y = a && ({before})", "comparison-to-bool") == f"let y = a && ({after})"


@pytest.mark.parametrize(
    "source",
    [
        "log(1 == true)",
        'log("" != false)',
        "log([] == false)",
        "log(x /* maybe */ == true)",
        # what is missing is nil, which is not false but falsy
        "log(options.strict == false)",
        "log(options[0] != false)",
    ],
)
def test_comparisons_that_say_something_else_without_the_literal_are_left_alone(source):
    assert len(found(source, "comparison-to-bool")) == 1
    assert fixed(source, "comparison-to-bool") == source


@pytest.mark.parametrize("source", ["x == y", "x == nil", "x < true", "x && true", 'log("${x == true}")'])
def test_other_comparisons_are_not_reported(source):
    assert found(source, "comparison-to-bool") == []


def test_a_comparison_is_reported_where_it_stands():
    assert places("if a {\n  log(x == true)\n}", "comparison-to-bool") == [(2, 7)]


def test_comparisons_inside_each_other_are_mended_one_after_the_other():
    assert fixed("log(x == true == false)", "comparison-to-bool") == "log(!(x == true))"


# --- invalid-binary-op-literal ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before, operator, after",
    [
        ('"a" + nil', "+", '"a${nil}"'),
        ('true + "b"', "+", '"${true}b"'),
        ('("a \\" b") + (false)', "+", '"a \\" b${false}"'),
        ('"" + true', "+", '"${true}"'),
        ("x + nil", "+", "x + nil"),
        ('"a ${x}" + nil', "+", '"a ${x}" + nil'),
        ('r"a" + nil', "+", 'r"a" + nil'),
        ('"""a""" + nil', "+", '"""a""" + nil'),
        ('"a" + x + nil', "+", '"a" + x + nil'),
        ("1 - true", "-", "1 - true"),
        ("nil * 2", "*", "nil * 2"),
        ("x / false", "/", "x / false"),
        ("x % nil", "%", "x % nil"),
    ],
)
def test_arithmetic_with_bools_and_nil(before, operator, after):
    source = f"log({before})"
    ((message, help),) = texts(source, "invalid-binary-op-literal")
    assert message.startswith(f"operator '{operator}' used with boolean or nil literal")
    assert help == "use to_string() or string interpolation to convert values explicitly"
    assert fixed(source, "invalid-binary-op-literal") == f"log({after})"


@pytest.mark.parametrize("source", ["x ** nil", "x ?? nil", "x == nil", "a + b", "a && true", '"a" + "true"'])
def test_other_operators_and_operands_are_not_reported(source):
    assert found(source, "invalid-binary-op-literal") == []


# --- redundant-nil-ternary --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before, after",
    [
        ("x == nil ? 0 : x", "x ?? 0"),
        ("x != nil ? x : f(1)", "x ?? f(1)"),
        ("nil == x ? 0 : x", "x ?? 0"),
        ("nil != x ? x : 0", "x ?? 0"),
        ("(x) == nil ? (0) : x", "x ?? (0)"),
        ("(x == nil) ? 0 : x", "x ?? 0"),
        ("x == nil ? a || b : x", "x ?? (a || b)"),
        ("x == nil ? (a || b) : x", "x ?? (a || b)"),
        ("x == nil ? a + 1 : x", "x ?? (a + 1)"),
        ("x == nil ? a ?? b : x", "x ?? (a ?? b)"),
        ("x == nil ? a * 2 : x", "x ?? a * 2"),
        ("x == nil ? {a: 1} : x", "x ?? {a: 1}"),
        ("x == nil ? /* why */ 0 : x", "x == nil ? /* why */ 0 : x"),
    ],
)
def test_ternaries_that_check_for_nil(before, after):
    source = f"let y = {before}"
    assert texts(source, "redundant-nil-ternary") == [
        (
            "ternary nil check over `x` can be replaced with `x ?? <fallback>`",
            "use `x ?? <fallback>` instead",
        )
    ]
    assert fixed(source, "redundant-nil-ternary") == f"let y = {after}"
    assert fixed(f"let y = ({before}) * 2", "redundant-nil-ternary") == f"let y = ({after}) * 2"


@pytest.mark.parametrize(
    "source",
    ["x == nil ? x : 0", "x != nil ? 0 : x", "x == nil ? 0 : y", "x == 1 ? 0 : x", "x.y == nil ? 0 : x.y", "x ? x : 0"],
)
def test_other_ternaries_are_not_reported(source):
    assert found(f"let y = {source}", "redundant-nil-ternary") == []


# --- eager-collection-conversion --------------------------------------------------------------------------------------


def message(sink):
    return (
        f"expression is an iterator; expected {sink}. Add .to_{sink}() to materialize.",
        f"append `.to_{sink}()` to materialize the iterator",
    )


@pytest.mark.parametrize(
    "before, sink, after",
    [
        ("let y: list<int> = iter(xs)", "list", "let y: list<int> = iter(xs).to_list()"),
        ("var y: list = xs.iter().map(f)", "list", "var y: list = xs.iter().map(f).to_list()"),
        ("let y: set<int> = xs.map(f)", "set", "let y: set<int> = xs.map(f).to_set()"),
        ("let y: set = xs?.filter(f)", "set", "let y: set = xs?.filter(f).to_set()"),
        ("let y: dict<string, int> = xs.zip(ys)", "dict", "let y: dict<string, int> = xs.zip(ys).to_dict()"),
        ("let y: dict = (xs.zip(ys))", "dict", "let y: dict = (xs.zip(ys).to_dict())"),
        (
            "fn f(xs) -> list<int> { return xs.take(3) }",
            "list",
            "fn f(xs) -> list<int> { return xs.take(3).to_list() }",
        ),
        ("tool f(xs) -> list { return xs.skip(3) }", "list", "tool f(xs) -> list { return xs.skip(3).to_list() }"),
        ("let y: list = [1].chunks(2)", "list", "let y: list = [1].chunks(2).to_list()"),
        ("let y: list = f(x).enumerate()", "list", "let y: list = f(x).enumerate().to_list()"),
    ],
)
def test_iterators_where_collections_are_promised(before, sink, after):
    assert texts(before, "eager-collection-conversion") == [message(sink)]
    assert fixed(before, "eager-collection-conversion") == after


def test_the_value_is_what_is_reported():
    source = "fn f(xs) -> list {\n  return xs.map(g)\n}"
    assert places(source, "eager-collection-conversion") == [(2, 10)]


@pytest.mark.parametrize(
    "source",
    [
        "let y = iter(xs)",
        "let y: iter<int> = iter(xs)",
        "let y: list = iter(xs).to_list()",
        "let y: list = xs.sort()",
        "let y: list = xs",
        "fn f(xs) { return xs.map(g) }",
        "fn f(xs) -> list { return ys.each({ x -> return x.map(g) }) }",
        "fn f(xs) -> list { g({ x -> return iter(x) }) }",
        "pipeline p(xs) -> list { return iter(xs) }",
        # lists give lists
        "let y: list = [1, 2].map(f)",
        "let y: list = [1, 2].map(f).filter(g)",
        "let xs = [1]\nlet y: list = xs.map(f)",
        "let xs: list<int> = g()\nlet y: list = xs.map(f)",
        "fn f(xs: list<int>) -> list<int> { return xs.map(g) }",
        'let y: list = "a b".split(" ").map(f)',
        "let d = {a: 1}\nlet y: dict = d.filter(f)",
        "let y: list = d.keys().map(f)",
    ],
)
def test_collections_are_not_reported(source):
    assert found(source, "eager-collection-conversion") == []


def test_a_var_may_become_something_else():
    assert len(found("var xs = [1]\nxs = iter(xs)\nlet y: list = xs.map(f)", "eager-collection-conversion")) == 1


# --- untyped-dict-access ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        *("json_parse", "json_extract", "yaml_parse", "toml_parse", "llm_call", "llm_completion", "http_get"),
        *("http_post", "http_put", "http_patch", "http_delete", "http_request", "host_call", "mcp_call"),
    ],
)
def test_raw_data_that_is_taken_apart_on_the_spot(function):
    for access, word in ((".a", "property"), ("?.a", "property"), ['["a"]', "subscript"]):
        source = f"log(\n  {function}(x){access})"
        assert places(source, "untyped-dict-access") == [(2, 3)]
        ((text, _),) = texts(source, "untyped-dict-access")
        assert text == f"{word} access on raw `{function}()` result without schema validation"


@pytest.mark.parametrize("source", ["log(f(x).a)", "log(json_parse(x))", "json_parse(x).a()", "log(x.json_parse(1).a)"])
def test_other_accesses_are_not_reported(source):
    assert found(source, "untyped-dict-access") == []


# --- prompt-injection-risk --------------------------------------------------------------------------------------------


def test_data_in_a_system_prompt():
    source = 'log(1)\nllm_call(q, "You are ${role}.", {})'
    assert places(source, "prompt-injection-risk") == [(2, 1)]
    ((text, _),) = texts(source, "prompt-injection-risk")
    assert text == "interpolated data in the `llm_call` system prompt can smuggle untrusted instructions"


@pytest.mark.parametrize(
    "source", ['llm_call("${q}", "constant")', "llm_call(q, role)", 'agent(q, "${x}")', "llm_call(q)"]
)
def test_other_prompts_are_not_reported(source):
    assert found(source, "prompt-injection-risk") == []


# --- tests ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["assert", "assert_eq", "assert_ne"])
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "fn f() {{ {} }}",
        "@test fn it() {{ {} }}",
        "pipeline main(task) {{ {} }}",
        "pipeline tests(task) {{ {} }}",
    ],
)
def test_assertions_outside_of_tests(function, around):
    source = around.format(f"{function}(1, 1)")
    assert texts(source, "assert-outside-test") == [
        (
            f"`{function}` is intended for test pipelines, not production control flow",
            "use `require` for invariants in non-test code",
        )
    ]


@pytest.mark.parametrize(
    "around",
    [
        "pipeline test(task) {{ {} }}",
        "pipeline test_it(task) {{ xs.map({{ x -> {} }}) }}",
        "@test pipeline it(task) {{ {} }}",
        "pipeline test_it(task) {{ fn helper() {{ {} }} }}",
    ],
)
def test_inside_of_tests_it_is_the_other_way_round(around):
    assert found(around.format("assert(1)"), "assert-outside-test") == []
    assert texts(around.format("require 1 == 1"), "require-in-test") == [
        (
            "`require` in a test pipeline should usually be an assertion",
            "prefer `assert(...)` or `assert_eq(...)` in test pipelines",
        )
    ]


def test_require_outside_of_tests_is_fine():
    assert found("fn f() { require a }\npipeline main(task) { require a }", "require-in-test") == []
