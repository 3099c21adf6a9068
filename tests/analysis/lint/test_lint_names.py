"""The rules about names: what counts as a declaration, what as a use, what is said, and how it is mended."""

from __future__ import annotations

import pytest
from linting import fixed, found, lint, places, texts

# --- unused-variable --------------------------------------------------------------------------------------------------


def test_an_unused_variable_is_named_at_its_binding():
    source = "fn f() {\n  let total = 1\n}\nf()"
    assert places(source, "unused-variable") == [(2, 3)]
    assert texts(source, "unused-variable") == [
        ("variable `total` is declared but never used", "prefix with underscore: `_total`")
    ]
    (finding,) = found(source, "unused-variable")
    assert (finding.severity, finding.label) == ("warning", "lint[unused-variable]")
    assert source[finding.span.start : finding.span.end] == "let total = 1"


@pytest.mark.parametrize(
    "source",
    [
        "let _x = 1",
        "let _ = 1",
        "let x = 1\nlog(x)",
        "let x = 1\nlog(x.y[0])",
        'let x = 1\nlog("a ${x.y + 1}")',
        'let x = 1\nlog("${f("in ${x}")}")',
        "var x = 1\nx = 2",
        "var x = {}\nx.a = 2",
        "let x = 1\nfn f() { let y = x }",
        "let x = 1\n{ x -> x }",
        "let x = 1\nmatch 1 { x -> { 1 } }",
        "let x = 1\nfor x in xs { }",
        "let x = 1\ntry { f() } catch (x) { }",
        "let x = 1\nparallel 3 { x -> 1 }",
        "let x = 1\npipeline p(x) { }",
        'let x = { s -> s }\nlog("a" |> "x")',
        "let x = 1\npipeline p(task) { override q() { log(x) } }",
        "for x in xs { }",
        "try { f() } catch (x) { }",
    ],
)
def test_a_variable_counts_as_used(source):
    assert "x" not in [each.message.split("`")[1] for each in found(source, "unused-variable")]


@pytest.mark.parametrize(
    "source",
    [
        "let x = 1\nlog(a.x)",
        "let x = 1\nlog(a.x())",
        "let x = 1\nlog({x: 1})",
        'let x = 1\nlog("x")',
        "let x = 1\nf(x: 1)",
        "fn f() {\n  let x = 1\n  return 1\n  log(x)\n}",
    ],
)
def test_properties_methods_keys_texts_and_dead_code_are_no_uses(source):
    assert "variable `x` is declared but never used" in [each.message for each in found(source, "unused-variable")]


def test_each_name_of_a_pattern_is_reported():
    source = "let {a, b: c, d = 1, ...e} = f()\nlet [g, h] = f()\nlog(h)"
    names = [each.message.split("`")[1] for each in found(source, "unused-variable")]
    assert names == ["a", "c", "d", "e", "g"]
    assert fixed(source, "unused-variable") == source


@pytest.mark.parametrize(
    "before, after",
    [
        ("let x = 1", "let _x = 1"),
        ("var   x: int = 1", "var   _x: int = 1"),
        ("let x = 1\nlet _x = 2", "let x = 1\nlet _x = 2"),
        ("let x = 1\nlog(_x)", "let x = 1\nlog(_x)"),
        ("let \\\nx = 1", "let \\\nx = 1"),
        ("fn f() {\n  let x = 1\n  return 2\n  log(x)\n}", "fn f() {\n  let x = 1\n  return 2\n  log(x)\n}"),
    ],
)
def test_an_unused_variable_gets_an_underscore_where_that_is_safe(before, after):
    assert fixed(before, "unused-variable") == after


# --- unused-parameter -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, at",
    [
        ("fn f(a, b) { log(a) }", (1, 1)),
        ("pub fn f(a, b) { log(a) }", (1, 5)),
        ("tool f(a, b) { log(a) }", (1, 1)),
        ("let g = { a, b -> a }", (1, 9)),
        ("let g = fn(a, b) { a }", (1, 9)),
        ("impl S {\n  fn m(self, a, b) { log(self, a) }\n}", (2, 3)),
        ("fn f(a, ...b) { log(a) }", (1, 1)),
    ],
)
def test_an_unused_parameter_is_named_at_its_function(source, at):
    assert places(source, "unused-parameter") == [at]
    assert texts(source, "unused-parameter") == [
        ("parameter `b` is declared but never used", "prefix with underscore: `_b`")
    ]
    assert fixed(source, "unused-parameter") == source


