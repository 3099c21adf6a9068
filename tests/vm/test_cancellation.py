"""Cancelling wakes a task wherever it waits; its cleanup runs, once and undisturbed; catch does not see it."""

from __future__ import annotations

import asyncio

import pytest
from support import make_test_runtime, run_source
from virtual_runs import run_virtually

from harnpy.vm.errors import Interrupted

# Ways to wait, each for ever.
WAITS = {
    "sleep": "sleep(1h)",
    "receive": 'receive(channel("c"))',
    "for over a channel": 'for x in channel("c") { }',
    "iterator over a channel": 'iter(channel("c")).to_list()',
    "send": "send(full, 1)",
    "select": 'select { v from channel("c") { v } }',
    "select with a timeout": 'select { v from channel("c") { v } timeout 1h { } }',
    "await": "await(never)",
    "parallel": "parallel 2 { i -> sleep(1h) }",
    "mutex": 'mutex { println("entered") }',
    "cancel_graceful": "cancel_graceful(never, 1h)",
    "inside a callback": "[1].map({ x -> sleep(1h) })",
    "inside a generator": "for x in slow() { }",
    "inside nested calls": "deep(50)",
}
SETUP = """
let full = channel("full", 1)
send(full, 0)
let never = spawn { sleep(1h) }
let holder = spawn { mutex { sleep(1h) } }
fn slow() { yield 1
  sleep(1h)
  yield 2 }
fn deep(n) { if n == 0 { sleep(1h) }
  deep(n - 1) }
sleep(1)
let log = channel("log", 100)
"""


@pytest.mark.parametrize("wait", WAITS)
def test_a_waiting_task_is_cancelled_and_cleans_up_once(wait):
    source = f"""{SETUP}
fn body() {{
  defer {{ send(log, "deferred") }}
  try {{ {WAITS[wait]} }} catch (e) {{ send(log, "caught") }} finally {{ send(log, "finally") }}
  send(log, "went on")
}}
let began = timestamp()
let h = spawn {{ body() }}
sleep(10)
cancel(h)
println(await(h))
sleep(10)
println(timestamp() - began < 1)
close_channel(log)
println(iter(log).to_list())
"""
    assert run_virtually(source) == "nil\ntrue\n[finally, deferred]\n"


@pytest.mark.parametrize("wait", WAITS)
def test_a_second_cancel_does_not_skip_cleanup(wait):
    source = f"""{SETUP}
let h = spawn {{
  try {{ {WAITS[wait]} }} finally {{ send(log, "begins")
    sleep(20)
    send(log, "ends") }}
}}
sleep(10)
cancel(h)
sleep(5)
cancel(h)
cancel(h)
sleep(50)
close_channel(log)
println(iter(log).to_list())
"""
    assert run_virtually(source) == "[begins, ends]\n"


def test_a_task_that_has_not_started_never_runs():
    assert run_virtually('let h = spawn { println("never") }\ncancel(h)\nsleep(5)\nprintln(await(h))') == "nil\n"


def test_a_task_that_is_done_is_not_changed_by_cancelling():
    assert run_virtually("let h = spawn { 5 }\nsleep(1)\ncancel(h)\nprintln(await(h))") == "5\n"


def test_output_of_a_cancelled_task_is_dropped():
    assert (
        run_virtually('let h = spawn { println("lost")\nsleep(1h) }\nsleep(1)\ncancel(h)\nawait(h)\nprintln("main")')
        == "main\n"
    )


def test_everybody_who_awaits_a_cancelled_task_goes_on():
    source = """
let h = spawn { sleep(1h) }
let waiters = [spawn { await(h) }, spawn { [await(h)] }]
sleep(1)
cancel(h)
println(waiters.map({ w -> await(w) }))
"""
    assert run_virtually(source) == "[nil, [nil]]\n"


def test_tasks_of_a_cancelled_parallel_are_cancelled_too():
    source = """
let log = channel("log", 10)
let h = spawn { parallel 2 { i -> try { sleep(1h) } finally { send(log, i) } } }
sleep(1)
cancel(h)
sleep(1)
close_channel(log)
println(iter(log).to_list())
"""
    assert run_virtually(source) == "[0, 1]\n"


