"""The rules about flow: unreachable code, loops, empty blocks, needless else, duplicate arms."""

from __future__ import annotations

import pytest
from linting import fixed, found, places, texts

# --- unreachable-code -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, at",
    [
        ("return 1\nlog(1)\nlog(2)", (3, 1)),
        ("throw 1\nlog(1)", (3, 1)),
        ("for x in xs {\nbreak\nlog(x) }", (4, 1)),
        ("for x in xs {\ncontinue\nlog(x) }", (4, 1)),
        ("if a { return 1 } else { throw 2 }\nlog(1)", (3, 1)),
        ("if a { return 1 } else if b { return 2 } else { log(1)\nreturn 3 }\nlog(1)", (4, 1)),
        ("if a { if b { return 1 } else { return 2 } } else { return 3 }\nlog(1)", (3, 1)),
    ],
)
def test_the_first_statement_behind_an_exit_is_reported(body, at):
    source = f"fn f() {{\n{body}\n}}"
    assert places(source, "unreachable-code") == [at]
    assert texts(source, "unreachable-code") == [
        ("unreachable code after return or throw", "remove the unreachable code")
    ]
    assert fixed(source, "unreachable-code") == source


@pytest.mark.parametrize(
    "body",
    [
        "log(1)\nreturn 1",
        "if a { return 1 }\nlog(1)",
        "if a { return 1 } else { log(1) }\nlog(2)",
        "if a { return 1 } else if b { return 2 }\nlog(1)",
        "while true { }\nlog(1)",
        "match a { _ -> { return 1 } }\nlog(1)",
        "try { return 1 } catch (e) { return 2 }\nlog(1)",
        "guard a else { return 1 }\nlog(1)",
        "let g = { -> return 1 }\nlog(1)",
        "log(if a { return 1 } else { return 2 })\nlog(1)",
    ],
)
def test_nothing_else_makes_code_unreachable(body):
    assert found(f"fn f() {{\n{body}\n}}", "unreachable-code") == []


def test_dead_code_is_not_looked_at():
    source = "fn f() {\nreturn 1\nlet x = y == true\nnope()\n}\nf()"
    assert [each.code for each in found(source, "unreachable-code")] == ["unreachable-code"]
    assert found(source, "comparison-to-bool") == found(source, "undefined-function") == []


# --- break-outside-loop -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keyword", ["break", "continue"])
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "if a {{ {} }}",
        "for x in xs {{ f({{ y -> {} }}) }}",
        "for x in xs {{ fn g() {{ {} }} }}",
        "while a {{ spawn {{ {} }} }}",
        "while a {{ parallel 2 {{ i -> {} }} }}",
        "retry 3 {{ {} }}",
    ],
)
def test_a_loop_word_outside_of_a_loop_is_an_error(keyword, around):
    source = f"fn f() {{ {around.format(keyword)} }}"
    assert texts(source, "break-outside-loop") == [
        (f"`{keyword}` used outside of a loop", f"`{keyword}` can only be used inside for or while loops")
    ]
    (finding,) = found(source, "break-outside-loop")
    assert finding.severity == "error"
    assert source[finding.span.start : finding.span.end] == keyword


@pytest.mark.parametrize(
    "source",
    [
        "for x in xs { break }",
        "while a { if b { continue } }",
        "for x in xs { match x { 1 -> { break } } }",
        "for x in xs { retry 2 { break } }",
        "{ -> for x in xs { continue } }",
    ],
)
def test_a_loop_word_inside_of_a_loop_is_fine(source):
    assert found(source, "break-outside-loop") == []


# --- empty-block ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, expected",
    [
        ("if a { }", ("if block has an empty body", "remove the empty if or add a body")),
        ("if a { } else { log(1) }", ("if block has an empty body", "remove the empty if or add a body")),
        ("for x in xs { }", ("for loop has an empty body", "remove the empty for loop or add a body")),
        ("while a() { }", ("while loop has an empty body", "remove the empty while loop or add a body")),
        ("try { } catch (e) { log(e) }", ("try block has an empty body", "remove the empty try/catch or add a body")),
    ],
)
def test_empty_blocks_are_reported(source, expected):
    assert texts(source, "empty-block") == [expected]
    assert places(source, "empty-block") == [(1, 1)]


