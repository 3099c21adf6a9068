"""Runtimes on running event loops, inside of each other, and their ends."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref
from typing import Any

import pytest

import harnpy


def on_loop(work: Any) -> Any:
    """Run a coroutine with asyncio's own checks; what asyncio complains about is an error."""

    async def watched() -> Any:
        complaints: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        result = await work
        await asyncio.sleep(0)
        gc.collect()
        assert complaints == []
        return result

    return asyncio.run(watched(), debug=True)


def test_two_runtimes_on_one_loop_run_side_by_side() -> None:
    async def main() -> list[str]:
        order: list[str] = []
        turns = [asyncio.Event(), asyncio.Event()]

        async def wait(mine: int) -> None:
            order.append(f"{mine} waits")
            turns[1 - mine].set()
            await turns[mine].wait()
            order.append(f"{mine} goes on")

        async with harnpy.Runtime() as first, harnpy.Runtime() as second:
            for runtime in (first, second):
                runtime.register(wait)
            sources = [f"wait({mine})\nwait({mine})" for mine in (0, 1)]
            await asyncio.gather(first.run_async(sources[0]), second.run_async(sources[1]))
        return order

    order = on_loop(main())
    assert sorted(order[:2]) == ["0 waits", "1 waits"]  # neither has ended before the other has begun


def test_several_calls_of_one_runtime_run_side_by_side() -> None:
    async def main() -> list[int]:
        async with harnpy.Runtime() as runtime:
            met = asyncio.Barrier(3)

            @runtime.builtin
            async def meet(n: int) -> int:
                await met.wait()
                return n

            module = await runtime.load_async("pub fn go(n) { return meet(n) * 10 }")
            return await asyncio.gather(*(module.go.async_(n) for n in range(3)))

    assert on_loop(main()) == [0, 10, 20]


def test_async_builtins_run_on_the_hosts_loop_with_its_context() -> None:
    request: contextvars.ContextVar[str] = contextvars.ContextVar("request")

    async def main() -> Any:
        loop = asyncio.get_running_loop()
        async with harnpy.Runtime() as runtime:

            @runtime.builtin
            async def where() -> list[Any]:
                return [asyncio.get_running_loop() is loop, request.get("")]

            @runtime.builtin
            def here() -> str:
                return request.get("")

            module = await runtime.load_async("pub fn go() { return where() + [here()] }")

            async def asked(name: str) -> Any:
                request.set(name)
                return await module.go.async_()

            return await asyncio.gather(asked("a"), asked("b"))

    assert on_loop(main()) == [[True, "a", "a"], [True, "b", "b"]]


def test_a_busy_program_lets_the_loop_go_on() -> None:
    async def main() -> int:
        ticks = 0
        stop = False

        async def tick() -> None:
            nonlocal ticks, stop
            while ticks < 5:
                ticks += 1
                await asyncio.sleep(0)
            stop = True

        async with harnpy.Runtime() as runtime:
            runtime.register(lambda: stop, "stopped() -> bool")
            ticking = asyncio.create_task(tick())
            await runtime.run_async("while !stopped() { let x = 1 + 1 }")
            await ticking
        return ticks

    assert on_loop(main()) == 5


def test_calls_that_would_block_the_loop_are_refused_by_name() -> None:
    async def main() -> None:
        async with harnpy.Runtime() as runtime:
            module = await runtime.load_async("pub fn f() { return 1 }\npub fn g() { yield 1 }")
            for call, instead in (
                (module.f, r"f\.async_"),
                (lambda: runtime.run("1"), "run_async"),
                (lambda: runtime.load("let x = 1"), "load_async"),
            ):
                with pytest.raises(RuntimeError, match=instead):
                    call()
            with pytest.raises(RuntimeError, match="async for"):
                next(await module.g.async_())
        with pytest.raises(RuntimeError, match="run_async"):
            harnpy.run("1")
        assert (await harnpy.run_async('println("a")')).output == "a\n"

    on_loop(main())


