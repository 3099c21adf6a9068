"""Loops that are taken over by the compiled tier in the middle: the locals, what is printed and the way out are right."""

from __future__ import annotations

import pytest
from tiers import assert_same_in_every_tier, compiled, run

LOOPS = {
    "over everything that a loop can go over": """
fn g(n) { var i = 0
while i < n { i = i + 1
yield i } }
let c = channel("c", 200)
for i in range(100) { send(c, i) }
close_channel(c)
var s = 0
var d = {}
for i in range(60) { d["k${i}"] = i }
for x in range(60).to_list() { s += x }
for x in set(...range(60).to_list()) { s += x }
for e in d { s += e.value }
for x in g(60) { s += x }
for x in iter(range(60)) { s += x }
for x in iter(range(60).to_list()).map({ x -> x + 1 }) { s += x }
for (i, x) in iter(range(60).to_list()).enumerate() { s += i * x }
for (k, v) in iter(d) { s += v + len(k) }
for x in c { s += x }
println(s)
""",
    "variables behind a loop that was left": """
pipeline default() {
var a = 0
var b = "x"
var l = []
var i = 0
while i < 100 { let t = i * 2
 if t == 150 { b = "y" }
 a = a + t
 l = l + [t]
 i = i + 1
 if i == 99 { break } }
println([a, b, len(l), i])
for k in range(100) { a = k
 if k == 70 { b = 5 } }
println([a, b])
}
""",
    "ways out of several loops": """
var log = []
for a in range(50) { for b in range(50) { if a * b == 600 { log = log + [a, b]
break }
 if b > a { break }
 var k = 0
 while true { k += 1
 if k > 3 { break }
 if k == 2 { continue }
 if a == 40 && b == 3 { log = log + [k] } } }
 if a == 45 { break } }
println(log)
fn f() { for a in range(100) { for b in range(100) { if a * b == 2500 { return [a, b] } } } }
println(f())
fn g() { for a in range(100) { try { for b in range(100) { try { if a + b == 120 { return [a, b] } } finally { if b == 99 { print("f") } } } } finally { if a > 18 { println("outer ${a}") } } } }
println(g())
fn h() { var r = 0
 try { for a in range(100) { r = a
 if a == 60 { throw "t" } } } catch (e) { return [e, r] } finally { println(r) } }
println(h())
fn b1() { var r = 0
 for a in range(100) { try { if a == 60 { break }
 if a % 2 == 0 { continue }
 r += a } finally { r += 1 } }
 return r }
println(b1())
""",
    "values that closures capture in the middle": """
var fs = []
for i in range(60) { let j = i
 var k = i
 fs = fs + [{ -> [i, j, k] }]
 k = k + 1 }
println([fs[0](), fs[29](), fs[30](), fs[31](), fs[59]()])
fn f(n) { var x = 0
 let g = { -> x }
 for i in range(n) { x = x + 1
 if i == 50 { let h = { -> x }
 println([h(), g()]) } }
 return [x, g()] }
println(f(60))
fn k() { var x = 0
 fn late() { return later(x) }
 for i in range(60) { x += 1
 try { x += late() } catch (e) { x += 2 } }
 fn later(y) { return 1 }
 for i in range(60) { x += late() }
 return x }
println(k())
""",
    "loops with defer, and loops of generators": """
fn f() { for i in range(50) { defer { print(i) }
 if i == 45 { return "r" } } }
println(f())
fn g() { for i in range(60) { yield i
 if i == 55 { return } } }
println(iter(g()).count())
fn d() { var n = 0
 defer { println("d${n}") }
 for i in range(60) { n += i }
 for i in range(60) { defer { n += 1 }
 n += 1 } 
 return n }
println(d())
""",
    "deadlines, the lock and cancellation inside": """
var n = 0
println(try { deadline 5ms { sleep(10)
 while true { n += 1 } } } catch (e) { e })
println(n >= 0)
println(try { deadline 5ms { for i in range(100) { if i == 50 { sleep(10) } 
 n = i } } } catch (e) { e })
println(n)
let t = spawn { var k = 0
 while !is_cancelled() { k += 1
 sleep(1) }
 "stopped" }
sleep(100)
println(cancel_graceful(t))
for i in range(60) { deadline 1s { if i == 50 { continue }
 n += 1
 if i == 55 { break } } }
println(n)
for i in range(60) { mutex { if i == 50 { continue }
 n += 1
 if i == 55 { break } } }
mutex { println(n) }
""",
    "loops in try, and try in loops": """
fn f(xs) { var ok = 0
 var bad = []
 for i in range(70) { try { ok += xs[i] } catch (e) { bad = bad + [i, e] } }
 return [ok, bad] }
println(f(range(60).to_list()))
println(f(range(60).to_list() + ["a", 0.5, 10 ** 400]))
var s = 0
try { while true { s += 1
 if s == 77 { throw s } } } catch (e) { println([e, s]) }
fn r() { var n = 0
 retry 3 { for i in range(60) { n += 1
 if n == 50 || n == 100 { throw "x" } } }
 return n }
println(r())
fn nest(n) { if n == 0 { throw "deep" }
 for i in range(50) { if i == 40 { nest(n - 1) } } }
println(try { nest(4) } catch (e) { e })
nest(3)
""",
    "names that hide others": """
var i = 5
for i in range(50) { let i = i * 2
 if i == 80 { println(i) } }
println(i)
var x = 1
while x < 1000 { let x2 = x
 x = x2 + 7
 if x > 500 { var x = "in"
 x = x + "!" 
 if len(x) > 5 { println(x) } } }
println(x)
for [a, b = 7, ...r] in range(50).to_list().map({ k -> k % 2 == 0 ? [k] : [k, k, k] }) { x += a + b + len(r) }
println(x)
for {key, value} in {a: 1, b: 2} { x += value }
println(x)
""",
    "generators and iterators that several loops pull": """
fn inner(n) { for i in range(n) { yield i } }
fn outer(n) { for i in inner(n) { if i % 3 == 0 { continue }
 try { yield i } finally { if i > 95 { print("f") } } } }
var t = 0
for x in outer(100) { t += x
 if t > 2000 { break } }
println(t)
let g = outer(100)
for x in g { if x == 40 { break } }
println(g.next())
for x in g { t += x }
println([t, g.next(), g])
let it = iter(range(100))
for x in it { if x == 50 { break } }
println(it.first())
for x in it { for y in it { t += x * y
 if y == 80 { break } } }
println([t, it.first()])
fn bad(n) { for i in range(n) { yield 10 / (60 - i) } }
println(try { for x in bad(100) { t += x } } catch (e) { e })
println(t)
fn selfish(n) { var me = nil
 for i in range(n) { yield i } }
let z = selfish(70)
for x in z { if x > 60 { println([x, z.next()]) } }
""",
    "other tasks have their turn": """
let done = atomic(0)
let t = spawn { for i in range(100) { sleep(1) }
atomic_set(done, 1)
 7 }
var n = 0
while atomic_get(done) == 0 { n += 1
 sleep(1) }
println([n > 50, await(t)])
let c = channel("x", 1)
let p = spawn { for i in range(80) { send(c, i) }
close_channel(c) }
var s = 0
for v in c { s += v }
println(s)
println(parallel each range(5).to_list() { k -> var q = 0
for i in range(60) { q += i * k
 if i % 20 == 0 { sleep(1) } }
 q })
""",
    "variables of the main part, of any kind and sign": """
var total = 0
fn add(x) { total = total + x
 return total }
for i in range(60) { total += add(i) }
println([total, add(1)])
let k = 3
fn f() { var s = 0
 for i in range(60) { s += i * k }
 return s }
println(f())
for i in range(100) { if i == 50 { let add = { x -> -x }
 total += add(i) } }
println(total)
fn swap(n) { var a = 0
 var b = 1
 for i in range(n) { let c = a + b
 a = b
 b = c }
 return [a, b] }
println(swap(200))
var w = nil
for i in range(80) { w = i < 40 ? w : (w ?? 0) + i }
println(w)
var z = -5
for i in range(80) { z = z + 1
 if z == -1 || z == 0 { println([7 / (z - 3), 7 % (z - 3), [1,2,3][z], z]) } }
println(z)
for i in -40 to 5 { if i > -3 { println([[1, 2, 3][i], -7 / (i + 10)]) } }
""",
}


