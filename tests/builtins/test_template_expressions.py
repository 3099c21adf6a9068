"""The expression language of templates."""

from __future__ import annotations

import pytest
from template_rendering import fault_of, rendered

from harnpy.vm.values import StructInstance, StructType


def shown(expression: str, **bindings: object) -> str:
    return rendered("{{ (" + expression + ") }}", **bindings)


def refused(expression: str) -> str:
    return fault_of("{{ " + expression + " }}").removeprefix("at 1:1: ")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('"a"', "a"),
        ("'a\"b'", 'a"b'),
        (r'"\n\t\r\\\"\'\q"', "\n\t\r\\\"'q"),
        ("'größe → 😀'", "größe → 😀"),
        ("12", "12"),
        ("-12", "-12"),
        ("1.50", "1.5"),
        ("-0.0", "-0.0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("true", "true"),
        ("false", "false"),
        ("nil", ""),
    ],
)
def test_literals(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("d.a.b", "1"),
        ('d["a"].b', "1"),
        ("d['x y']", "2"),
        ("xs[0]", "p"),
        ("xs[-1]", "q"),
        ("s[1]", "ö"),
        ("s[-3]", "h"),
        ("xs[1][0]", "q"),
    ],
)
def test_paths_reach_into_dicts_lists_and_strings(path: str, text: str) -> None:
    assert shown(path, d={"a": {"b": 1}, "x y": 2}, xs=["p", "q"], s="höi") == text


@pytest.mark.parametrize(
    "path", ["no", "no.a.b", "d.no", "d[0]", "xs.a", "xs[2]", "xs[-3]", "xs['0']", "n[0]", "n.a", "struct.f", "d.no.a"]
)
def test_a_path_that_misses_is_nil(path: str) -> None:
    struct = StructInstance(StructType("S"), {"f": 1})
    assert shown(f"{path} == nil", d={"a": 1}, xs=[1, 2], n=7, struct=struct) == "true"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("0 or 'b'", "b"),
        ("'a' || 'b'", "a"),
        ("'a' and 0", "0"),
        ("false && 'b'", "false"),
        ("'  ' or 'blank'", "blank"),
        ("nil or false", "false"),
        ("1 and 2 or 3", "2"),
        ("0 or 1 and 2", "2"),
    ],
)
def test_and_and_or_give_an_operand(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("not 1", "false"),
        ("!0", "true"),
        ("not not 'x'", "true"),
        ("not 1 == 2", "true"),
        ("!1 == 2", "true"),
        ("false == !1", "true"),
        ("false == not not 1", "false"),
        ("!" * 2001 + "1", "false"),
    ],
)
def test_not_gives_a_bool_and_covers_a_comparison(source: str, text: str) -> None:
    assert shown(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("1 == 1.0", "true"),
        ("true == 1", "false"),
        ("xs == ys", "true"),
        ("1 != 2", "true"),
        ("1 < 1.5", "true"),
        ("2 <= 2", "true"),
        ("'a' < 'b'", "true"),
        ("'b' >= 'b'", "true"),
        ("'2' > 1", "false"),
        ("true > false", "false"),
        ("xs <= ys", "false"),
        ("nan <= nan", "false"),
        ("nil <= nil", "false"),
    ],
)
def test_comparisons(source: str, text: str) -> None:
    assert shown(source, xs=[1], ys=[1.0], nan=float("nan")) == text


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 ==", "expected expression"),
        ("(", "expected expression"),
        ("(1", "expected `)`"),
        ("x[1", "expected `]`"),
        ("x[1.5]", "expected integer or string inside `[...]`"),
        ("x[y]", "expected integer or string inside `[...]`"),
        ("x[true]", "expected integer or string inside `[...]`"),
        ("x[", "expected integer or string inside `[...]`"),
        ("x.", "expected identifier after `.`"),
        ("x.1", "expected identifier after `.`"),
        ("x.not", "expected identifier after `.`"),
        ("x |", "expected filter name after `|`"),
        ("x | 'a'", "expected filter name after `|`"),
        ("x | default:", "expected expression"),
        ("a & b", "unexpected `&`"),
        ("a = b", "unexpected `=` (use `==`)"),
        ("a + b", "unexpected character `+` in expression"),
        ("a.é", "unexpected character `é` in expression"),
        ("1.2.3", "invalid number `1.2.3`"),
        ("9" * 5000, f"invalid integer `{'9' * 5000}`"),
        (")", "unexpected token `RParen`"),
        (", 1", "unexpected token `Comma`"),
        ("1 < 2 < 3", "unexpected token `Lt` in expression"),
        ("a b", 'unexpected token `Ident("b")` in expression'),
        (r"""1 '"\n\\x'""", r'unexpected token `Str("\"\n\\x")` in expression'),
        ("a 1", "unexpected token `Int(1)` in expression"),
        ("a-1", "unexpected token `Int(-1)` in expression"),
        ("a 1.5", "unexpected token `Float(1.5)` in expression"),
        ("a not", "unexpected token `NotKw` in expression"),
        ("1 true", "unexpected token `True` in expression"),
        ("1 : 2", "unexpected token `Colon` in expression"),
        ("(a | upper)", "expected `)`"),
        ("a | default: b | upper c", 'unexpected token `Ident("c")` in expression'),
    ],
)
def test_malformed_expressions_are_refused(source: str, message: str) -> None:
    assert refused(source) == message


def test_parentheses_nest_only_so_deep() -> None:
    assert shown("(" * 49 + "1" + ")" * 49) == "1"
    assert refused("(" * 10_000 + "1") == "expression is nested too deeply (50 levels)"
