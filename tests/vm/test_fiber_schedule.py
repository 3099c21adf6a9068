"""When tasks run, in which order their output appears, what time does, and how the program ends."""

from __future__ import annotations

import time

import pytest
from support import make_test_runtime, run_source
from virtual_runs import run_virtually

from harnpy.vm.errors import ExitProgram, HarnError


def ended_with(source):
    """Output of a program that exits, and its code."""
    runtime = make_test_runtime(virtual_time=True)
    try:
        with pytest.raises(ExitProgram) as caught:
            runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return runtime.world.output, caught.value.code


ORDERS = {
    "a task starts when the main task suspends": (
        'let h = spawn { println("task") }\nprintln("main")\nawait(h)',
        "main\ntask\n",
    ),
    "ready tasks run first in, first out": (
        'let log = channel("l")\nlet a = spawn { send(log, "a") }\nlet b = spawn { send(log, "b") }\n'
        'let c = spawn { send(log, "c") }\nawait(c)\nfor i in 1 to 3 { println(receive(log)) }',
        "a\nb\nc\n",
    ),
    "a task that cannot go on does not hold up others": (
        'let log = channel("l")\nlet gate = channel("g")\nlet a = spawn { send(log, receive(gate)) }\n'
        'let b = spawn { send(log, "b")\nsend(gate, "a") }\nprintln(receive(log))\nprintln(receive(log))',
        "b\na\n",
    ),
    "parallel tasks run one after another until they wait": (
        'let log = channel("l")\nparallel 2 { i -> send(log, "${i} begins")\nsleep(5)\nsend(log, "${i} ends") }\n'
        "close_channel(log)\nfor x in log { println(x) }",
        "0 begins\n1 begins\n0 ends\n1 ends\n",
    ),
    "max_concurrent starts the next task when one is done": (
        'let log = channel("l")\nparallel each [30, 10, 10] with { max_concurrent: 2 } { ms -> send(log, "begin ${ms}")\n'
        'sleep(ms)\nsend(log, "end ${ms}") }\nclose_channel(log)\nfor x in log { println(x) }',
        "begin 30\nbegin 10\nend 10\nbegin 10\nend 10\nend 30\n",
    ),
    "sleepers wake in the order of their times": (
        'let log = channel("l")\nparallel each [30, 10, 20] { ms -> sleep(ms)\nsend(log, ms) }\n'
        "close_channel(log)\nfor x in log { println(x) }",
        "10\n20\n30\n",
    ),
    "sleeping for nothing gives nobody a turn": (
        'let h = spawn { println("task") }\nsleep(0)\nsleep(-5)\nsleep("x")\nprintln("main")\nawait(h)',
        "main\ntask\n",
    ),
    "output of parallel tasks appears in index order": (
        'parallel each [3, 1, 2] { x -> println("a${x}")\nsleep(x)\nprintln("b${x}") }\nprintln("after")',
        "a3\nb3\na1\nb1\na2\nb2\nafter\n",
    ),
    "output of a task appears where it is awaited": (
        'let h = spawn { println("one")\nsleep(5)\nprintln("two")\n3 }\nsleep(100)\nprintln("before")\n'
        'println(await(h))\nprintln("after")',
        "before\none\ntwo\n3\nafter\n",
    ),
    "output of nested tasks is joined from the inside": (
        'let h = spawn { println("outer")\nlet g = spawn { println("inner") }\nawait(g)\nprintln("outer again") }\nawait(h)',
        "outer\ninner\nouter again\n",
    ),
    "output of a task that is never awaited is dropped": (
        'let h = spawn { println("lost") }\nsleep(5)\nprintln("main")',
        "main\n",
    ),
    "output of tasks before and behind a failing one is kept": (
        'try { parallel 3 { i -> println(i)\nif i == 1 { throw "x" } } } catch (e) { println(e) }',
        "0\n1\n2\nx\n",
    ),
    "an error in a task that nobody awaits is silent": (
        'let h = spawn { throw "lost" }\nlet g = spawn { 1 / 0 }\nsleep(5)\nprintln("main")',
        "main\n",
    ),
    "an error of a task is raised where it is awaited": (
        "enum E { Bad(n) }\nlet h = spawn { throw E.Bad(3) }\ntry { await(h) } catch (e: E) { println(e.fields) }",
        "[3]\n",
    ),
    "the first failing task by index decides": (
        "println(try { parallel each [20, 10] { ms -> sleep(ms)\nthrow ms } } catch (e) { e })",
        "20\n",
    ),
    "tasks that still run when main ends are dropped": (
        'let h = spawn { try { sleep(1h) } finally { println("never") } }\nsleep(5)\nprintln("end")',
        "end\n",
    ),
    "ids of handles count up in each task": (
        "let a = spawn { nil }\nlet b = spawn { let c = spawn { nil }\nc }\nprintln([a, b, await(b)])",
        "[<task:vm_task_1>, <task:vm_task_2>, <task:vm_task_1>]\n",
    ),
}


@pytest.mark.parametrize("rule", ORDERS)
def test_order(rule):
    source, expected = ORDERS[rule]
    assert run_virtually(source) == expected


def test_an_hour_of_sleep_takes_no_time():
    began = time.monotonic()
    assert run_virtually("let a = timestamp()\nsleep(1h)\nsleep(30m)\nprintln(round(timestamp() - a))") == "5400\n"
    assert time.monotonic() - began < 30


def test_virtual_time_stands_still_while_anything_can_run():
    source = """
let began = timestamp()
let busy = spawn { var i = 0
  while i < 20000 { i = i + 1 }
  round((timestamp() - began) * 1000) }
let quick = spawn { sleep(10)
  round((timestamp() - began) * 1000) }
println([await(busy), await(quick)])
"""
    assert run_virtually(source) == "[0, 10]\n"