@pytest.mark.parametrize(
    "source",
    [
        "fn f(_a) { }",
        "fn f(_) { }",
        "fn f(a, b = a) { log(b) }",
        'fn f(a) { log("${a}") }',
        "fn f(a) { { a -> a } }",
        "pipeline p(task) { }",
        "impl S { fn m(self) { }\nfn n(self) { self.a } }",
        "interface I { fn m(self, a) }",
        "enum E { V(a) }",
    ],
)
def test_a_parameter_needs_no_use(source):
    assert found(source, "unused-parameter") == []


def test_self_is_a_parameter_like_any_other():
    source = "impl S {\n  fn m(self) { }\n}"
    assert places(source, "unused-parameter") == [(2, 3)]
    assert texts(source, "unused-parameter") == [
        ("parameter `self` is declared but never used", "prefix with underscore: `_self`")
    ]


# --- unused-import ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before, after",
    [
        ('import { a } from "m"\nlog(1)', "log(1)"),
        ('import { a, b } from "m"\n\nlog(1)', "\nlog(1)"),
        ('import { a, b, c } from "m"\nlog(a, c)', 'import { a, c } from "m"\nlog(a, c)'),
        ('import { a, b, c } from "m"\nlog(a, b)', 'import { a, b } from "m"\nlog(a, b)'),
        ('import { a,b } from "m"\nlog(a)', 'import { a } from "m"\nlog(a)'),
        ('import { a,b } from "m"\nlog(b)', 'import { b } from "m"\nlog(b)'),
        ('import {\n  a,\n  b,\n} from "m"\nlog(a)', 'import {\n  a,\n  \n} from "m"\nlog(a)'),
        ('import { a, b, c, d } from "m"\nlog(b)', 'import { b, c } from "m"\nlog(b)'),
        ('import { from_a, a } from "a"\nlog(from_a)', 'import { from_a } from "a"\nlog(from_a)'),
        ('import { a } from "m"; log(1)', "log(1)"),
        ('import "py:json" as json\nlog(1)', "log(1)"),
        ('import { a } from "m" // why\nlog(1)', " // why\nlog(1)"),
        ('import { /* why */ a } from "m"\nlog(1)', 'import { /* why */ a } from "m"\nlog(1)'),
        ('import { a } from "m"\r\nlog(1)', "log(1)"),
    ],
)
def test_unused_names_are_taken_out_of_imports(before, after):
    assert fixed(before, "unused-import") == after


def test_each_unused_name_is_reported_at_the_import():
    source = 'log(b)\nimport { a, b, c } from "m"'
    assert places(source, "unused-import") == [(2, 1), (2, 1)]
    assert texts(source, "unused-import") == [
        ("imported name `a` is never used", "remove `a` from the import"),
        ("imported name `c` is never used", "remove `c` from the import"),
    ]


@pytest.mark.parametrize(
    "use",
    ["a()", "log(a)", 'log("${a(1)}")', "let x: a = 1", "fn f(x: list<a>) { }", "a {x: 1}", "a.V", "impl a { }"],
)
def test_an_imported_name_counts_as_used(use):
    assert found(f'import {{ a }} from "m"\n{use}', "unused-import") == []


def test_imports_of_everything_and_names_with_an_underscore_are_not_reported():
    assert found('import "m"\nimport "py:readline" as _readline', "unused-import") == []


# --- mutable-never-reassigned -----------------------------------------------------------------------------------------