def test_iterators_can_be_walked_asynchronously() -> None:
    async def main() -> list[int]:
        async with harnpy.Runtime() as runtime:
            module = await runtime.load_async("pub fn g(n) { for i in 0 to n { sleep(1)\n yield i } }")
            return [item async for item in await module.g.async_(3)]

    assert on_loop(main()) == [0, 1, 2, 3]


def test_cancelling_runs_finally_bodies() -> None:
    async def main() -> list[str]:
        notes: list[str] = []
        begun = asyncio.Event()
        async with harnpy.Runtime() as runtime:
            runtime.register(notes.append, "note(text: string)")
            runtime.register(lambda: begun.set(), "begin()")
            task = asyncio.create_task(
                runtime.run_async(
                    'try { begin()\n sleep(3600000) } catch e { note("caught") } finally { sleep(1)\n note("finally") }'
                )
            )
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await runtime.run_async("pipeline default(task) { return 1 }")).value == 1
        return notes

    assert on_loop(main()) == ["finally"]


def test_a_timeout_of_the_host_ends_a_program() -> None:
    async def main() -> None:
        async with harnpy.Runtime() as runtime:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await runtime.run_async("while true { }")

    on_loop(main())


def test_a_module_that_was_loaded_without_a_loop_is_called_on_one_and_back() -> None:
    with harnpy.Runtime() as runtime:
        module = runtime.load("sleep(1)\npub fn f(n) { sleep(1)\n return n }")
        assert module.f(1) == 1

        async def main() -> Any:
            return await asyncio.gather(module.f.async_(2), module.f.async_(3))

        assert on_loop(main()) == [2, 3]
        assert on_loop(main()) == [2, 3]
        assert module.f(4) == 4


def test_builtins_call_the_module_again() -> None:
    with harnpy.Runtime() as runtime:

        @runtime.builtin
        def twice(n: int) -> int:
            return module.double(n) + module.double(n)  # type: ignore[no-any-return]

        @runtime.builtin
        async def later(n: int) -> int:
            return await module.double.async_(n) + 1  # type: ignore[no-any-return]

        @runtime.builtin
        async def in_a_thread(n: int) -> int:
            return await asyncio.to_thread(module.double, n)

        module = runtime.load(
            "pub fn double(n) { sleep(1)\n return n * 2 }\n"
            "pub fn all(n) { return [twice(n), later(n), in_a_thread(n)] }"
        )
        assert module.all(3) == [12, 7, 6]

        async def main() -> Any:
            return await module.all.async_(4)

        assert on_loop(main()) == [16, 9, 8]


def test_a_builtin_runs_another_runtime() -> None:
    with harnpy.Runtime() as outer, harnpy.Runtime() as inner:
        module = inner.load("pub fn f(n) { sleep(1)\n return n + 1 }")

        @outer.builtin
        def nested(n: int) -> int:
            return module.f(n) + harnpy.run("sleep(1)\npipeline default(task) { sleep(1)\n return 100 }").value  # type: ignore[no-any-return]

        source = "pipeline default(task) { sleep(1)\n return parallel each [1, 2] { n -> nested(n) } }"
        assert outer.run(source).value == [102, 103]

        async def main() -> Any:
            return (await outer.run_async(source)).value

        assert on_loop(main()) == [102, 103]


def test_errors_pass_through_python_and_back() -> None:
    with harnpy.Runtime() as runtime:

        @runtime.builtin
        def through(f: Any) -> Any:
            return f()

        source = (
            "fn bad() {\n throw {code: 7} }\npipeline default(task) { try { through(bad) } catch e { return e.code } }"
        )
        assert runtime.run(source).value == 7
        with pytest.raises(harnpy.HarnError) as caught:
            runtime.run("fn bad() {\n throw {code: 7} }\nthrough(bad)")
        assert caught.value.value == {"code": 7}
        with pytest.raises(harnpy.HarnError, match="Division"):
            runtime.run("through({ -> 1 / 0 })")
        assert runtime.run("through({ -> exit(5) })").exit_code == 5