@pytest.mark.parametrize("pulse", [0, 7])
@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_that_is_taken_over_goes_on_as_it_was(name: str, pulse: int) -> None:
    assert_same_in_every_tier(LOOPS[name], {"hot": 3}, pulse)


@pytest.mark.parametrize("name", LOOPS)
def test_loops_are_taken_over(name: str) -> None:
    _, tier = run(compiled(LOOPS[name]), LOOPS[name], "auto")
    assert tier.loops > 0


# How the head of a loop of 100 rounds may look like, the loop being the only one, in which `n` counts.
HEADS = {
    "while": "var i = 0\nwhile i < 100 { i += 1",
    "a range": "for i in 1 to 100 {",
    "range()": "for i in range(100) {",
    "a list": "for i in range(100).to_list() {",
    "a dict": "for {key, value} in table {",
    "a set": "for i in set(...range(100).to_list()) {",
    "a generator": "for i in numbers() {",
    "an iterator": "for i in iter(range(100)) {",
    "pairs": "for (i, x) in iter(range(100)).enumerate() {",
    "a channel": "for i in c {",
}
BODIES = {
    "the main part": "{loop}\nprintln(n)",
    "a function": "fn f() {{ {loop}\nreturn n }}\nprintln(f())",
    "a pipeline": "pipeline default() {{ {prelude}{loop}\nprintln(n) }}",
    "a closure": "let f = {{ -> {loop}\nn }}\nprintln(f())",
    "a task": "println(await(spawn {{ {loop}\nn }}))",
    "a try": "fn f() {{ try {{ {loop}\nreturn n }} finally {{ println(1) }} }}\nprintln(f())",
}


@pytest.mark.parametrize("place", BODIES)
@pytest.mark.parametrize("head", HEADS)
def test_every_kind_of_loop_is_taken_over_everywhere(head: str, place: str) -> None:
    prelude = (
        "fn numbers() { for i in range(100) { yield i } }\nlet c = channel(1, 100)\nvar table = {}\n"
        "parallel 1 { for i in range(100) { send(c, i) } }\nclose_channel(c)\n"
        'table = range(100).to_list().reduce({}, { sum, i -> sum + {["${i}"]: i} })\n'
    )
    loop = f"var n = 0\n{HEADS[head]}\nn += 1 }}"
    # With a pipeline, only declarations of the file itself are run.
    outside = "" if place == "a pipeline" else prelude
    source = outside + BODIES[place].format(loop=loop, prelude=prelude)
    assert assert_same_in_every_tier(source).output.endswith("100\n")
    _, tier = run(compiled(source), source, "auto")
    # The loop that fills the channel is another one.
    assert tier.loops >= 2


def test_loops_nested_deeper_than_python_allows_stay_with_the_interpreter() -> None:
    depth = 25  # Python refuses more than twenty
    heads = "".join(f"for i{each} in [1, 2] {{ " if each < 3 else f"for i{each} in [1] {{ " for each in range(depth))
    source = f"var count = 0\n{heads}count += 1{' }' * depth}\nprintln(count)"
    assert assert_same_in_every_tier(source).output == "8\n"
