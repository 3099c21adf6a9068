"""Runtimes in threads, made at the same time, used across threads, and forked."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from support import HANG_SECONDS

import harnpy

FUNCTIONS = "pub fn f(n) { sleep(1)\n return parallel each [n, n + 1] { x -> x * 2 } }"


def all_at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """work(number) in that many threads, which begin together; their results."""
    gate = threading.Barrier(count)

    def begin(number: int) -> Any:
        gate.wait(HANG_SECONDS)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def test_fifty_threads_make_runtimes_at_once() -> None:
    def work(number: int) -> Any:
        with harnpy.Runtime(variables={"number": number}) as runtime:
            runtime.register(lambda n: n + number, "plus(n: int) -> int")
            return runtime.run(
                'import { clamp } from "std/math"\n'
                "fn f(n: int) { return plus(n) }\n"
                'pipeline default(task) { sleep(1)\n return [number, f(1), clamp(50, 0, 9), json_parse("[1]"), [3, 1].sort()] }'
            ).value

    assert all_at_once(50, work) == [[number, number + 1, 9, [1], [1, 3]] for number in range(50)]


def test_a_fresh_process_makes_its_first_runtimes_in_many_threads() -> None:
    """Nothing is loaded yet: modules, tables and caches are made by all threads at once."""
    program = """
import threading, harnpy
from concurrent.futures import ThreadPoolExecutor
gate = threading.Barrier(16)
def work(n):
    gate.wait()
    return harnpy.run("fn g(x: int) { return x * 2 }\\npipeline default(task) { sleep(1)\\n return g(n) }", variables={"n": n}).value
with ThreadPoolExecutor(16) as pool:
    assert list(pool.map(work, range(16))) == [2 * n for n in range(16)]
print("ok")
"""
    for number in range(3):
        environment = {**os.environ, "HARN_CACHE_DIR": os.path.join(os.devnull, str(number))}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            capture_output=True,
            text=True,
            env=environment,
            timeout=HANG_SECONDS,
        )
        assert (done.stdout, done.stderr) == ("ok\n", "")


def test_a_runtime_is_used_by_one_thread_after_another() -> None:
    with harnpy.Runtime() as runtime:
        module = runtime.load(FUNCTIONS)
        for number in range(5):
            assert all_at_once(1, module.f) == [[0, 2]]
            assert module.f(number) == [number * 2, number * 2 + 2]


def test_many_threads_call_one_runtime_at_once() -> None:
    with harnpy.Runtime() as runtime:
        module = runtime.load(FUNCTIONS)
        assert all_at_once(20, module.f) == [[n * 2, n * 2 + 2] for n in range(20)]


def test_errors_reach_the_thread_that_has_called() -> None:
    with harnpy.Runtime() as runtime:
        module = runtime.load("pub fn f(n) { sleep(1)\n if n > 4 { throw n }\n return n }")

        def work(number: int) -> Any:
            try:
                return module.f(number)
            except harnpy.HarnError as error:
                return ("error", error.value)

        assert all_at_once(10, work) == [*range(5), *(("error", n) for n in range(5, 10))]


def test_plain_builtins_run_in_the_thread_that_has_called() -> None:
    with harnpy.Runtime() as runtime:
        runtime.register(threading.get_ident, "thread() -> int")
        module = runtime.load("pub fn where() { sleep(1)\n return thread() }")

        def work(number: int) -> bool:
            return bool(module.where() == threading.get_ident())

        assert module.where() == threading.get_ident()
        assert all_at_once(1, work) == [True]


def test_a_thread_that_waits_for_another_call_meets_it() -> None:
    """While one thread is inside of the runtime and waits, another one's call is done beside it."""
    with harnpy.Runtime() as runtime:
        module = runtime.load("let c = channel(1)\npub fn take() { return receive(c) }\npub fn put(x) { send(c, x) }")
        with ThreadPoolExecutor(2) as pool:
            taken = pool.submit(module.take)
            pool.submit(module.put, 7).result(HANG_SECONDS)
            assert taken.result(HANG_SECONDS) == 7