def test_tasks_that_are_left_over_are_cancelled_at_the_end() -> None:
    notes: list[str] = []
    source = 'pub fn go() { spawn { try { sleep(3600000) } finally { note("cleaned") } }\n sleep(1) }'
    with harnpy.Runtime() as runtime:
        runtime.register(notes.append, "note(text: string)")
        runtime.load(source).go()
        assert notes == []
    assert notes == ["cleaned"]

    async def main() -> None:
        async with harnpy.Runtime() as runtime:
            runtime.register(notes.append, "note(text: string)")
            await (await runtime.load_async(source)).go.async_()

    on_loop(main())
    assert notes == ["cleaned", "cleaned"]


def test_a_task_goes_on_during_later_calls() -> None:
    with harnpy.Runtime() as runtime:
        module = runtime.load(
            "pub fn begin() { let c = channel(1)\n spawn { sleep(1)\n send(c, 5) }\n return c }\n"
            "pub fn end(c) { return receive(c) }"
        )
        assert module.end(module.begin()) == 5


def test_a_plain_close_on_the_loop_is_enough() -> None:
    async def main() -> None:
        with harnpy.Runtime() as runtime:
            await runtime.run_async("spawn { sleep(3600000) }\nsleep(1)")
        for _ in range(5):
            await asyncio.sleep(0.002)
        with pytest.raises(RuntimeError, match="closed"):
            await runtime.run_async("1")

    on_loop(main())


@pytest.mark.parametrize("on_a_loop", [False, True])
@pytest.mark.filterwarnings("error")
def test_nothing_of_a_closed_runtime_is_left(on_a_loop: bool) -> None:
    class Witness:
        pass

    source = """
pub fn go(f) {
  let handles = parallel each [1, 2, 3] { n ->
    sleep(1)
    return f(n) }
  spawn { sleep(3600000) }
  let it = { x -> f(x) }
  try { throw "x" } catch e { }
  return [handles, it]
}
pub fn bad(f) { f(1)
  throw "x" }
"""

    def used() -> list[weakref.ref[Any]]:
        runtime = harnpy.Runtime(on_output=lambda text: None)
        witness = Witness()
        runtime.register(lambda n: (witness, n)[1], "w(n: int) -> int")
        if on_a_loop:

            async def main() -> None:
                async with runtime:
                    module = await runtime.load_async(source)
                    await module.go.async_(lambda n: (witness, n)[1])
                    with pytest.raises(harnpy.HarnError):
                        await module.bad.async_(lambda n: witness)

            on_loop(main())
        else:
            with runtime:
                module = runtime.load(source)
                module.go(lambda n: (witness, n)[1])
                with pytest.raises(harnpy.HarnError):
                    module.bad(lambda n: witness)
        return [weakref.ref(witness), weakref.ref(runtime), weakref.ref(runtime._vm)]

    refs = used()
    gc.collect()
    gc.collect()
    assert [each() for each in refs] == [None, None, None]


def test_python_modules_in_programs_work_in_an_embedded_runtime() -> None:
    source = """
import { reduce } from "py:functools"
import "py:asyncio" as aio
pub fn product(items) { return reduce({ a, b -> a * b }, items) }
pub fn wait() { return aio.sleep(0, "done") }
pub fn bad() { return reduce({ a, b -> 1 / 0 }, [1, 2]) }
"""
    with harnpy.Runtime() as runtime:
        module = runtime.load(source)
        assert [module.product([2, 3, 4]), module.wait()] == [24, "done"]
        with pytest.raises(harnpy.HarnError, match="Division by zero"):
            module.bad()

        async def main() -> Any:
            return [await module.product.async_([2, 3]), await module.wait.async_()]

        assert on_loop(main()) == [6, "done"]
