"""Harn functions that Python calls where no fiber is: from other threads, and from its event loop."""

from __future__ import annotations

import threading

import pytest

from harnpy.vm.python import threads


def test_a_thread_calls_a_harn_function_while_the_program_waits(lines):
    assert lines("""
import { Thread } from "py:threading"
let done = channel("done", 1)
let thread = Thread(target: { -> send(done, 42) })
thread.start()
println(receive(done))
py_thread(thread.join)""") == ["42"]


def test_a_function_called_from_a_thread_may_wait_and_fail(lines):
    assert lines("""
import "py:odd_things" as odd
println(py_thread(odd.apply, { x -> sleep(1ms)
  x * 2 }, 4))
println(try { py_thread(odd.apply, { -> throw "no" }) })
println(py_thread(odd.swallow, { -> throw "no" }))""") == ["8", "Result.Err(no)", "caught HarnError: no"]


def test_many_threads_call_at_once(lines):
    assert lines("""
import { ThreadPoolExecutor } from "py:concurrent.futures"
import { list } from "py:builtins"
let pool = ThreadPoolExecutor(8)
let seen = atomic(0)
let squares = pool.map({ n ->
  atomic_add(seen, 1)
  n * n
}, 0 to 99)
println(len(py_thread(list, squares)))
println(atomic_get(seen))
pool.shutdown()""") == ["100", "100"]


def test_waiting_inside_of_python_for_a_thread_that_calls_back_is_an_error(lines, monkeypatch):
    monkeypatch.setattr(threads, "PATIENCE_SECONDS", 0.1)
    assert lines("""
import { ThreadPoolExecutor } from "py:concurrent.futures"
let pool = ThreadPoolExecutor(1)
let future = pool.submit({ -> 1 })
println(try { future.result() })
pool.shutdown()""") == [
        "Result.Err(a Harn function was called from another thread while the program waits inside of Python or has ended: "
        "call what waits for threads with py_thread)"
    ]


def test_a_blocking_call_in_a_thread_leaves_other_tasks_running(lines):
    assert lines("""
import { Event } from "py:threading"
let event = Event()
let waiting = spawn { py_thread(event.wait) }
let setting = spawn { event.set() }
println(await(waiting))
await(setting)""") == ["true"]


def test_a_cancelled_task_stops_waiting_for_its_thread(lines):
    assert lines("""
import { Event } from "py:threading"
let event = Event()
let cleaned = channel("cleaned", 1)
let waiting = spawn { try { py_thread(event.wait) } finally { send(cleaned, 1) } }
sleep(1ms)
cancel(waiting)
println(await(waiting))
println(receive(cleaned))
event.set()""") == ["nil", "1"]


def test_the_result_of_a_thread_is_awaited_and_converted(lines):
    assert lines("""
import "py:odd_things" as odd
println(py_thread(odd.later, 3))
println(py_thread(odd.same, [1, {a: nil}]))
println(try { py_thread(odd.fails) })
println(try { py_thread(odd.apply, odd.counting(0).__next__) })
println(try { py_thread() })""") == [
        "3",
        "[1, {a: nil}]",
        "Result.Err(Custom: (7, 'seven'))",
        "Result.Err(RuntimeError: StopIteration)",
        "Result.Err(Type error: py_thread: expected a Python function, got nothing)",
    ]


def test_async_libraries_find_their_loop(lines):
    assert lines("""
import "py:asyncio" as asyncio
println(type_of(asyncio.get_running_loop()))
let queue = asyncio.Queue()
let taker = spawn { queue.get() }
queue.put_nowait("x")
println(await(taker))
println(parallel each [1, 2] { n -> asyncio.sleep(0, n) })
println(try { deadline 5ms { asyncio.Event().wait() } })""") == [
        "python",
        "x",
        "[1, 2]",
        "Result.Err(Deadline exceeded)",
    ]


def test_threads_end_with_their_tests():
    # Those of py_thread are daemons: a program that ends does not wait for them.
    assert all(each.daemon for each in threading.enumerate() if each.name == "harn-py-thread")


def test_context_variables_of_coroutines_are_their_own(lines):
    assert lines("""
import { ContextVar } from "py:contextvars"
let variable = ContextVar("variable", default: 1)
variable.set(2)
println(variable.get())""") == ["2"]


@pytest.mark.parametrize(
    "call", ["f(1, b: 2)", "f(a: 1, b: 2)", "f(b: 2, a: 1)", "o.run(1, b: 2)", "1 |> { x -> f(x, b: 2) }"]
)
def test_named_arguments_of_harn_functions(lines, call):
    assert lines(f"fn f(a, b) {{ return a * 10 + b }}\nlet o = {{ run: f }}\nprintln({call})") == ["12"]