def test_a_call_that_comes_before_the_other_one_waits_for_the_first_time_is_not_forgotten() -> None:
    """There is no event loop yet that could be told of it."""
    entered, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        may_go_on.wait(HANG_SECONDS)

    with harnpy.Runtime() as runtime, ThreadPoolExecutor(2) as pool:
        runtime.register(hold, "hold() -> nil")
        module = runtime.load(
            "let c = channel(1)\npub fn take() { hold()\nreturn receive(c) }\npub fn put(x) { send(c, x) }"
        )
        taken = pool.submit(module.take)
        assert entered.wait(HANG_SECONDS)
        put = pool.submit(module.put, 7)
        while not runtime._engine._requests:
            os.sched_yield()
        may_go_on.set()
        put.result(HANG_SECONDS)
        assert taken.result(HANG_SECONDS) == 7


def test_threads_call_a_runtime_that_lives_on_a_loop() -> None:
    import asyncio

    async def main() -> Any:
        async with harnpy.Runtime() as runtime:
            runtime.register(threading.get_ident, "thread() -> int")
            module = await runtime.load_async("pub fn where() { sleep(1)\n return thread() }")
            found = await asyncio.gather(*(asyncio.to_thread(module.where) for _ in range(5)))
            return set(found) == {threading.get_ident()}

    assert asyncio.run(main(), debug=True)


def test_tasks_that_wait_in_a_thread_keep_others_out() -> None:
    with harnpy.Runtime() as runtime:
        module = runtime.load("pub fn begin() { spawn { sleep(3600000) }\n sleep(1) }\npub fn f() { return 1 }")
        module.begin()
        with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="another thread"):
            pool.submit(module.f).result(HANG_SECONDS)
        assert module.f() == 1


def test_functions_called_back_from_threads_of_python_code() -> None:
    with harnpy.Runtime() as runtime:

        @runtime.builtin
        async def in_threads(f: Any) -> list[int]:
            import asyncio

            return list(await asyncio.gather(*(asyncio.to_thread(f, n) for n in range(4))))

        assert runtime.run("pipeline default(task) { return in_threads({ n -> n * 10 }) }").value == [0, 10, 20, 30]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_makes_its_own_runtimes() -> None:
    program = """
import os, sys, harnpy
runtime = harnpy.Runtime()
module = runtime.load("spawn { sleep(3600000) }\\nsleep(1)\\npub fn f() { sleep(1)\\n return 1 }")
child = os.fork()
if child == 0:
    try:
        module.f()
    except RuntimeError as error:
        assert "forked" in str(error), error
    else:
        os._exit(2)
    runtime.close()
    ok = harnpy.run("pipeline default(task) { sleep(1)\\n return 5 }").value == 5
    os._exit(0 if ok else 3)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert module.f() == 1
runtime.close()
print("ok")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=HANG_SECONDS)
    assert (done.stdout, done.stderr) == ("ok\n", "")


def test_deep_recursion_in_a_thread_is_an_error() -> None:
    """Also through callbacks, each of which takes some of the thread's stack."""
    program = """
import threading, harnpy
found = []
def work():
    for source in ("fn f(n) { return f(n + 1) + 1 }\\nf(0)", "fn g(n) { return [n].map({ x -> g(x + 1) }) }\\ng(0)"):
        try:
            harnpy.run(source)
        except harnpy.HarnError as error:
            found.append(str(error))
thread = threading.Thread(target=work)
thread.start()
thread.join()
assert len(found) == 2 and all("Stack overflow" in each for each in found), found
print("ok")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=HANG_SECONDS)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr[-500:]


def test_interrupt_ends_a_call_from_another_thread() -> None:
    with harnpy.Runtime() as runtime:
        begun = threading.Event()
        runtime.register(lambda: begun.set(), "begin()")
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(runtime.run, "begin()\nsleep(3600000)")
            begun.wait(HANG_SECONDS)
            runtime.interrupt()
            with pytest.raises(harnpy.HarnCancelled):
                running.result(HANG_SECONDS)
        assert runtime.run("pipeline default(task) { return 1 }").value == 1
