"""Declarations, statements, patterns and types: chapter 01, sections 4 and 5.1 to 5.7."""

from __future__ import annotations

import pytest
from syntax_outline import error, errors, expression, outlines, parse

A = "Param(a, None, None, False)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('import "std/x"', "Import(std/x)"),
        ('import {a, b c,} from "x"', "ImportNames(<a b c>, x)"),
        ('import {a as b} from "x"', "ImportNames(<a as b>, x)"),
        ("pipeline p() { }", "Pipeline(p, <>, None, None, <>, False)"),
        ("pub pipeline p(a, b,) -> int extends q { 1 }", "Pipeline(p, <a b>, int, q, <1>, True)"),
        ("override f(a) { a }", "Override(f, <a>, <a>)"),
        ("fn f() {}", "Fn(f, <>, <>, None, <>, <>, False)"),
        (
            "pub fn f<T, in U, out V>(a: T, b: int = 2, ...c: list<V>) -> U where T: X, U: Y, { a }",
            "Fn(f, <TypeParam(T, '') TypeParam(U, in) TypeParam(V, out)>, "
            "<Param(a, T, None, False) Param(b, int, 2, False) Param(c, ListType(V), None, True)>, "
            "U, <WhereBound(T, X) WhereBound(U, Y)>, <a>, True)",
        ),
        ("fn f() where { }", "Fn(f, <>, <>, None, <>, <>, False)"),
        ("fn f<out>() { }", "Fn(f, <TypeParam(out, '')>, <>, None, <>, <>, False)"),
        (
            "fn f(a = 1, ...b) { }",
            "Fn(f, <>, <Param(a, None, 1, False) Param(b, None, None, True)>, None, <>, <>, False)",
        ),
        ('tool t(a) -> int { description "d"\n a }', f"Tool(t, d, <{A}>, int, <a>, False)"),
        ('pub tool t() {\n\n description\n "d"\n}', "Tool(t, d, <>, None, <>, True)"),
        ("tool t() { description }", "Tool(t, None, <>, None, <description>, False)"),
        (
            "pub struct S<T> {\n a: int, b?: T\n c\n d? }",
            "Struct(S, <TypeParam(T, '')>, <StructField(a, int, False) StructField(b, T, True) "
            "StructField(c, None, False) StructField(d, None, True)>, True)",
        ),
        (
            "enum E { A, B(a) C\n D }",
            f"Enum(E, <>, <Variant(A, <>) Variant(B, <{A}>) Variant(C, <>) Variant(D, <>)>, False)",
        ),
        (
            "interface I<T> {\n type X\n type Y = int\n fn f(a) -> T\n fn g<U>()\n}",
            "Interface(I, <TypeParam(T, '')>, <AssociatedType(X, None) AssociatedType(Y, int)>, "
            f"<InterfaceMethod(f, <>, <{A}>, T) InterfaceMethod(g, <TypeParam(U, '')>, <>, None)>)",
        ),
        (
            "impl S {\n pub fn f(a) {}\n fn g() {} }",
            f"Impl(S, <Fn(f, <>, <{A}>, None, <>, <>, True) Fn(g, <>, <>, None, <>, <>, False)>)",
        ),
        (
            '@test\n@deprecated(since: "1", -2, x) pub fn f() {}',
            "Attributed(<Attribute(test, <>) Attribute(deprecated, <AttributeArg(since, '1') AttributeArg(None, -2) "
            "AttributeArg(None, x)>)>, Fn(f, <>, <>, None, <>, <>, True))",
        ),
        (
            '@a(1.5, r"x", true, nil,) pipeline p() {}',
            "Attributed(<Attribute(a, <AttributeArg(None, 1.5) AttributeArg(None, RawStr(x)) AttributeArg(None, True) AttributeArg(None, nil)>)>, Pipeline(p, <>, None, None, <>, False))",
        ),
    ],
)
def test_declarations(text: str, expected: str) -> None:
    assert expression(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("let x: int = 1", "Let(x, int, 1, False)"),
        ("var x = 1", "Let(x, None, 1, True)"),
        (
            "let {a, b: c, d = 1, e: f = 2, ...g} = h",
            "Let(DictPattern(<DictPatternField(a, None, None, False) DictPatternField(b, c, None, False) "
            "DictPatternField(d, None, 1, False) DictPatternField(e, f, 2, False) DictPatternField(g, None, None, True)>), None, h, False)",
        ),
        (
            "var [a, b = 1, ...c] = d",
            "Let(ListPattern(<ListPatternElement(a, None, False) ListPatternElement(b, 1, False) ListPatternElement(c, None, True)>), None, d, True)",
        ),
        ("for x in xs { y }", "For(x, xs, <y>)"),
        ("for (a, b) in d { }", "For(PairPattern(a, b), d, <>)"),
        ("for {a} in d { }", "For(DictPattern(<DictPatternField(a, None, None, False)>), d, <>)"),
        ("for [a] in d { }", "For(ListPattern(<ListPatternElement(a, None, False)>), d, <>)"),
        ("while (a) && (b) { break continue }", "While((a && b), <Break() Continue()>)"),
        ("throw x", "Throw(x)"),
        ("guard a else { return }", "Guard(a, <Return(None)>)"),
        ('require a, "m"', "Require(a, 'm')"),
        ("require a", "Require(a, None)"),
        ("mutex { a }", "Mutex(<a>)"),
        ("defer { a }", "Defer(<a>)"),
        ("a = 1", "Assign(a, 1, None)"),
        ("a.b[0] += 1", "Assign(Index(Prop(a, b, False), 0), 1, +)"),
        ("a.b -= 1", "Assign(Prop(a, b, False), 1, -)"),
        ("a *= 1", "Assign(a, 1, *)"),
        ("a /= 1", "Assign(a, 1, /)"),
        ("a %= 1", "Assign(a, 1, %)"),
        ("if a { b } else if c { d } else { e }", "If(a, <b>, <If(c, <d>, <e>)>)"),
        ("guard if a { b } else { c } else { d }", "Guard(If(a, <b>, <c>), <d>)"),
        (
            "match a { 1 -> { b } _ if c -> { d } {} -> {} [] -> {} }",
            "Match(a, <MatchArm(1, None, <b>) MatchArm(_, c, <d>) MatchArm({}, None, <>) MatchArm([], None, <>)>)",
        ),
        ("try { a }", "TryExpr(<a>)"),
        ("try { a } catch { b }", "TryCatch(<a>, True, None, None, <b>, None)"),
        ("try { a } catch e { b }", "TryCatch(<a>, True, e, None, <b>, None)"),
        ("try { a } catch (e) { }", "TryCatch(<a>, True, e, None, <>, None)"),
        ("try { a } catch (e: T) { b } finally { c }", "TryCatch(<a>, True, e, T, <b>, <c>)"),
        ("try { a } finally { c }", "TryCatch(<a>, False, None, None, <>, <c>)"),
        ("parallel 3 { i -> i }", "Parallel(count, 3, i, <>, <i>)"),
        ("parallel each xs { f() }", "Parallel(each, xs, None, <>, <f()>)"),
        (
            "parallel settle xs with { max_concurrent: 2, } { x -> x }",
            "Parallel(settle, xs, x, <<max_concurrent 2>>, <x>)",
        ),
        (
            "select {\n a from b { 1 }\n c from d.e { 2 }\n timeout 5s { 3 } }",
            "Select(<SelectCase(a, b, <1>) SelectCase(c, Prop(d, e, False), <2>)>, <DurationLit(5000) <3>>, None)",
        ),
        ("select { default { 1 } default { 2 } }", "Select(<>, None, <2>)"),
        (
            "let each = timeout + default + settle + not + description + with + where + out",
            "Let(each, None, (((((((timeout + default) + settle) + not) + description) + with) + where) + out), False)",
        ),
    ],
)
def test_statements(text: str, expected: str) -> None:
    assert expression(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int", "int"),
        ("A | B | nil", "UnionType(<A B nil>)"),
        ("A |\n B", "UnionType(<A B>)"),
        ("fn(int, string) -> int | nil", "FnType(<int string>, UnionType(<int nil>))"),
        ("list<int>", "ListType(int)"),
        ("list<int, int>", "AppliedType(list, <int int>)"),
        ("dict<string, list<list<int>>>", "DictType(string, ListType(ListType(int)))"),
        ("iter<int>", "IterType(int)"),
        ("Iter<int>", "IterType(int)"),
        ("Box<int>", "AppliedType(Box, <int>)"),
        ("never", "NeverType()"),
        ("true | false", "UnionType(<bool bool>)"),
        ('"a" | r"b" | 1 | -1', "UnionType(<LitStringType(a) LitStringType(b) LitIntType(1) LitIntType(-1)>)"),
        (
            "{a: int, b?: string\n c: fn() -> int}",
            "ShapeType(<ShapeField(a, int, False) ShapeField(b, string, True) ShapeField(c, FnType(<>, int), False)>)",
        ),
    ],
)
def test_types(text: str, expected: str) -> None:
    assert expression(f"type T = {text}") == f"TypeAlias_(T, <>, {expected})"


