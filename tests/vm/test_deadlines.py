"""A deadline interrupts whatever runs or waits inside it, the earliest one wins, and leaving it by any path ends it."""

from __future__ import annotations

import pytest
from support import make_test_runtime, run_source
from virtual_runs import run_virtually

from harnpy.vm.registry import Declaration, make_builtin

SETUP = """
let full = channel("full", 1)
send(full, 0)
let empty = channel("empty")
let never = spawn { sleep(2h) }
let holder = spawn { mutex { sleep(2h) } }
fn slow() { yield 1
  sleep(2h)
  yield 2 }
fn deep(n) { if n == 0 { sleep(2h) }
  deep(n - 1) }
sleep(1)
"""
WAITS = {
    "sleep": "sleep(1h)",
    "receive": "receive(empty)",
    "for over a channel": "for x in empty { }",
    "iterator over a channel": "iter(empty).to_list()",
    "send": "send(full, 1)",
    "select": "select { v from empty { v } }",
    "select with a timeout": "select { v from empty { v } timeout 1h { } }",
    "await": "await(never)",
    "cancel_graceful": "cancel_graceful(never, 1h)",
    "parallel": "parallel 2 { i -> sleep(1h) }",
    "parallel settle": "parallel settle [1] { i -> sleep(1h) }",
    "mutex": "mutex { }",
    "a callback": "[1].map({ x -> sleep(1h) })",
    "a lazy callback": "iter([1]).map({ x -> sleep(1h) }).to_list()",
    "a generator": "for x in slow() { }",
    "nested calls": "deep(50)",
    "a deferred block": "fn f() { defer { sleep(1h) } }\nf()",
    "a finally body": "try { } finally { sleep(1h) }",
    "retries": "retry 2 { sleep(1h) }",
}
BUSY = {
    "while": "while true { }",
    "continue": "while true { if true { continue } }",
    "try in a loop": "while true { try { throw 1 } catch { } }",
    "finally in a loop": "while true { try { continue } finally { } }",
    "calls": "fn f(n) { return f(n + 1) }\nf(0)",
    "methods": "struct S { x: int }\nimpl S { fn m(self) { return self } }\nlet s = S {x: 1}\nwhile true { s.m() }",
    "map": "[1].map({ x -> while true { } })",
    "a builtin that calls back": "iter(0 to 1000000000000).find({ x -> false })",
    "a lazy chain": "iter(0 to 1000000000000).filter({ x -> false }).first()",
    "a for loop": "for i in 0 to 1000000000000 { }",
    "a generator": "fn g() { while true { yield 1 } }\nfor x in g() { }",
    "a generator that never yields": "fn g() { while true { }\nyield 1 }\ng().next()",
    "a callback of a sort": "[2, 1].sort_by({ x -> while true { } })",
}


@pytest.mark.parametrize("wait", WAITS)
def test_a_deadline_interrupts_waiting(wait):
    source = f"""{SETUP}
let began = timestamp()
println(try {{ deadline 100ms {{ {WAITS[wait]} }} }} catch (e) {{ e }})
println(round((timestamp() - began) * 1000))
"""
    assert run_virtually(source) == "Deadline exceeded\n100\n"


@pytest.mark.parametrize("work", BUSY)
def test_a_deadline_interrupts_busy_code(work):
    source = f"println(try {{ deadline 20ms {{ {BUSY[work]} }} }} catch (e) {{ [e, error_category(e)] }})"
    assert run_source(source) == "[Deadline exceeded, timeout]\n"


def test_a_deadline_interrupts_a_busy_task():
    source = "let h = spawn { try { deadline 20ms { while true { } } } catch (e) { e } }\nprintln(await(h))"
    assert run_source(source) == "Deadline exceeded\n"


# Each function leaves the deadline; a sleep behind it that is longer must not be interrupted.
LEAVING = {
    "the end": "deadline 50ms { 1 }",
    "return": "return deadline 50ms { return 1 }",
    "return through a finally": "try { deadline 50ms { return 1 } } finally { }",
    "break": "while true { deadline 50ms { break } }",
    "continue": "for i in 0 to 2 { deadline 50ms { continue } }",
    "a thrown error": "try { deadline 50ms { throw 1 } } catch { }",
    "an error of a builtin": "try { deadline 50ms { 1 / 0 } } catch { }",
    "an error of a called function": "fn f() { throw 1 }\ntry { deadline 50ms { f() } } catch { }",
    "a caught error": "deadline 50ms { try { throw 1 } catch { } }",
    "expiry": "try { deadline 50ms { sleep(1h) } } catch { }",
    "expiry caught within": "deadline 50ms { try { sleep(1h) } catch { } }",
    "the question mark": "deadline 50ms { let x = Err(1)? }",
    "a return in finally": "try { deadline 50ms { throw 1 } } finally { return 2 }",
    "a nested deadline": "deadline 50ms { deadline 20ms { 1 } }",
    "a nested deadline that is left twice": "deadline 50ms { deadline 20ms { return 1 } }",
    "a select": "deadline 50ms { select { default { return 1 } } }",
    "a match": "deadline 50ms { match 1 { _ -> { return 1 } } }",
    "retry": "retry 2 { deadline 50ms { throw 1 } }",
    "a generator": "fn g() { deadline 50ms { yield 1\nyield 2 } }\nfor x in g() { break }",
}


