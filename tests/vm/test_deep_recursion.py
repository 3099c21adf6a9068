"""Depth: ten thousand nested calls in any form, overflow as an ordinary error, source nested thousands deep."""

from __future__ import annotations

import pytest
from support import make_test_runtime, run_source

from harnpy.bytecode.errors import CompileError
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.vm.errors import ExitProgram

# Each program defines f(n), which recurses n times.
RECURSIONS = {
    "calls": "fn f(n) { if n == 0 { return 0 }\nlet r = f(n - 1)\nreturn r + 1 }",
    "operands": "fn f(n) { if n == 0 { return 0 }\nreturn 1 + f(n - 1) }",
    "closures": "let f = { n -> n == 0 ? 0 : 1 + f(n - 1) }",
    "methods": (
        "struct S { x: int }\nimpl S { fn m(self, n) { if n == 0 { return 0 }\nreturn 1 + self.m(n - 1) } }\n"
        "fn f(n) { return S {x: 1}.m(n) }"
    ),
    "mutual": "fn f(n) { if n == 0 { return 0 }\nreturn 1 + g(n - 1) }\nfn g(n) { if n == 0 { return 0 }\nreturn 1 + f(n - 1) }",
    "map": "fn f(n) { if n == 0 { return 0 }\nlet r = [n].map({ x -> f(x - 1) })\nreturn r[0] + 1 }",
    "reduce": "fn f(n) { if n == 0 { return 0 }\nreturn [1].reduce(1, { a, x -> a + f(n - 1) }) }",
    "sort_by": "fn f(n) { if n == 0 { return 0 }\nlet r = [n].sort_by({ x -> f(x - 1) })\nreturn r[0] }",
    "a lazy chain": "fn f(n) { if n == 0 { return 0 }\nlet r = iter([n]).map({ x -> f(x - 1) }).to_list()\nreturn r[0] + 1 }",
    "pipes": "fn f(n) { if n == 0 { return 0 }\nlet r = n - 1 |> f\nreturn r + 1 }",
    "spreads": "fn f(n) { if n == 0 { return 0 }\nlet r = f(...[n - 1])\nreturn r + 1 }",
    "defaults": "fn f(n, r = n == 0 ? 0 : 1 + f(n - 1)) { return r }",
    "try": "fn f(n) { if n == 0 { return 0 }\nlet r = try { f(n - 1) } catch (e) { throw e }\nreturn r + 1 }",
    "finally": "fn f(n) { if n == 0 { return 0 }\ntry { return 1 + f(n - 1) } finally { let x = 1 } }",
    "catch bodies": "fn f(n) { if n == 0 { return 0 }\nreturn try { throw 1 } catch (e) { 1 + f(n - 1) } }",
    "defer": "fn f(n) { if n > 0 { defer { f(n - 1) } }\nreturn n }",
    "loops": "fn f(n) { var r = 0\nfor i in 1 to n { return 1 + f(n - 1) }\nreturn r }",
    "dict fields": "fn f(n) { if n == 0 { return 0 }\nlet d = {g: { x -> f(x - 1) }}\nlet r = d.g(n)\nreturn r + 1 }",
    "generators": "fn g(n) { if n > 0 { for x in g(n - 1) { yield x } } else { yield 1 } }\nfn f(n) { for x in g(n) { return x } }",
}


@pytest.mark.parametrize("form", RECURSIONS)
def test_recursion_goes_deep(form):
    # A callback between two frames counts as a frame of its own.
    depth = 4_500 if form in ("map", "reduce", "sort_by", "a lazy chain", "dict fields", "defer") else 10_000
    assert run_source(f'{RECURSIONS[form]}\nf({depth})\nprintln("came back")') == "came back\n"


@pytest.mark.parametrize("form", RECURSIONS)
def test_recursion_without_end_is_an_ordinary_error(form):
    source = f'{RECURSIONS[form]}\nprintln(try {{ f(1000000000) }} catch (e) {{ e }})\nprintln("went on")'
    assert run_source(source) == "Stack overflow: too many nested calls\nwent on\n"


@pytest.mark.parametrize("form", ["calls", "map", "defer", "generators"])
def test_recursion_in_a_task_is_as_deep_and_as_bounded(form):
    source = f"""{RECURSIONS[form]}
let fine = spawn {{ f(4000)
  "came back" }}
let endless = spawn {{ f(1000000000) }}
let settled = parallel settle [1] {{ x -> f(1000000000) }}
println([await(fine), try {{ await(endless) }} catch (e) {{ e }}])
println(settled.failed)
"""
    assert run_source(source) == "[came back, Stack overflow: too many nested calls]\n1\n"


def test_overflow_runs_the_cleanup_of_every_frame():
    source = """
let count = atomic(0)
fn f() { defer { atomic_add(count, 1) }
  f() }
try { f() } catch (e) { println(e) }
println(atomic_get(count) > 10000)
"""
    assert run_source(source) == "Stack overflow: too many nested calls\ntrue\n"


@pytest.mark.parametrize(
    "body", ["return f(n - 1)", "return n - 1 |> f", "return f(...[n - 1])", "if true { return f(n - 1) }"]
)
def test_tail_calls_need_no_stack(body):
    assert run_source(f'fn f(n) {{ if n == 0 {{ return "done" }}\n{body} }}\nprintln(f(60000))') == "done\n"