def test_a_closing_angle_and_an_equals_sign_may_touch() -> None:
    assert expression("let x: list<int>= y") == "Let(x, ListType(int), y, False)"
    assert expression("fn f(a: list<list<int>>= []) {}").startswith(
        "Fn(f, <>, <Param(a, ListType(ListType(int)), [], False)>"
    )
    assert expression("type T<A>= A") == "TypeAlias_(T, <TypeParam(A, '')>, A)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "fn f(a = 1, b) {}",
            "Expected Required parameter cannot follow a parameter with a default value, got ) at 1:14",
        ),
        ("fn f(...a, b) {}", "Expected Rest parameter must be the last parameter, got , at 1:10"),
        ("{ ...a, b -> 1 }", "Expected Rest parameter must be the last parameter, got , at 1:7"),
        ("let {...a, b} = c", "Expected }, got , at 1:10"),
        ("let [...a,] = c", "Expected ], got , at 1:10"),
        ("let {a}: int = b", "Expected =, got : at 1:8"),
        ("fn f() foo {}", "Expected {, got id(foo) at 1:8"),
        ("f() = 1", "Expected expression, got = at 1:5"),
        ("a?.b = 1", "Expected expression, got = at 1:6"),
        ("a[1:2] = 1", "Expected expression, got = at 1:8"),
        ("a + b = 1", "Expected expression, got = at 1:7"),
        ("a = b = 1", "Expected expression, got = at 1:7"),
        ("select { }\nx", "Expected at least one select case, got \\n at 1:11"),
        (
            "select { timeout 1s { } default { } } x",
            "Expected select cannot have both timeout and default, got id(x) at 1:39",
        ),
        (
            "parallel x with { k: 1 } { }",
            "Expected known option (only `max_concurrent` is supported in `parallel ... with { ... }`; got `k`), got k at 1:19",
        ),
        (
            'parallel x with { "k": 1 } { }',
            "Expected option name in `parallel ... with { ... }` block, got str(k) at 1:19",
        ),
        (
            "@a let x = 1",
            "Expected fn/tool/pipeline/struct/enum/type/interface/impl declaration after `@attr`, got non-declaration statement at 1:4",
        ),
        (
            "@a(1)\nfoo()",
            "Expected fn/tool/pipeline/struct/enum/type/interface/impl declaration after `@attr`, got non-declaration statement at 2:1",
        ),
        ("{x}", "Expected :, got } at 1:3"),
        ("{1: 2}", "Expected dict key, got int(1) at 1:2"),
        ('{"a${b}": 1}', "Expected dict key, got istr(...) at 1:2"),
        ('{r"a": 1}', "Expected dict key, got rstr(a) at 1:2"),
        ("{ (a, b) -> a }", "Expected parameter name, got ( at 1:3"),
        ("match a { 1 -> {}, 2 -> {} }", "Expected expression, got , at 1:18"),
    ],
)
def test_what_the_grammar_takes_and_harn_does_not(text: str, message: str) -> None:
    assert errors(text)[0] == message