def test_a_var_that_keeps_its_value_is_reported_and_becomes_a_let():
    source = "fn f() {\n  var n = 1\n  log(n)\n}"
    assert places(source, "mutable-never-reassigned") == [(2, 3)]
    assert texts(source, "mutable-never-reassigned") == [
        ("variable `n` is declared as `var` but never reassigned", "use `let` instead of `var`")
    ]
    assert fixed(source, "mutable-never-reassigned") == "fn f() {\n  let n = 1\n  log(n)\n}"


@pytest.mark.parametrize(
    "source",
    [
        "let n = 1",
        "var n = 1\nn = 2",
        "var n = 1\nn += 2",
        "var n = {}\nn.a = 2",
        "var n = {}\nn.a.b[0].c = 2",
        "var n = []\nn[0] = 2",
        "var n = 1\nlet f = { -> n = 2 }",
        'var n = 1\nlog("${xs.map({ x -> n = x })}")',
        "var {n, m} = f()\nm = 1",
        "var n = 1\npipeline p(t) { override q() { n = 2 } }",
    ],
)
def test_a_var_is_needed(source):
    assert found(source, "mutable-never-reassigned") == []


def test_all_names_of_a_pattern_share_one_edit():
    source = "var {a, b} = f()"
    assert len(found(source, "mutable-never-reassigned")) == 2
    assert fixed(source, "mutable-never-reassigned") == "let {a, b} = f()"


def test_a_var_that_dead_code_assigns_is_reported_but_left_alone():
    source = "fn f() {\n  var n = 1\n  return n\n  n = 2\n}"
    assert places(source, "mutable-never-reassigned") == [(2, 3)]
    assert fixed(source, "mutable-never-reassigned") == source


@pytest.mark.parametrize(
    "source, at",
    [
        ("var n = 1\nvar n = 2", [(1, 1), (2, 1)]),
        ("fn f(n) { var n = 2 }", [(1, 11)]),
        ("var n = 1\nlet n = 2", [(1, 1)]),
        ('import { n } from "m"\nvar n = 1', [(2, 1)]),
        ("fn n() { }\nvar n = 1", [(2, 1)]),
    ],
)
def test_a_var_that_let_could_not_replace_is_reported_but_left_alone(source, at):
    assert places(source, "mutable-never-reassigned") == at
    assert fixed(source, "mutable-never-reassigned") == source


# --- unused-function, unused-type -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, name, at",
    [
        ("fn f() { }", "f", (1, 1)),
        ("tool t(a) { log(a) }", "t", (1, 1)),
        ("pub fn g() {\n  fn f() { }\n}", "f", (2, 3)),
        ("fn f() { }\nlet f = 1", "f", (1, 1)),
        ("fn f() { }\nfor f in xs { }", "f", (1, 1)),
        ("@deprecated fn f() { }", "f", (1, 13)),
        ("@test fn f() { }", "f", (1, 7)),
        ("@acp_tool fn f() { }", "f", (1, 11)),
    ],
)
def test_an_unused_function_is_reported(source, name, at):
    assert places(source, "unused-function") == [at]
    assert texts(source, "unused-function") == [
        (
            f"function `{name}` is declared but never used",
            f"remove the function or prefix with underscore: `_{name}`",
        )
    ]


@pytest.mark.parametrize(
    "source",
    [
        "fn f() { }\nf()",
        "fn f() { f() }",
        "fn f() { }\nxs.map(f)",
        'fn f() { }\nlog("${f()}")',
        "pub fn f() { }",
        "fn _f() { }",
        "impl S { fn f(self) { } }",
        'fn f() { }\nlog(1 |> "f")',
        "fn f() { }\npipeline p(t) { override q() { f() } }",
    ],
)
def test_a_function_counts_as_used(source):
    assert found(source, "unused-function") == []


def test_a_function_that_another_file_imports_counts_as_used():
    assert found("fn f() { }", "unused-function", imported_elsewhere=frozenset({"f"})) == []


@pytest.mark.parametrize(
    "kind, body", [("struct", "{ x: int }"), ("enum", "{ A, B }"), ("interface", "{ fn m(self) }")]
)
def test_an_unused_type_is_reported(kind, body):
    source = f"log(1)\n{kind} Thing {body}\nlet y = 1"
    assert places(source, "unused-type") == [(2, 1)]
    assert texts(source, "unused-type") == [
        (
            f"{kind} `Thing` is declared but never referenced",
            f"remove the unused {kind} or reference `Thing` from a signature or constructor",
        )
    ]