def test_mutual_tail_calls_need_no_stack():
    source = "fn even(n) { if n == 0 { return true }\nreturn odd(n - 1) }\nfn odd(n) { if n == 0 { return false }\nreturn even(n - 1) }"
    assert run_source(source + "\nprintln(even(50001))") == "false\n"


def test_a_tail_call_in_try_is_caught_by_that_try():
    assert (
        run_source('fn bad() { throw 1 }\nfn f() { try { return bad() } catch (e) { return "caught" } }\nprintln(f())')
        == "caught\n"
    )


DEEP = 5_000
NESTED = {
    "brackets": "println(" + "(" * DEEP + "1" + ")" * DEEP + ")",
    "lists": "println(len(" + "[" * DEEP + "]" * DEEP + "))",
    "dicts": "let d = " + "{a: " * DEEP + "1" + "}" * DEEP + "\nprintln(len(d))",
    "not": "println(" + "!" * DEEP + "true)",
    "minus": "println(" + "-(" * DEEP + "1" + ")" * DEEP + ")",
    "ifs": "if true { " * DEEP + "println(1)" + " }" * DEEP,
    "while": "while true { " * DEEP + "println(1)\nexit(0)" + " }" * DEEP,
    "for": "for i in [1] { " * DEEP + "println(1)" + " }" * DEEP,
    "try": "try { " * DEEP + "println(1)" + " } catch { }" * DEEP,
    "finally": "try { " * DEEP + "println(1)" + " } finally { }" * DEEP,
    "closures": "let f = " + "{ -> " * DEEP + "1" + " }" * DEEP + "\nprintln(1)",
    "functions": "fn f() { " * DEEP + "println(1)" + " }" * DEEP,
    "calls": "println(" + "len([" * DEEP + "1" + "])" * DEEP + ")",
    "ternaries": "println(" + "true ? (" * DEEP + "1" + ") : 2" * DEEP + ")",
    "match": "match 1 { _ -> { " * DEEP + "println(1)" + " } }" * DEEP,
    "interpolations": 'println("' + '${"' * 50 + "1" + '"}' * 50 + '")',
    "right-hand powers": "println(" + "1 ** " * DEEP + "1)",
    "right-hand coalescing": "println(" + "nil ?? (" * DEEP + "1" + ")" * DEEP + ")",
    "deadlines": "deadline 1h { " * DEEP + "println(1)" + " }" * DEEP,
    "parallel": "parallel 1 { " * 50 + "println(1)" + " }" * 50,
}


@pytest.mark.parametrize("form", NESTED)
def test_source_nested_thousands_deep_runs_or_is_refused_with_a_diagnostic(form):
    runtime = make_test_runtime()
    try:
        runtime.run(runtime.compile(NESTED[form], "deep.harn", use_cache=False))
    except (HarnSyntaxError, CompileError) as error:
        assert "deep.harn" in str(error.path)
        return
    except ExitProgram:
        pass
    finally:
        runtime.close()
    assert len(runtime.world.output) > 0 or form == "functions"


LONG = 20_000
CHAINS = {
    "else if": ("var x = 0\nif x == 1 { }" + " else if x == 2 { }" * LONG + ' else { println("last") }', "last\n"),
    "sum": ("println(0" + " + 1" * LONG + ")", f"{LONG}\n"),
    "text": ('println(len("a"' + ' + "b"' * LONG + "))", f"{LONG + 1}\n"),
    "and": ("println(true" + " && true" * LONG + ")", "true\n"),
    "or": ("println(false" + " || false" * LONG + ")", "false\n"),
    "coalescing": ("println(nil" + " ?? nil" * LONG + ")", "nil\n"),
    "pipes": ("fn f(x) { return x + 1 }\nprintln(0" + " |> f" * LONG + ")", f"{LONG}\n"),
    "methods": ('println("a"' + ".trim()" * LONG + ")", "a\n"),
    "properties": ("var d = {a: 1}\nd.a = d\nprintln(d" + "?.b" * LONG + ")", "nil\n"),
    "statements": ("var x = 0\n" + "x = x + 1\n" * 5000 + "println(x)", "5000\n"),
    "list": ("println(len([" + "1, " * LONG + "]))", f"{LONG}\n"),
    "dict": ("println(len({" + ", ".join(f"k{i}: {i}" for i in range(LONG)) + "}))", f"{LONG}\n"),
    "arguments": ("fn f(...xs) { return len(xs) }\nprintln(f(" + "1, " * LONG + "2))", f"{LONG + 1}\n"),
    "match arms": (
        "println(match 7 { " + "\n".join(f"-{i} -> {{ {i} }}" for i in range(1, 5000)) + '\n_ -> { "none" } })',
        "none\n",
    ),
    "interpolation": ('println(len("' + "${1}" * LONG + '"))', f"{LONG}\n"),
}


@pytest.mark.parametrize("form", CHAINS)
def test_long_chains_run(form):
    source, expected = CHAINS[form]
    assert run_source(source) == expected