@pytest.mark.parametrize(
    "source",
    [
        "if a { log(1) } else { }",
        "try { log(1) } catch (e) { }",
        "fn f() { }",
        "let f = { -> }",
        "match a { 1 -> { } }",
        "guard a else { }",
        "spawn { }",
        "let r = try { }",
    ],
)
def test_other_bodies_may_be_empty(source):
    assert found(source, "empty-block") == []


@pytest.mark.parametrize(
    "before, after",
    [
        ("log(1)\nif a { }\nlog(2)\n", "log(1)\nlog(2)\n"),
        ("if a {\n}\n", ""),
        ("if a { }", ""),
        ("fn f() {\n  log(1)\n\n  if a.b[1] > 2 && !c {\n  }\n\n  log(2)\n}", "fn f() {\n  log(1)\n\n\n  log(2)\n}"),
        ("fn f() {\r\n  if a { }\r\n}\r\n", "fn f() {\r\n}\r\n"),
        ("for x in [1, 2] { }\nlog(1)", "log(1)"),
        ("for x in xs { }\nlog(1)", "log(1)"),
        ("fn f() { if a { } }", "fn f() { }"),
        ("{ x -> if a { } }", "{ x -> }"),
        ("fn f() { if a { } log(1) }", "fn f() { log(1) }"),
        ("if a { }; log(1)", "log(1)"),
        ("log(0); if a { }; log(1)", "log(0); log(1)"),
        ("log(0); if a { }", "log(0);"),
        ("log(0); if a { }\nlog(1)", "log(0);\nlog(1)"),
        ("  if a { } // why\n  log(1)", "  // why\n  log(1)"),
        ("if a { log(1)\n  if b { } }", "if a { log(1)\n  }"),
        ("fn f() {\n  log(1)\n  if a { }\n}", "fn f() {\n  log(1)\n}"),
        # left alone
        ("if a() { }", "if a() { }"),
        ("if a { } else { log(1) }", "if a { } else { log(1) }"),
        ("if a { log(1) } else if b { }", "if a { log(1) } else if b { }"),
        ("if a { // todo\n}", "if a { // todo\n}"),
        ("let x = if a { }", "let x = if a { }"),
        ("log(if a { })", "log(if a { })"),
        ("log(0) for x in xs { } log(1)", "log(0) for x in xs { } log(1)"),
        ("for x in f() { }", "for x in f() { }"),
        ("if a |> save { }\nfor x in [a |> save] { }", "if a |> save { }\nfor x in [a |> save] { }"),
        ("let ch = channel()\nfor x in ch { }", "let ch = channel()\nfor x in ch { }"),
        ("while a { }", "while a { }"),
        ("try { } catch (e) { log(e) }", "try { } catch (e) { log(e) }"),
        # the value of the closure would be another one
        ("let f = { x ->\n  x\n  if a { }\n}", "let f = { x ->\n  x\n  if a { }\n}"),
        ("let f = { x ->\n  let y = x\n  if a { }\n}", "let f = { x ->\n  let y = x\n}"),
        ("let y = if a { x\n  if b { } }", "let y = if a { x\n  if b { } }"),
    ],
)
def test_empty_statements_without_effect_are_deleted(before, after):
    assert fixed(before, "empty-block") == after


# --- unnecessary-else-return ------------------------------------------------------------------------------------------


def test_an_else_behind_a_return_is_reported_at_the_if():
    source = "fn f(a) {\n  if a { return 1 } else { return 2 }\n}"
    assert places(source, "unnecessary-else-return") == [(2, 3)]
    assert texts(source, "unnecessary-else-return") == [
        (
            "both if and else branches return — else is unnecessary",
            "remove the else and place its body after the if",
        )
    ]