def test_a_thousand_sleepers_sleep_together():
    assert (
        run_virtually(
            "let a = timestamp()\nparallel 1000 { i -> sleep(1000 + i) }\nprintln(round((timestamp() - a) * 1000))"
        )
        == "1999\n"
    )


def workers_left_after(source):
    """How many greenlets a program keeps for tasks to come when it has ended."""
    runtime = make_test_runtime(virtual_time=True)
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
        return len(runtime.scheduler._idle_workers)
    finally:
        runtime.close()


def test_tasks_that_do_not_wait_share_one_greenlet():
    assert workers_left_after("parallel 500 { i -> i }\nfor i in 1 to 20 { await(spawn { i }) }") == 1


def test_few_of_the_greenlets_that_tasks_have_waited_in_are_kept():
    assert 1 < workers_left_after("parallel 500 { i -> sleep(10) }") < 500


def test_a_greenlet_takes_nothing_from_one_task_to_the_next():
    source = """
let failed = try { await(spawn { deadline 1s { throw "lost" } }) } catch (e) { e }
let late = try { await(spawn { deadline 5ms { sleep(1s) } }) } catch (e) { e }
println([failed, late, await(spawn { sleep(10s)
  is_cancelled() })])
"""
    assert run_virtually(source) == "[lost, Deadline exceeded, false]\n"


def test_tasks_that_are_started_and_cancelled_before_their_turn_leave_room_for_others():
    source = """
let tasks = range(5).map({ i -> spawn { println("${i}")
  i } }).to_list()
cancel(tasks[1])
cancel(tasks[3])
println(tasks.map({ each -> await(each) }))
"""
    assert run_virtually(source) == "0\n2\n4\n[0, nil, 2, nil, 4]\n"


def test_exit_in_a_task_ends_the_program_with_its_code():
    source = 'println("before")\nlet h = spawn { exit(7) }\nsleep(1h)\nprintln("after")'
    assert ended_with(source) == ("before\n", 7)


def test_exit_in_a_parallel_task_ends_the_program_with_its_code():
    assert ended_with('parallel 3 { i -> if i == 1 { exit(4) }\nsleep(1h) }\nprintln("after")') == ("", 4)


def test_exit_in_a_task_that_is_awaited_ends_the_program_with_its_code():
    assert ended_with('let h = spawn { exit(2) }\ntry { await(h) } catch { println("caught") }') == ("", 2)


def test_exit_runs_no_cleanup_and_is_not_caught():
    source = 'fn f() { defer { println("deferred") }\ntry { exit(3) } catch { println("caught") } finally { println("f") } }\nf()'
    assert ended_with(source) == ("", 3)


def test_exit_in_a_task_ends_a_busy_program():
    source = "let h = spawn { sleep(1)\nexit(5) }\nwhile true { }"
    runtime = make_test_runtime()
    try:
        with pytest.raises(ExitProgram) as caught:
            runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    assert caught.value.code == 5


def test_a_program_that_never_waits_starts_no_loop():
    runtime = make_test_runtime()
    runtime.run(
        runtime.compile("var i = 0\nwhile i < 10 { i = i + 1 }\ndeadline 5s { sleep(0) }", "t.harn", use_cache=False)
    )
    assert not runtime.scheduler.has_loop
    runtime.close()


def test_a_timer_fires_beside_a_busy_loop():
    source = """
let fired = atomic(0)
let timer = spawn { sleep(10)
  atomic_set(fired, 1) }
while atomic_get(fired) == 0 { }
println("fired")
"""
    assert run_source(source) == "fired\n"


def test_two_busy_loops_both_progress():
    source = """
let a = atomic(0)
let b = atomic(0)
let one = spawn { while atomic_get(b) == 0 { atomic_add(a, 1) } }
let two = spawn { while atomic_get(a) == 0 { }
  atomic_set(b, 1)
  "both" }
println(await(two))
await(one)
"""
    assert run_source(source) == "both\n"


def test_busy_recursion_gives_others_a_turn():
    source = """
let stop = atomic(0)
fn spin(n) { if atomic_get(stop) == 1 { return n }
  return spin(n + 1) }
let timer = spawn { sleep(5)
  atomic_set(stop, 1) }
println(spin(0) > 0)
"""
    assert run_source(source) == "true\n"


def test_an_endless_callback_gives_others_a_turn():
    source = """
let stop = atomic(0)
let timer = spawn { sleep(5)
  atomic_set(stop, 1) }
let xs = iter(0 to 1000000000).map({ x -> atomic_get(stop) }).find({ x -> x == 1 })
println(xs)
"""
    assert run_source(source) == "1\n"


def test_two_runtimes_do_not_see_each_other():
    one, two = make_test_runtime(virtual_time=True), make_test_runtime(virtual_time=True)
    for runtime in (one, two):
        runtime.run(runtime.compile("let h = spawn { println(1) }\nawait(h)\nprintln(h)", "t.harn", use_cache=False))
        runtime.close()
    assert one.world.output == two.world.output == "1\n<task:vm_task_1>\n"


def test_a_closed_runtime_leaves_no_running_loop():
    runtime = make_test_runtime(virtual_time=True)
    runtime.run(runtime.compile("let h = spawn { sleep(1h) }\nsleep(1)", "t.harn", use_cache=False))
    runtime.close()
    runtime.close()
    assert runtime.scheduler.loop.is_closed()


def test_an_error_in_main_ends_the_program_whatever_still_waits():
    with pytest.raises(HarnError, match="over"):
        run_virtually('let h = spawn { sleep(1h) }\nsleep(1)\nthrow "over"')