@pytest.mark.parametrize(
    "use",
    [
        "fn f(a: T) { }",
        "fn f() -> list<T> { }",
        "fn f<A>(a: A) where A: T { }",
        "tool f(a: T | nil) -> int { }",
        "pipeline p(task) -> T { }",
        "struct S { a: dict<string, T> }",
        "enum E { V(a: T) }",
        "interface I { type Q = T }",
        "interface I { fn m(self, a: T) -> int }",
        "interface I { fn m(self) -> T }",
        "type A = {x: T}",
        "type A = fn(T) -> int",
        "impl T { }",
        "let x = T {a: 1}",
        "let x = T({a: 1})",
        "let x = T.A",
        "let x = T.A(1)",
        "let x: T = f()",
        "{ a: T -> a }",
        "try { f() } catch (e: T) { }",
        "match x { T.A -> { 1 } }",
        'log("${T.A}")',
    ],
)
def test_a_type_counts_as_used(use):
    assert "`T`" not in str(texts(f"struct T {{ a: int }}\n{use}", "unused-type"))


@pytest.mark.parametrize(("source", "kind"), [("pub struct T { a: int }", "struct"), ("pub enum T { A }", "enum")])
def test_pub_makes_no_use_of_a_type(source, kind):
    assert [message for message, _ in texts(source, "unused-type")] == [f"{kind} `T` is declared but never referenced"]


@pytest.mark.parametrize("source", ["struct _T { }", "type T = int"])
def test_a_type_needs_no_use(source):
    assert found(source, "unused-type") == []


def test_a_type_that_another_file_imports_is_reported_since_no_import_brings_it():
    assert places("struct T { a: int }", "unused-type", imported_elsewhere=frozenset({"T"})) == [(1, 1)]


# --- undefined-function -----------------------------------------------------------------------------------------------


def test_an_undefined_function_is_reported_where_it_is_called():
    source = "let y = [zzqqxx(1)]\nlog(y)"
    assert places(source, "undefined-function") == [(1, 10)]
    assert texts(source, "undefined-function") == [
        ("function `zzqqxx` is not defined", "check the spelling or import `zzqqxx`")
    ]


@pytest.mark.parametrize(
    "source, close",
    [
        ("asert(1)", "assert"),
        ("fn compute_total() { }\ncompute_totl()", "compute_total"),
        ("fn aaaab() { }\nfn aaaac() { }\naaaax()", "aaaab"),
        ("pipeline summarize(task) { }\nsumarize()", "summarize"),
        ('import { helper_one } from "m"\nhelper_on(helper_one)', "helper_one"),
    ],
)
def test_a_close_name_is_suggested(source, close):
    assert [each.help for each in found(source, "undefined-function")] == [f"did you mean `{close}`?"]


@pytest.mark.parametrize(
    "source",
    [
        "log(1)",
        "await(t)\ncancel(t)\ncancel_graceful(t)\nis_cancelled(t)",
        "Ok(1)\nErr(2)",
        "__host_thing()",
        "fn f() { g() }\nfn g() { f() }",
        "tool g() { }\ng()",
        "struct G { a: int }\nG({a: 1})",
        "enum G { A }\nG()",
        "pipeline g(task) { }\ng()",
        'import { g } from "m"\ng()',
        'import "m"\nanything()',
        'import "py:json" as g\ng()',
        "let g = { x -> x }\ng(1)",
        "fn f(g) { g() }",
        "for g in xs { g() }",
        "match x { g -> { g() } }",
        "select { g from ch { g() } }",
        "x.anything()",
        'log("${anything()}")',
    ],
)
def test_a_call_is_known(source):
    assert found(source, "undefined-function") == []


# --- shadow-variable --------------------------------------------------------------------------------------------------

