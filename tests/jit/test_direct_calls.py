"""Calls of functions that are translated for just these arguments: what their callers rely on, and what if it is wrong."""

from __future__ import annotations

import pytest
from test_recovery import SETTINGS, in_tier

# By what happens: calls that have made callers rely on the kind of a result, or an argument, and then another kind.
PROGRAMS = {
    "a result becomes a bool, in a loop": """
fn f(xs, i) { return xs[i] + 0 }
fn g(xs) {
  var sum = 0
  for i in range(60) { sum = sum + f(xs, i % 3) }
  return sum
}
println(g([1, 2, 3]))
println(g([1, 2, 3]))
println(try { g([1, 2, [4]]) } catch (e) { e })
println(try { g([1, 0.5, 3]) } catch (e) { e })
println(g([1, 2, 3]))
""",
    "a result is a bool by way of the interpreter": """
fn f(x, way) {
  let y = way + 1
  if y == 2 { return x }
  return x + y
}
fn h(x) { return f(2, 5) * f(x, 1) }
for i in range(60) { h(i) }
println(try { h(true) } catch (e) { e })
println(try { h("ab") } catch (e) { e })
println(h(3))
""",
    "a recursive function that is given something else": """
fn fib(n) {
  if n < 2 { return n }
  return fib(n - 1) + fib(n - 2)
}
println(fib(12))
println(fib(7.5))
println(try { fib(true) } catch (e) { e })
println(try { fib("a") } catch (e) { e })
println(fib(11))
""",
    "the recursion itself changes the kind": """
fn f(n, x) {
  if n == 0 { return x }
  let y = f(n - 1, n == 5 ? "s" : x)
  println(y)
  return y + x
}
for i in range(40) { f(4, i) }
println(try { f(9, 3) } catch (e) { e })
println(try { f(9, "t") } catch (e) { e })
""",
    "functions that call each other": """
fn even(n) {
  if n == 0 { return true }
  let rest = odd(n - 1)
  return rest
}
fn odd(n) {
  if n == 0 { return false }
  let rest = even(n - 1)
  return rest
}
for i in range(60) { even(i) }
println(even(81), odd(81), even(80))
println(try { even("x") } catch (e) { e })
""",
    "a finally on the way of a result of another kind": """
fn value(xs, i) {
  let found = xs[i]
  if found == nil { return found }
  return found * 2
}
fn f(xs, i) {
  try {
    let doubled = value(xs, i)
    return doubled + 1
  } catch (e) {
    println("caught ", e)
    return -1
  } finally {
    println("finally ", i)
  }
}
for i in range(60) { f([1, 2, 3], i % 3) }
println(f([1, 2, nil], 2))
println(f([1, 2, "x"], 2))
println(f([1, 2, true], 2))
println(f([1, 2, 3], 1))
""",
    "in the middle of an expression": """
fn g(x) { println("g ", x)
  return x }
fn f(x) {
  let y = -x
  return x == 3 ? "three" : y
}
fn h(x) { return [g(1), f(x) + g(2), g(3)] }
for i in range(3) { h(1) }
for i in range(60) { f(1) }
println(try { h(3) } catch (e) { e })
println(try { h(false) } catch (e) { e })
println(h(5))
""",
    "a captured variable that changes": """
var total = 0
fn add(n) {
  total = total + n
  return total
}
for i in range(60) { add(i) }
println(add(1))
total = "text "
println(try { add(1) } catch (e) { e })
println(total + "x")
""",
    "another closure of the same function": """
fn adder(amount) {
  fn add(x, n) { if n == 0 { return x + amount }
    let y = add(x, n - 1)
    return y + amount }
  return add
}
let one = adder(1)
let half = adder(0.5)
let text = adder("a")
for i in range(60) { one(i, 3) }
println(one(1, 4), " ", half(1, 4))
println(try { text(1, 4) } catch (e) { e })
println(text("b", 2))
println(one(1, 3))
""",
    "wrong guesses in a loop that goes on": """
fn at(xs, i) { return xs[i] }
fn sum(xs, n) {
  var found = 0
  for i in range(n) { found = found + (at(xs, i % 5) ?? 100) }
  return found
}
println(sum([7, 8, 9, 1, 2], 100))
println(sum([7, 8, 9], 300))
println(sum([7, 8, 0.5], 300))
println(try { sum([7, 8, "x"], 300) } catch (e) { e })
println(sum([7, 8, 9, 1, 2], 100))
""",
    "functions that end in calls of each other, deeper than any stack": """
fn even(n) {
  if n == 0 { return "even" }
  return odd(n - 1)
}
fn odd(n) {
  if n == 0 { return "odd" }
  return even(n - 1)
}
fn ask(n) { return even(n) }
for i in range(60) { ask(i) }
println(ask(100000), ask(100001))
println(try { ask("x") } catch (e) { e })
println(ask(7.0))
""",
    "tail calls that change what they pass": """
fn a(n, x) {
  if n == 0 { return x }
  return b(n - 1, n == 70 ? [x] : x)
}
fn b(n, x) {
  if n == 0 { return x + 1 }
  return c(n - 1, x)
}
fn c(n, x) { return n < 0 ? x : a(n, x * 2) }
for i in range(60) { a(i, 1) }
println(a(60, 1), a(61, 1), a(61, 0.5))
println(try { a(90, 1) } catch (e) { e })
println(try { b(91, true) } catch (e) { e })
""",
    "tail calls of closures, and under a finally": """
fn run(f, n) {
  if n == 0 { return f(n) }
  return again(f, n - 1)
}
fn again(f, n) {
  try { return run(f, n) } finally { if n > 38 { println("left ", n) } }
}
for i in range(40) { run({ x -> x + i }, i) }
println(run({ x -> [x] }, 40))
println(try { run(3, 3) } catch (e) { e })
""",
    "with too few and too many arguments": """
fn f(a, b = 3) { return [a, b] }
fn g(x) { return [f(x), f(x, 1), f(x, 1, 2), f()] }
for i in range(60) { g(i) }
println(g("x"))
""",
    "a parameter is changed": """
fn f(n, xs) {
  var m = n
  var ys = xs
  ys = ys + [m]
  m = m / 2
  if m > 0 {
    let inner = f(m, ys)
    return inner + ys
  }
  return ys
}
let own = [0]
for i in range(60) { f(i, own) }
println(f(9, own), own)
println(try { f("x", own) } catch (e) { e })
""",
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_callers_that_know_whom_they_call_behave_as_in_the_interpreter(name: str, setting: str) -> None:
    in_tier(PROGRAMS[name], setting)


UNCAUGHT = {
    "in a recursion": """
fn f(n) {
  if n == 0 { return [] }
  return f(n - 1) + 1
}
for i in range(60) { try { f(0) } }
f(5)
""",
    "behind a result of another kind": """
fn f(x) { return x + 0 }
fn g(x) {
  let y = f(x)
  return y * 2
}
fn h(x) { return g(x) + 1 }
for i in range(60) { h(i) }
h("a")
""",
    "behind tail calls": """
fn f(n) {
  if n == 0 { throw "end" }
  return g(n - 1)
}
fn g(n) {
  if n == 0 { return n.x.y + 1 }
  return f(n - 1)
}
fn h(n) { return 1 + f(n) }
for i in range(60) { try { h(2 * i) } }
h(150)
""",
    "without end": """
fn f(n) { return 1 + f(n + 1) }
f(0)
""",
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", UNCAUGHT)
def test_an_error_has_the_same_text_place_and_trace(name: str, setting: str) -> None:
    outcome, _ = in_tier(UNCAUGHT[name], setting)
    assert outcome.report.startswith("error: ")


def test_a_recursive_function_calls_itself_without_tests() -> None:
    source = "fn fib(n) {\n  if n < 2 { return n }\n  return fib(n - 1) + fib(n - 2)\n}\nfn run() { return fib(15) }\n"
    _, tier = in_tier(source + "for i in range(60) { run() }", "auto")
    directs = [each for made in tier._directs.values() for each in made if each.function.name == "fib"]
    assert directs
    assert all("bad" not in line.text for each in directs for line in each.scope["unit"].lines)


def test_whoever_calls_what_is_out_of_use_finds_what_came_after() -> None:
    # The loop runs through many wrong guesses of what it calls, which is translated anew more than once meanwhile.
    source = """
fn at(xs, i) { return xs[i] }
fn walk(xs) {
  var found = []
  for i in range(400) { found = found + [at(xs, i % 7)] }
  return found
}
println(walk([1, 2, 3, 4, 5, 6, 7]).count)
println(walk([1, 2, 3]).count)
"""
    _, tier = in_tier(source, "auto")
    directs = [each for made in tier._directs.values() for each in made if each.function.name == "at"]
    assert [each for each in directs if not each.retired]