@pytest.mark.parametrize("declaration", ["pipeline p() {}", 'import "x"'])
def test_pipelines_and_imports_stand_at_top_level_only(declaration: str) -> None:
    word = declaration.split()[0]
    assert error(f"fn f() {{ {declaration} }}") == f"Expected expression, got {word} at 1:10"
    assert len(parse(declaration)) == 1


@pytest.mark.parametrize("prefix", ["pub", "@a"])
def test_prefixed_pipelines_stand_at_top_level_only(prefix: str) -> None:
    assert len(parse(f"{prefix} pipeline p() {{ }}")) == 1
    assert errors(f"fn f() {{ {prefix} pipeline p() {{ }} }}")[0].endswith("got pipeline at 1:" + str(11 + len(prefix)))


def test_a_stray_brace_at_top_level_is_an_error() -> None:
    assert error("a\n}\nb") == "Expected expression, got } at 2:1"


@pytest.mark.parametrize("word", ["type T = int", "interface I { }", "impl T { }", "let x = 1", 'import "x"'])
def test_pub_precedes_five_declarations_only(word: str) -> None:
    assert (
        errors(f"pub {word}")[0]
        == f"Expected fn, tool, struct, enum, or pipeline after pub, got {word.split()[0]} at 1:5"
    )


def test_declarations_start_behind_pub_and_attributed_ones_at_the_first_attribute() -> None:
    (item,) = parse("\n @a\n pub fn f() {}")
    assert item.span[2:4] == (2, 2)
    assert item.inner.span[2:4] == (3, 6)


def test_an_empty_program_has_no_items() -> None:
    for text in ("", "\n\n", "// x", "/* */\n", ";"):
        assert outlines(text) == []