def test_a_busy_task_is_cancelled_at_its_next_turn():
    source = """
let log = channel("log", 10)
let h = spawn { try { while true { } } catch (e) { send(log, "caught") } finally { send(log, "finally") } }
sleep(10)
cancel(h)
await(h)
sleep(10)
close_channel(log)
println(iter(log).to_list())
"""
    assert run_source(source) == "[finally]\n"


def test_retry_does_not_swallow_a_cancellation():
    source = """
let count = atomic(0)
let h = spawn { retry 5 { atomic_add(count, 1)
  sleep(1h) } }
sleep(1)
cancel(h)
sleep(1)
println(atomic_get(count))
"""
    assert run_virtually(source) == "1\n"


def test_a_return_in_finally_does_not_revive_a_cancelled_task_for_those_who_await():
    source = 'fn f() { try { sleep(1h) } finally { return "revived" } }\nlet h = spawn { f() }\nsleep(1)\ncancel(h)\nprintln(await(h))'
    assert run_virtually(source) == "nil\n"


def test_graceful_cancelling_lets_a_task_end_by_itself():
    source = """
let h = spawn { var turns = 0
  while !is_cancelled() { sleep(10)
    turns = turns + 1 }
  println("leaving")
  turns }
sleep(25)
println(cancel_graceful(h))
"""
    assert run_virtually(source) == "leaving\nResult.Ok(3)\n"


def test_graceful_cancelling_stops_a_task_that_does_not_listen():
    source = """
let log = channel("log", 10)
let h = spawn { try { sleep(1h) } finally { send(log, "stopped") } }
let began = timestamp()
println(cancel_graceful(h, 50))
sleep(1)
println([timestamp() - began < 1, try_receive(log), cancel_graceful(h), await(h)])
"""
    assert run_virtually(source) == (
        "Result.Err(cancel_graceful: timeout, task forcefully aborted)\n[true, stopped, Result.Ok(nil), nil]\n"
    )


def test_graceful_cancelling_tells_how_a_task_failed():
    source = 'let h = spawn { throw "bad" }\nlet g = spawn { 1 / 0 }\nprintln([cancel_graceful(h), cancel_graceful(g)])'
    assert run_virtually(source) == "[Result.Err(Thrown: bad), Result.Err(Runtime error: Division by zero (line 2))]\n"


def test_tasks_below_see_that_they_should_end():
    source = """
let h = spawn { parallel 1 { i -> while !is_cancelled() { sleep(5) }
  "child ended" } }
sleep(1)
println(cancel_graceful(h))
println(is_cancelled())
"""
    assert run_virtually(source) == "Result.Ok([child ended])\nfalse\n"


def test_an_interrupt_runs_the_cleanup_of_the_main_task_once():
    runtime = make_test_runtime()
    source = """
fn f() { defer { println("deferred") }
  try { interrupt()
    sleep(1h) } catch { println("caught") } finally { println("finally") } }
f()
"""
    from harnpy.vm.registry import Declaration, make_builtin

    def interrupt():
        """Ctrl-C."""
        runtime.interrupt()
        runtime.interrupt()

    runtime.registry.define(
        make_builtin(Declaration("interrupt", "interrupt()", "", frozenset(), False, "", interrupt, False))
    )
    try:
        with pytest.raises(Interrupted):
            runtime.run(runtime.compile(source, "t.harn", use_cache=False))
    finally:
        runtime.close()
    assert runtime.world.output == "finally\ndeferred\n"


def test_an_interrupt_while_the_event_loop_is_being_made_is_not_lost(monkeypatch):
    # That takes as long as loading asyncio, and the fiber which waits first is not waiting yet.
    runtime = make_test_runtime()
    make_loop = asyncio.new_event_loop

    def interrupted_while_making():
        runtime.interrupt()
        return make_loop()

    monkeypatch.setattr(asyncio, "new_event_loop", interrupted_while_making)
    try:
        with pytest.raises(Interrupted):
            runtime.run(runtime.compile("receive(channel(1))", "t.harn", use_cache=False))
    finally:
        runtime.close()
