"""A wrong guess in translated code: the interpreter goes on in the middle, and nobody can tell by what the program does.

Every program here first runs with what the tier will guess, then with something else. What is printed before the guess is
printed once, which tells code that is run again from code that is gone on with.
"""

from __future__ import annotations

import pytest
from tiers import Outcome, compiled, run

from harnpy.jit.tier import JitTier

# The tier as it is, and translating so early that programs of a few rounds see both a guess and its end.
SETTINGS = {
    "eager": ("eager", {}),
    "at the third call": ("auto", {"hot": 3}),
    "auto": ("auto", {}),
}


def in_tier(source: str, setting: str, pulse: int = 0) -> tuple[Outcome, JitTier]:
    """What the program does when translated, after a check that it is what it does in the interpreter."""
    module = compiled(source)
    expected, _ = run(module, source, "off", pulse=pulse)
    tier, options = SETTINGS[setting]
    found, made = run(module, source, tier, options, pulse=pulse)
    assert not expected.defect, expected.defect
    assert found == expected, f"{source}\n--- interpreted\n{expected}\n--- translated\n{found}"
    return found, made


# Functions that are called with what they do not expect; `warm` stands for calls that make the tier expect it.
UNEXPECTED = {
    "factors of other kinds": """
fn f(a, b) { return a * b }
for i in 0 to 60 exclusive { f(2, 3) }
println(f(4, 5))
println(f(4.0, 0.5))
println(f(4, 0.5))
println(f("ab", 2))
println(try { f([1], 2) } catch (e) { e })
println(try { f(true, true) } catch (e) { e })
println(f(4, 5))
""",
    "lists compared behind a test of another kind": """
fn f(a, b, xs, ys, zs) { return xs == (a * b > 3 ? ys : zs) }
for i in 0 to 60 exclusive { f(2, 3, [1], [2], [3]) }
println(f(2, 3, [1], [true], [1]))
println(f(2, 3, [1], [1], [true]))
println(f(0, 3, [1], [1], [true]))
println(f(0, 3, 1, 1, true))
""",
    "an int becomes a bool in a loop": """
fn f(last) {
  var x = 0
  for i in range(40) { x = x + i }
  x = last
  try { for i in range(3) { println(i)
  x = x + i } } catch (e) { println(e) }
  return x
}
println(f(1))
println(f(true))
println(f(2))
""",
    "an int becomes a float in a loop": """
fn f(step) {
  var x = 1
  var i = 0
  while i < 50 {
    if i == 41 { x = x * step }
    x = x + 1
    i = i + 1
  }
  return x
}
println(f(2))
println(f(0.5))
println(f(3))
""",
    "an int becomes a string in a loop": """
fn f(other) {
  var x = 1
  var log = []
  for i in range(40) {
    if i == 35 { x = other }
    log = log + [x]
    x = x + x
    if i > 36 { break }
  }
  return log[-1]
}
println(f(7))
println(f("ab"))
println(try { f(nil) } catch (e) { e })
""",
    "an index out of range": """
fn at(xs, i) {
  println("looking")
  return xs[i]
}
for i in range(40) { at([1, 2, 3], i % 3) }
println([at([1, 2, 3], 3), at([1, 2, 3], -4), at([1, 2, 3], -1), at([], 0)])
""",
    "a string's index out of range": """
fn at(s, i) { return s[i] }
for i in range(40) { at("abc", i % 3) }
println([at("abc", 3), at("abc", -3), at("abc", -4), at("", 0)])
""",
    "a range's index out of range": """
fn at(r, i) { return r[i] }
for i in range(40) { at(1 to 9, i % 3) }
println(at(1 to 9, -1))
println(try { at(1 to 9, 9) } catch (e) { e })
""",
    "an index of another kind": """
fn at(xs, i) { return xs[i] }
for i in range(40) { at([1, 2, 3], i % 3) }
for each in [true, 1.0, "1", nil, [1]] {
  println(try { at([1, 2, 3], each) } catch (e) { e })
  println(try { at("abc", each) } catch (e) { e })
}
println([at({"true": "t", "1": "one", "1.0": "f"}, true), at({"1": "one"}, 1), at({"1.0": "f"}, 1.0)])
""",
    "a key that is missing": """
fn of(d) {
  println("asked")
  return d.name
}
for i in range(40) { of({name: i}) }
println([of({}), of({name: nil}), of({other: 1})])
println(try { of(5) } catch (e) { e })
println(try { of(nil) } catch (e) { e })
println(try { of([1]) } catch (e) { e })
println(of("text"))
""",
    "a computed key that is missing": """
fn count(words) {
  var seen = {}
  for w in words { seen[w] = (seen[w] ?? 0) + 1 }
  return seen
}
println(count("a b a c b a".split(" ")))
println(count([1, "1", true, nil]))
""",
    "a dict plus a dict": """
fn join(a, b) { return a + b }
for i in range(40) { join(i, 1) }
println(join({a: 1}, {b: 2}))
println(join([1], [2]))
println(join("a", "b"))
println(try { join({a: 1}, [2]) } catch (e) { e })
println(try { join(1, "b") } catch (e) { e })
println(try { join(true, 1) } catch (e) { e })
println(join(0.5, 1))
""",
    "a division by zero": """
fn divide(a, b) {
  println("dividing")
  return [a / b, a % b]
}
for i in range(40) { divide(i, 3) }
println(try { divide(1, 0) } catch (e) { e })
println(try { divide(1, 0.0) } catch (e) { e })
println(try { divide(1.5, 0) } catch (e) { e })
println(divide(-7, 2))
println(divide(-7.5, 2))
println(try { divide(-7, "2") } catch (e) { e })
""",
    "a huge int meets a float": """
fn f(a, b) { return [a + b, a * b, a - b, a < b, a == b] }
for i in range(40) { f(i, 0.5) }
println(f(10 ** 400, 1))
println(f(10 ** 400, 0.5))
println(f(0.5, 10 ** 400))
println(f(10 ** 400, -0.0))
""",
    "huge ints grow in a loop and meet a float": """
fn f(factor) {
  var x = 1
  for i in range(450) { x = x * factor }
  return x + 0.5
}
println(f(1))
println(f(10))
println(f(-10))
""",
    "halves of what is no pair": """
fn halves(p) { return [p.first, p.second] }
for i in range(40) { halves(pair(i, 2)) }
println(try { halves([1, 2]) } catch (e) { e })
println(try { halves({first: 1, second: 2}) } catch (e) { e })
println(try { halves(5) } catch (e) { e })
println(try { halves(nil) } catch (e) { e })
""",
    "a loop over pairs that are none": """
fn walk(items) {
  var log = []
  for (a, b) in items { log = log + [a, b] }
  return log
}
println(walk({a: 1, b: 2}))
println(walk(range(40).to_list().map({ x -> pair(x, x) })).count)
println(walk([{first: 1, second: 2}]))
println(try { walk([pair(1, 2), 3]) } catch (e) { e })
println(walk(iter([1, 2]).enumerate()))
""",
    "a callee that is no closure": """
fn twice(f, x) {
  println("calling")
  return f(f(x))
}
fn inc(x) { return x + 1 }
for i in range(40) { twice(inc, i) }
println(twice(to_string, 3))
println(twice({ x -> x * 2 }, 3))
println(try { twice(5, 3) } catch (e) { e })
println(try { twice(nil, 3) } catch (e) { e })
println(try { twice("inc", 3) } catch (e) { e })
""",
    "a callee that is declared later": """
fn f(x) { return later(x) + 1 }
for i in range(40) { println(try { f(i) } catch (e) { e }) }
fn later(x) { return x }
for i in range(40) { println(try { f(i) } catch (e) { e }) }
""",
    "a parameter that hides a builtin only if it can be called": """
fn f(len) { return len("abc") + 1 }
for i in range(40) { f({ s -> i }) }
println([f({ s -> 5 }), f(1), f(nil)])
""",
    "a callee with another number of parameters": """
fn apply(f) { return [f(1, 2), f(3, 4)] }
fn two(a, b) { return a + b }
fn one(a) { return a }
fn three(a, b, c) { return [a, b, c] }
fn more(a, ...others) { return others }
fn filled(a, b, c = 9) { return a + b + c }
for i in range(40) { apply(two) }
println(apply(one))
println(apply(three))
println(apply(more))
println(apply(filled))
println(apply({ -> 7 }))
println(apply(two))
""",
    "a struct, or a dict": """
struct P { x: int }
struct Q { x: int, y: int }
impl P { fn area(self) { return self.x * 10 } }
impl Q { fn area(self) { return self.x * self.y } }
fn x_of(p) { return p.x }
fn area(p) { return p.area() }
for i in range(40) { x_of(P {x: i})
area(P {x: i}) }
println([x_of(P {x: 1}), x_of({x: 2}), x_of(Q {x: 3, y: 4}), x_of({}), x_of("s")])
println([area(P {x: 1}), area(Q {x: 3, y: 4}), area({x: 2}), area({area: { -> 5 }}), area(nil), area([1])])
println(try { x_of(nil) } catch (e) { e })
fn set_x(p) { var q = p
q.x = 7
return q }
for i in range(40) { set_x(P {x: i}) }
println([set_x({}), set_x(Q {x: 1, y: 2}), set_x(P {x: 1})])
println(try { set_x([1]) } catch (e) { e })
""",
    "a method of another kind of receiver": """
fn shorten(x) { return x.trim() }
fn size(x) { return x.count() }
fn has(x, y) { return x.contains(y) }
fn up(x) { return x.uppercase() }
for i in range(40) { shorten(" a ")
size("abc")
has("abc", "b")
up("a") }
println([shorten(5), shorten(nil), shorten([1])])
println([size([1, 2]), size({a: 1}), size(set(1)), size(5), size(nil)])
println([has([1, 2], 2), has(set(1.0), 1), has("a1", 1), has({a: 1}, "a"), has(nil, 1)])
println([up("ß"), up(nil), up({uppercase: { -> 1 }})])
""",
    "a comparison of other kinds": """
fn order(a, b) { return [a < b, a <= b, a > b, a >= b, a == b, a != b] }
for i in range(40) { order(i, 3) }
for each in [true, nil, "1", 1.0, [1], {a: 1}, pair(1, 2), 0.0 / 0, 5ms] {
  println([order(each, 1), order(1, each), order(each, each)])
}
""",
    "a negation of other kinds": """
fn minus(x) { return -x }
for i in range(40) { minus(i) }
println([minus(0.0), minus(2.5), minus(10 ** 30)])
for each in [true, nil, "a", [1], 5ms] { println(try { minus(each) } catch (e) { e }) }
""",
    "a multiplication of strings": """
fn times(a, b) { return a * b }
for i in range(40) { times(i, 3) }
println([times("ab", 2), times(2, "ab"), times("ab", -1), times(0.5, 2)])
for each in [true, nil, [1]] { println(try { times(each, 2) } catch (e) { e })
println(try { times("ab", each) } catch (e) { e }) }
""",
    "membership in other kinds": """
fn within(x, xs) { return x in xs }
for i in range(40) { within(i, [1, 2, 3]) }
for each in [[1.0], {"1": 2}, set(1), "a1", 1 to 3, nil, 5, [true]] { println([within(1, each), within(true, each)]) }
""",
    "a condition of any kind": """
fn pick(x) { return x ? "yes" : "no" }
for i in range(40) { pick(i) }
println([0, 0.0, "", [], {}, set(), 0ms, nil, false, "a", [0], {a: nil}, set(0), 1ms, 1 to 0, pair(0, 0)].map(pick))
""",
    "an f-string of any kind": """
fn show(x) { return "<${x}|${x}>" }
for i in range(40) { show(i) }
println([1.0, 10.0 ** 20, true, nil, "s", [1.5, "x"], {b: 1, a: 2}, 5s].map(show))
""",
    "the length of any kind": """
fn size(x) { return len(x) }
for i in range(40) { size([i]) }
println([size("äb"), size({a: 1}), size(set(1, 2)), size(1 to 5), size(5), size(nil), size(pair(1, 2))])
""",
    "min, max and abs of any kind": """
fn f(a, b) { return [min(a, b), max(a, b), abs(a)] }
for i in range(40) { f(i, 3) }
println([f(1.5, 1), f(1, 1.0), f(1.0, 1), f(-2, 0.0 / 0)])
println(try { f("a", "b") } catch (e) { e })
println(try { f(true, 0) } catch (e) { e })
println(try { f(nil, 0) } catch (e) { e })
""",
    "a builtin that is written inline, of a value just computed": """
fn make(x) { return x }
fn f(x) { return [len(make(x)), len(x ?? []), abs(make(x)), min(make(x), 2), max(2, make(x))] }
fn g(x) { return len(make(x)) }
for i in range(40) { try { f(i) } }
println([f(1), f(0.5), f(10 ** 30)])
println([g("abc"), g([1]), g(5), g(nil), g({a: 1}), g(true)])
println(try { f(nil) } catch (e) { e })
println(try { f("ab") } catch (e) { e })
println(len(0 ?? []))
""",
    "a slice of any kind": """
fn part(x, a, b) { return x[a:b] }
for i in range(40) { part([1, 2, 3], 0, 2) }
println([part("abcd", 1, -1), part([1, 2], nil, nil), part([1, 2], -9, 9)])
println(try { part({a: 1}, 0, 1) } catch (e) { e })
println(try { part([1], true, 1) } catch (e) { e })
println(try { part([1], 0, 1.0) } catch (e) { e })
""",
    "destructuring of any kind": """
fn f(x) {
  let [a, b = 9, ...rest] = x
  return [a, b, rest]
}
fn g(x) {
  let {a, b = 9, ...rest} = x
  return [a, b, rest]
}
for i in range(40) { f([1, 2, 3])
g({a: 1, b: 2, c: 3}) }
println([f([]), f([1, nil]), g({}), g({b: nil, z: 1})])
for each in [nil, 1, "ab", {a: 1}, [1]] {
  println(try { f(each) } catch (e) { e })
  println(try { g(each) } catch (e) { e })
}
""",
    "a match over other kinds": """
fn kind(x) {
  return match x {
    1 -> { "one" }
    "a" -> { "a" }
    [a, b] -> { "two ${a} ${b}" }
    _ -> { "other" }
  }
}
for i in range(40) { kind(i) }
println([1.0, true, "a", [1, 2], [1], {a: 1}, nil].map(kind))
""",
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", UNEXPECTED)
def test_a_wrong_guess_changes_nothing(name: str, setting: str) -> None:
    outcome, _ = in_tier(UNEXPECTED[name], setting)
    assert outcome.output and not outcome.report


# --- where the guess is ---------------------------------------------------------------------------------------------

PLACES = {
    "inside try": """
fn f(x) {
  var log = []
  try {
    log = log + ["before"]
    println("once")
    log = log + [x + 1]
    log = log + ["after"]
  } catch (e) {
    log = log + [e]
  }
  return log
}
for i in range(40) { f(i) }
println(f("a"))
println(f(0.5))
println(f(nil))
""",
    "inside catch": """
fn f(x) {
  try { throw x } catch (e) {
    println("caught")
    return e + 1
  } finally { println("finally") }
}
for i in range(40) { f(i) }
println(f(0.5))
println(try { f("a") } catch (e) { e })
""",
    "inside finally": """
fn f(x) {
  var log = []
  try {
    try { log = log + ["body"] } finally {
      println("once")
      log = log + [x + 1]
    }
    log = log + ["behind"]
  } catch (e) { log = log + [e] }
  return log
}
for i in range(40) { f(i) }
println(f("a"))
println(f([1]))
""",
    "inside try with a finally that runs once": """
fn f(x) {
  try {
    println("body")
    let y = x + 1
    return y
  } finally { println("finally ${x}") }
}
for i in range(35) { f(i) }
println(f(0.5))
println(try { f("a") } catch (e) { e })
println(try { f(true) } catch (e) { e })
""",
    "two finally bodies around": """
fn f(x) {
  try { try { println(x * 2)
  return x + 1 } finally { println("inner") } } finally { println("outer") }
}
for i in range(35) { f(i) }
println(try { f("a") } catch (e) { e })
println(f(1.5))
""",
    "nested loops with break and continue": """
fn f(rows) {
  var total = 0
  var seen = 0
  for row in rows {
    for x in row {
      seen = seen + 1
      if x == 0 { continue }
      if x == 99 { break }
      total = total + x
    }
    var k = 0
    while true {
      k = k + 1
      if k == 2 { continue }
      if k > 3 { break }
      total = total + k
    }
    if total == "never" { break }
  }
  return [total, seen]
}
for i in range(40) { f([[1, 0, 2], [3, 99, 4]]) }
println(f([[1, 0, 0.5, 2], [0.25, 99, 4], [1]]))
println(try { f([[1], [2, true, 3]]) } catch (e) { e })
println(f([[1, 0, 2], [3, 99, 4]]))
""",
    "a generator": """
fn g(xs) {
  var sum = 0
  for x in xs {
    println("pulled")
    sum = sum + x
    yield sum
    yield sum * 2
  }
}
println(iter(g(range(20).to_list())).to_list().count())
println(iter(g([1, 0.5, 2])).to_list())
println(try { iter(g([1, "a", 2])).to_list() } catch (e) { e })
var seen = []
for v in g([1, 2, 0.5, 4]) { seen = seen + [v]
if v == 7 { break } }
println(seen)
""",
    "a generator with a finally": """
fn g(xs) {
  try { for x in xs { yield x + 1 } } finally { println("closed") }
}
println(iter(g([1, 2, 3])).to_list())
println(iter(g([1, 0.5, 3])).to_list())
println(try { iter(g([1, nil, 3])).to_list() } catch (e) { e })
for v in g([1, 0.5, 3, 4]) { if v == 4 { break } }
println("end")
""",
    "two generators of one function at once": """
fn g(a, b) { var i = 0
while i < 4 { i = i + 1
yield i == 3 ? a + b : a } }
let one = g(1, 2)
let two = g("x", "y")
let three = g(1, nil)
println([one.next(), two.next(), three.next(), one.next(), two.next(), three.next()])
println([one.next(), two.next()])
println(try { three.next() } catch (e) { e })
println([one.next(), two.next(), one.next(), two.next()])
""",
    "an inlined callback": """
fn f(xs) {
  println("walking")
  return [xs.map({ x -> x * 2 + 1 }), xs.filter({ x -> x > 1 }), xs.any({ x -> x == 2 })]
}
for i in range(40) { f([1, 2, 3]) }
println(f([1, 0.5, 2]))
println(try { f([1, "a", nil]) } catch (e) { e })
println(try { f(nil) } catch (e) { e })
println(f(1 to 3))
println(f(set(1, 2)))
println(f([]))
""",
    "an inlined reduction": """
fn f(xs) { return xs.reduce(0, { sum, x -> sum + x }) }
for i in range(40) { f([1, 2, 3]) }
println([f([0.5, 1]), f([]), f(1 to 4)])
println(try { f([1, "a"]) } catch (e) { e })
println(try { f(["a"]) } catch (e) { e })
""",
    "an inlined callback with captured values": """
fn f(xs, k, names) { return xs.map({ x -> names[x] + k }) }
for i in range(40) { f([0, 1], 1, [10, 20]) }
println(f([0, 1], "s", ["a", "b"]))
println(f(["a"], 1, {a: 5}))
println(try { f([0, 9], 1, [10, 20]) } catch (e) { e })
println(try { f([0], 1, nil) } catch (e) { e })
""",
    "operands that wait on the stack": """
fn note(x) { println("note ${x}")
return x }
fn f(a, b) { return [note(1), note(2) + a, {k: note(3), v: a + b}, "${note(4)}${a * b}", note(5)] }
for i in range(35) { f(i, 2) }
println(f(0.5, 2))
println(try { f("a", 2) } catch (e) { e })
println(try { f(2, "a") } catch (e) { e })
println(try { f(1, nil) } catch (e) { e })
""",
    "arguments that have been computed": """
fn note(x) { print(x)
return x }
fn sum(a, b, c, d) { return a + b + c + d }
fn f(x, d) { return sum(note(1), note(2) * x, x - note(3), d.k) }
for i in range(35) { f(i, {k: 1}) }
println(f(0.5, {k: 2}))
println(try { f("a", {k: 1}) } catch (e) { e })
println(try { f(1, nil) } catch (e) { e })
println(try { f(1, {}) } catch (e) { e })
""",
    "the value of a block": """
fn f(x, y) {
  let a = if x > 1 { println("then")
  x + y } else { println("else")
  x * y }
  let b = x > 1 && y + 1 > 2
  let c = y ?? x + 1
  let d = x == 2 ? y + 1 : y * 2
  return [a, b, c, d]
}
for i in range(35) { f(i, 2) }
println(f(2, 0.5))
println(f(0.5, 2))
println(try { f(2, "a") } catch (e) { e })
println(try { f("a", 2) } catch (e) { e })
println(try { f(2, nil) } catch (e) { e })
""",
    "a store into a part": """
fn note(x) { print(x)
return x }
fn f(xs, i, v) {
  var ys = xs
  ys[note(i)] = note(v) + 1
  ys[0] += 1
  return ys
}
for i in range(35) { f([1, 2, 3], 1, i) }
println(f([1, 2, 3], -1, 5))
println(try { f([1, 2, 3], 3, 5) } catch (e) { e })
println(try { f([1, 2, 3], -4, 5) } catch (e) { e })
println(try { f([1, 2, 3], true, 5) } catch (e) { e })
println(try { f([1, 2, 3], 1.0, 5) } catch (e) { e })
println(try { f(["a", 2], 1, 5) } catch (e) { e })
println(try { f({"0": 1}, 1, 5) } catch (e) { e })
println(try { f(nil, 1, 5) } catch (e) { e })
println(try { f("abc", 1, 5) } catch (e) { e })
""",
    "a deferred block": """
fn f(x) {
  defer { println("deferred ${x}") }
  println("body")
  return x + 1
}
for i in range(35) { f(i) }
println(f(0.5))
println(try { f("a") } catch (e) { e })
""",
    "a deadline and the lock": """
fn f(x) {
  deadline 1h { mutex { println("inside")
  return x + 1 } }
}
for i in range(35) { f(i) }
println(f(0.5))
println(try { f("a") } catch (e) { e })
mutex { println("free") }
""",
    "a task": """
fn f(x) { println("f")
return x + 1 }
println(parallel each range(40).to_list() { i -> i == 38 ? f(0.5) : f(i) })
let h = spawn { var x = 1
for i in range(60) { if i == 50 { x = 0.5 }
x = x + 1 }
x }
println(await(h))
println(parallel settle [1, "a", 2] { i -> f(i) })
""",
    "a retry": """
fn f(xs) {
  var n = 0
  retry 3 {
    n = n + 1
    println("attempt ${n}")
    return xs[n] + 1
  }
}
println(f([1, 2, 3]))
println(f([1, "a", 3]))
println(try { f([1, "a", "b", "c"]) } catch (e) { e })
println(f([1, 0.5]))
""",
    "a default of a parameter": """
fn f(a, b = a + 1) { return [a, b] }
for i in range(35) { f(i) }
println([f(0.5), f(1, "x"), f(2, nil)])
println(try { f("a") } catch (e) { e })
println(try { f() } catch (e) { e })
println(f("a", 1))
""",
    "a tail call": """
fn f(n, sum) {
  if n == 0 { return sum }
  return f(n - 1, sum + n)
}
println(f(3000, 0))
println(f(3000, 0.5))
println(try { f(3, "a") } catch (e) { e })
println(try { f("a", 0) } catch (e) { e })
fn odd(n) { if n == 0 { return false }
return even(n - 1) }
fn even(n) { if n == 0 { return true }
return odd(n - 1) }
println([even(2000), odd(2000), even(5.0)])
println(try { even("a") } catch (e) { e })
""",
    "recursion": """
fn fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }
println([fib(10), fib(5.5), fib(12)])
println(try { fib("a") } catch (e) { e })
println(try { fib(nil) } catch (e) { e })
fn depth(t) { return t == nil ? 0 : 1 + max(depth(t.left), depth(t.right)) }
println(depth({left: {left: nil, right: nil}, right: nil}))
println(try { depth({left: 5, right: nil}) } catch (e) { e })
println(depth({left: {}, right: {left: {left: nil}}}))
""",
    "a closure with captured values": """
fn make(k) { return { x -> x + k } }
let one = make(1)
let half = make(0.5)
let text = make("s")
for i in range(40) { one(i) }
println([one(1), half(1), text("a"), one(0.5)])
println(try { one("a") } catch (e) { e })
println(try { text(1) } catch (e) { e })
""",
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", PLACES)
def test_a_wrong_guess_anywhere_is_gone_on_with(name: str, setting: str) -> None:
    outcome, _ = in_tier(PLACES[name], setting)
    assert outcome.output and not outcome.report


@pytest.mark.parametrize("name", [*UNEXPECTED, *PLACES])
def test_tasks_and_signals_may_come_between(name: str) -> None:
    in_tier({**UNEXPECTED, **PLACES}[name], "eager", pulse=7)


# --- how it ends ----------------------------------------------------------------------------------------------------

UNCAUGHT = {
    "in a function": "fn f(x) {\n  return x +\n    1\n}\nfor i in range(40) { f(i) }\nprintln(1)\nf(nil)",
    "in the middle of a line": "fn f(x) { return [x, x * 2, x - 1] }\nfor i in range(40) { f(i) }\nf([])",
    "in a loop of the main part": "var x = 0\nfor i in range(60) {\n  x = i == 50 ? nil : i\n  x =\n    x + 1\n}",
    "in nested calls": (
        "fn a(x) { return b(x) + 1 }\nfn b(x) {\n  let y = c(x)\n  return y\n}\nfn c(x) { return x.k.l }\n"
        "for i in range(40) { a({k: {l: i}}) }\na({})"
    ),
    "in a method": (
        "struct P { x }\nimpl P {\n  fn m(self) {\n    return self.x + 1\n  }\n}\nfn f(p) { return p.m() }\n"
        'for i in range(40) { f(P {x: i}) }\nf(P {x: "a"})'
    ),
    "in an inlined callback": (
        "fn f(xs) {\n  return xs.map({ x ->\n    x + 1 })\n}\nfor i in range(40) { f([i]) }\nf([1, nil])"
    ),
    "in a generator": (
        "fn g(xs) {\n  for x in xs {\n    yield x + 1\n  }\n}\nfn all(xs) { return iter(g(xs)).to_list() }\n"
        "for i in range(40) { all([i]) }\nall([1, nil])"
    ),
    "in a recursive call": "fn f(n) {\n  if n == 0 { return nil + 1 }\n  return 1 + f(n - 1)\n}\nf(5)",
    "in a tail call": "fn f(n, x) {\n  if n == 0 { return x + 1 }\n  return f(n - 1, x)\n}\nf(50, 1)\nf(50, nil)",
    "in another function's place": (
        "fn a(x) { return b(x) }\nfn b(x) { return c(x) }\nfn c(x) { return x + 1 }\nfor i in range(40) { a(i) }\na(nil)"
    ),
    "in a task": "fn f(x) { return x + 1 }\nfor i in range(40) { f(i) }\nparallel each [1, nil] { x ->\n  f(x)\n}",
    "behind a wrong guess": (
        "fn f(x) {\n  let y = x + 1\n  let z = y.k\n  return z\n}\nfor i in range(40) { try { f(i) } }\nf(0.5)"
    ),
    "in what is called behind a wrong guess": (
        "fn g(x) { throw x }\nfn f(x) {\n  let y = x + 1\n  return [g(y)]\n}\nfor i in range(40) { try { f(i) } }\nf(0.5)"
    ),
    "out of a finally": (
        "fn f(x) {\n  try {\n    return x + 1\n  } finally {\n    println(x.k)\n  }\n}\n"
        "for i in range(40) { try { f(i) } }\nf({k: 1})"
    ),
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", UNCAUGHT)
def test_an_error_behind_a_wrong_guess_has_the_same_text_place_and_trace(name: str, setting: str) -> None:
    outcome, _ = in_tier(UNCAUGHT[name], setting)
    assert outcome.report.startswith("error: ")


# --- what the tier makes of it --------------------------------------------------------------------------------------


def test_a_guess_that_holds_is_no_miss() -> None:
    _, tier = in_tier("fn f(x) { return x + 1 }\nfor i in range(100) { f(i) }\nprintln(f(1))", "at the third call")
    assert tier.misses == 0


AT = "fn at(xs, i) { return xs[i] }\nlet xs = [7, 8, 9]\nfor i in range(40) { at(xs, i % 3) }\n"


def test_a_wrong_guess_is_counted_and_not_made_again() -> None:
    _, tier = in_tier(AT + "for i in range(40) { println(at(xs, i)) }", "at the third call")
    assert 1 <= tier.misses <= 3


def test_a_function_is_translated_again_after_a_wrong_guess() -> None:
    _, before = in_tier(AT, "at the third call")
    source = AT + "println(at(xs, 3))\nfor i in range(40) { at(xs, i) }\nprintln(at(xs, 2))"
    _, after = in_tier(source, "at the third call")
    # For the call outside of the loop, for everybody after the wrong guess, and then for the second loop alone.
    assert after.compiled == before.compiled + 3


def test_a_function_that_keeps_guessing_wrong_is_translated_without_guesses() -> None:
    body = "\n".join(f"  if i == {place} {{ r = [xs[{place}] + 1, r] }}" for place in range(40))
    source = f"""
fn f(i, xs) {{
  var r = nil
{body}
  return r
}}
fn fill(x) {{ return range(40).to_list().map({{ _ -> x }}) }}
for i in range(40) {{ println(f(i, fill(1))) }}
for i in range(40) {{ println(try {{ f(i, fill("a")) }} catch (e) {{ e }}) }}
for i in range(40) {{ println(f(i, fill(0.5))) }}
for i in range(40) {{ println(f(i, fill(1))) }}
"""
    _, tier = in_tier(source, "eager")
    found = [misses for function, misses in tier._misses.items() if function.name == "f"]
    assert found[0].all
    assert tier.misses < 60


def test_whoever_holds_an_old_translation_runs_the_new_one() -> None:
    # The callback is taken once for the whole walk, in the middle of which its function is translated again.
    source = """
let table = [7, 8, 9]
fn f(i) { return table[i] }
for i in range(40) { f(i % 3) }
let xs = range(100).to_list().map({ i -> i % 10 == 9 ? 3 : i % 3 })
println(xs.map(f))
println(xs.sort_by({ i -> to_string(f(i)) }).take(5))
println(iter(xs).map(f).to_list().last())
fn down(n, i) { return n == 0 ? [f(i)] : down(n - 1, i) + [f(n % 7 == 0 ? -5 : n)] }
println(down(50, 1))
"""
    outcome, tier = in_tier(source, "at the third call")
    assert tier.misses >= 1
    assert not outcome.report


def test_a_function_that_is_translated_again_while_it_runs_goes_on() -> None:
    source = """
fn f(n, x) {
  if n == 0 { return [x + 1] }
  let below = f(n - 1, n == 1 ? 0.5 : x)
  return below + [x + n]
}
println(f(20, 1))
println(f(20, 1))
println(f(20, 2.5))
"""
    for setting in SETTINGS:
        in_tier(source, setting)


def test_other_closures_of_a_function_are_no_wrong_guess_for_long() -> None:
    source = """
fn make(f) { return { x -> f(x) + 1 } }
let makers = [make({ x -> x }), make({ x -> x * 2 }), make(to_int), make(len)]
for i in range(60) { for m in makers { m("a" * i == "" ? 1 : i) } }
println(makers.map({ m -> m(3) }))
"""
    _, tier = in_tier(source, "at the third call")
    assert tier.misses < 30