@pytest.mark.parametrize("way", LEAVING)
def test_leaving_by_any_path_ends_the_deadline(way):
    source = f"""
fn leave() {{ {LEAVING[way]} }}
let caught = try {{ leave() }} catch (e) {{ nil }}
sleep(1h)
println("not interrupted")
"""
    assert run_virtually(source) == "not interrupted\n"


def test_the_value_is_that_of_the_block():
    assert (
        run_virtually("println([deadline 5s { 7 }, deadline 5s { }, deadline 5s { let x = 1 }])") == "[7, nil, nil]\n"
    )


@pytest.mark.parametrize(
    ("outer", "inner", "expected"), [(10, 50, "outer 10"), (50, 10, "inner 10"), (20, 20, "inner 20")]
)
def test_the_earliest_of_nested_deadlines_wins(outer, inner, expected):
    # What tells them apart is who is left: only the inner deadline's error leaves time to go on inside the outer one.
    source = f"""
let began = timestamp()
let who = try {{
  deadline {outer}ms {{
    try {{ deadline {inner}ms {{ sleep(1h) }} }} catch (e) {{ sleep({inner} < {outer} ? 1 : 0) }}
    while {inner} > {outer} {{ sleep(1) }}
    "inner"
  }}
}} catch (e) {{ "outer" }}
println(who)
"""
    if expected.startswith("outer"):
        source = source.replace("catch (e) { sleep", "catch (e) { throw e }\nif false { sleep")
    assert run_virtually(source).split()[0] == expected.split()[0]


def test_an_outer_deadline_goes_on_when_an_inner_one_has_fired():
    source = """
let began = timestamp()
let r = try { deadline 30ms {
  try { deadline 10ms { sleep(1h) } } catch (e) { println("inner") }
  sleep(1h)
} } catch (e) { "outer" }
println([r, round((timestamp() - began) * 1000)])
"""
    assert run_virtually(source) == "inner\n[outer, 30]\n"


def test_what_catches_a_fired_deadline_runs_without_it():
    source = """
let r = deadline 10ms { try { sleep(1h) } catch (e) { sleep(1h)
  "recovered" } }
println(r)
"""
    assert run_virtually(source) == "recovered\n"


def test_cleanup_inside_a_fired_deadline_is_not_interrupted():
    source = """
fn work() { defer { sleep(1h)
    println("deferred") }
  try { sleep(1h) } finally { sleep(1h)
    println("finally") } }
println(try { deadline 10ms { work() } } catch (e) { e })
"""
    assert run_virtually(source) == "finally\ndeferred\nDeadline exceeded\n"


def test_busy_cleanup_inside_a_fired_deadline_is_not_interrupted():
    runtime = make_test_runtime(virtual_time=True)

    def pass_time():
        """Let the deadline pass, which it would not while the program is busy."""
        runtime.world.clock.now += 1

    runtime.registry.define(
        make_builtin(Declaration("pass_time", "pass_time()", "", frozenset(), False, "", pass_time, False))
    )
    source = """
fn work() { try { pass_time()
    while true { } } finally { var i = 0
    while i < 200000 { i = i + 1 }
    println(i) } }
println(try { deadline 10ms { work() } } catch (e) { e })
"""
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert runtime.world.output == "200000\nDeadline exceeded\n"


def test_expiry_means_strictly_later():
    assert run_virtually('println(deadline 10ms { sleep(10)\n"in time" })') == "in time\n"


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("50ms", 50), ("50", 50), ("0", 0), ("(0 - 5)", 0), ('"x"', 30_000), ("nil", 30_000), ("1.5", 30_000)],
)
def test_what_a_duration_means(duration, expected):
    source = f"""
let began = timestamp()
let d = {duration}
try {{ deadline d {{ sleep(1h) }} }} catch (e) {{ }}
println(round((timestamp() - began) * 1000))
"""
    assert run_virtually(source) == f"{expected}\n"


def test_a_deadline_of_the_parent_does_not_count_in_a_task():
    source = """
let h = spawn { sleep(100)
  "done" }
let r = try { deadline 10ms { await(h) } } catch (e) { e }
println([r, await(h)])
"""
    assert run_virtually(source) == "[Deadline exceeded, done]\n"


def test_a_deadline_around_parallel_cancels_the_tasks_and_their_cleanup_runs():
    source = """
let log = channel("log", 10)
let r = try { deadline 10ms { parallel 2 { i -> try { sleep(1h) } finally { send(log, i) } } } } catch (e) { e }
sleep(1)
close_channel(log)
println([r, iter(log).to_list()])
"""
    assert run_virtually(source) == "[Deadline exceeded, [0, 1]]\n"


def test_a_deadline_is_caught_by_no_typed_catch():
    source = (
        'enum E { A }\nprintln(try { try { deadline 10ms { sleep(1h) } } catch (e: E) { "typed" } } catch (e) { e })'
    )
    assert run_virtually(source) == "Deadline exceeded\n"


def test_deadlines_of_tasks_are_their_own():
    source = """
println(parallel each [10, 30, 20] { ms ->
  let began = timestamp()
  try { deadline ms { sleep(1h) } } catch (e) { round((timestamp() - began) * 1000) } })
"""
    assert run_virtually(source) == "[10, 30, 20]\n"


def test_a_generator_interrupted_by_a_deadline_is_finished():
    source = """
fn g() { yield 1
  sleep(1h)
  yield 2 }
let it = g()
println(it.next())
println(try { deadline 10ms { it.next() } } catch (e) { e })
println(it.next())
"""
    assert run_virtually(source) == "{done: false, value: 1}\nDeadline exceeded\n{done: true, value: nil}\n"