@pytest.mark.parametrize(
    "source",
    [
        "fn f() { if a { return 1 } }",
        "fn f() { if a { return 1 } else { log(1) } }",
        "fn f() { if a { throw 1 } else { return 1 } }",
        "fn f() { if a { return 1 } else { if b { return 1 } else { throw 2 } } }",
        "fn f() { if a { return 1 } else if b { return 2 } }",
    ],
)
def test_an_else_is_necessary(source):
    assert found(source, "unnecessary-else-return") == []


@pytest.mark.parametrize(
    "before, after",
    [
        (
            "fn f() {\n  if a {\n    return 1\n  } else {\n    log(2)\n    return 2\n  }\n}",
            "fn f() {\n  if a {\n    return 1\n  }\n  log(2)\n    return 2\n}",
        ),
        ("fn f() { if a { return 1 } else { return 2 } }", "fn f() { if a { return 1 }\nreturn 2 }"),
        ("fn f() {\n\tif a { return 1 } else { return }\n}", "fn f() {\n\tif a { return 1 }\n\treturn\n}"),
        (
            "fn f() {\n  if a { return 1 } else { return } log(1)\n}",
            "fn f() {\n  if a { return 1 }\n  return\n  log(1)\n}",
        ),
        (
            "fn f() {\n  if a { return 1 } else { // no\n    return 2 // two\n  } }",
            "fn f() {\n  if a { return 1 }\n  // no\n    return 2 // two\n  }",
        ),
        (
            "fn f() {\n  if a { return 1 } else if b { return 2 } else { return 3 }\n}",
            "fn f() {\n  if a { return 1 } else if b { return 2 }\n  return 3\n}",
        ),
        (
            "fn f() {\r\n  if a { return 1 } else { return 2 }\r\n}",
            "fn f() {\r\n  if a { return 1 }\r\n  return 2\r\n}",
        ),
    ],
)
def test_the_body_of_the_else_moves_behind_the_if(before, after):
    assert fixed(before, "unnecessary-else-return") == after


@pytest.mark.parametrize(
    "source",
    [
        # whoever is at `a` goes on behind the chain
        "fn f() {\n  if a { log(1) } else if b { return 2 } else { return 3 }\n  return 4\n}",
        "fn f() {\n  let x = if a { return 1 } else { return 2 }\n}",
        "fn f() {\n  if a { return 1 } /* no */ else { return 2 }\n}",
        "fn f(x) {\n  if a { return 1 } else { let x = 2\n return x }\n}",
        "fn f() {\n  let {y} = g()\n  if a { return 1 } else { let [y] = z\n return y }\n}",
    ],
)
def test_an_else_whose_body_cannot_move_is_reported_and_left_alone(source):
    assert len(found(source, "unnecessary-else-return")) == 1
    assert fixed(source, "unnecessary-else-return") == source


# --- duplicate-match-arm ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first, second",
    [
        ("1", "1"),
        ('"a"', '"a"'),
        ('"a"', 'r"a"'),
        ("true", "true"),
        ("nil", "nil"),
        ("x", "x"),
        ("_", "_"),
        ("5s", "5s"),
    ],
)
def test_a_second_arm_of_a_pattern_is_reported(first, second):
    source = f"match v {{\n  {first} -> {{ 1 }}\n  {second} -> {{ 2 }}\n}}"
    assert places(source, "duplicate-match-arm") == [(3, 3)]
    assert texts(source, "duplicate-match-arm") == [("duplicate match arm pattern", "remove the duplicate arm")]


@pytest.mark.parametrize(
    "first, second",
    [
        ("1", "2"),
        ("1", "1.0"),
        ("1", "true"),
        ('"1"', "1"),
        ("x", '"x"'),
        ("1 if a", "1"),
        ("1", "1 if a"),
        ("[1]", "[1]"),
    ],
)
def test_arms_that_differ_are_not_reported(first, second):
    assert found(f"match v {{ {first} -> {{ 1 }}\n {second} -> {{ 2 }} }}", "duplicate-match-arm") == []