REDECLARED = (
    "cannot redeclare immutable variable `x` in the same scope",
    "use `var x` for a mutable binding, or choose a different name",
)
SHADOWED = ("variable `x` shadows a variable in an outer scope", "consider renaming to avoid shadowing `x`")


@pytest.mark.parametrize(
    "source, expected",
    [
        ("let x = 1\nlet x = 2", [(2, 1, REDECLARED)]),
        ("fn f(x) { let x = 2 }", [(1, 11, REDECLARED)]),
        ("parallel 3 { x -> let x = 2 }", [(1, 19, REDECLARED)]),
        ("xs.map({ x -> let x = 2 })", [(1, 15, REDECLARED)]),
        ("for x in xs { let x = 2 }", [(1, 15, SHADOWED)]),
        ("for (x, y) in xs { let x = y }", [(1, 20, SHADOWED)]),
        ("try { f() } catch (x) { let x = 2 }", [(1, 25, SHADOWED)]),
        ("pipeline p(x) { let x = 2 }", [(1, 17, SHADOWED)]),
        ("select { x from ch { let x = 2 } }", [(1, 22, SHADOWED)]),
        ("let x = 1\nfn f() {\n  let x = 2\n  let x = 3\n}", [(3, 3, SHADOWED), (4, 3, REDECLARED), (4, 3, SHADOWED)]),
        ("let x = 1\nfn f(x) { }", [(2, 1, SHADOWED)]),
        ("fn f(x) { xs.map({ x -> x }) }", [(1, 18, SHADOWED)]),
        ("let x = 1\nif a { let x = 2 } else { var x = 3 }", [(2, 8, SHADOWED), (2, 27, SHADOWED)]),
        ("for x in xs { if x { let x = 2 } }", [(1, 22, SHADOWED)]),
        ("try { f() } catch (x) { if x { let x = 2 } }", [(1, 32, SHADOWED)]),
        ("parallel 3 { x -> { x -> 1 } }", [(1, 19, SHADOWED)]),
        ("pipeline p(x) { { x -> 1 } }", [(1, 17, SHADOWED)]),
        ("let x = 1\nlet {a, b: x} = f()", [(2, 1, REDECLARED)]),
        ("let x = 1\nmatch a { 1 -> { let x = 2 } }", [(2, 18, SHADOWED)]),
        ("let x = 1\nguard a else { let x = 2 }", [(2, 16, SHADOWED)]),
        ("let x = 1\nspawn { let x = 2 }", [(2, 9, SHADOWED)]),
        ("let x = 1\nselect { a from ch { let x = 2 } }", [(2, 22, SHADOWED)]),
        ("fn f() {\n  let x = 1\n  defer { let x = 2 }\n}", [(3, 11, REDECLARED)]),
        # nothing
        ("var x = 1\nvar x = 2", []),
        ("let x = 1\nvar x = 2", []),
        ("if a { let x = 1 } else { let x = 2 }", []),
        ("fn f() { let x = 1 }\nfn g() { let x = 2 }", []),
        ("fn x() { }\nfn f(x) { }", []),
        ("let x = 1\nfor x in xs { }", []),
        ("let x = xs.map({ x -> x })", []),
        ("let _ = 1\nlet _ = 2\nxs.map({ _ -> { _ -> 1 } })", []),
        ("{ x -> x }\nlet x = 1", []),
    ],
)
def test_shadowing(source, expected):
    assert [
        (each.span.line, each.span.column, (each.message, each.help)) for each in found(source, "shadow-variable")
    ] == expected


# --- together ---------------------------------------------------------------------------------------------------------


def test_rules_over_the_file_come_one_after_the_other_in_order_of_declaration():
    source = """
import { unused } from "m"
struct Unused { a: int }
fn f(p) { nope() }
var v = 1
let w = 2
"""
    rules = [each.code for each in lint(source)]
    assert [code for code in rules if code not in ("blank-line-between-items",)] == [
        *("unused-variable", "unused-variable", "unused-parameter", "unused-import", "mutable-never-reassigned"),
        *("unused-function", "unused-type", "undefined-function"),
    ]
