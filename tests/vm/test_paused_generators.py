"""A paused generator keeps what its body has entered to itself, and several tasks may pull from it."""

from __future__ import annotations

import pytest
from virtual_runs import run_virtually

from harnpy.vm.errors import HarnError


def test_a_deadline_inside_does_not_count_while_the_generator_is_paused():
    source = """
fn g() { deadline 10ms { yield 1
  yield 2 } }
let it = g()
it.next()
sleep(1h)
println("not interrupted")
"""
    assert run_virtually(source) == "not interrupted\n"


def test_a_deadline_inside_has_passed_when_the_generator_goes_on_too_late():
    source = """
fn g() { deadline 10ms { yield 1
  sleep(1)
  yield 2 } }
let it = g()
it.next()
sleep(1h)
println(try { it.next() } catch (e) { e })
"""
    assert run_virtually(source) == "Deadline exceeded\n"


def test_deadlines_of_a_generator_and_of_who_pulls_do_not_mix():
    source = """
fn g() { deadline 50ms { yield 1
  yield 2 }
  yield 3 }
let it = g()
let began = timestamp()
it.next()
let r = try { deadline 100ms { it.next()
  it.next()
  sleep(1h) } } catch (e) { e }
println([r, round((timestamp() - began) * 1000)])
"""
    assert run_virtually(source) == "[Deadline exceeded, 100]\n"


def test_the_lock_is_free_while_the_generator_that_entered_it_is_paused():
    source = """
fn g() { mutex { yield 1
  yield 2 } }
let it = g()
it.next()
let h = spawn { mutex { "entered" }
  "free" }
println([await(h), it.next(), it.next()])
let again = spawn { mutex { } 
  "free" }
println(await(again))
"""
    assert run_virtually(source) == "[free, {done: false, value: 2}, {done: true, value: nil}]\nfree\n"


def test_a_generator_takes_the_lock_again_before_it_goes_on():
    source = """
let log = channel("log", 10)
fn g() { mutex { yield 1
  send(log, "generator") } }
let it = g()
it.next()
let h = spawn { mutex { sleep(10)
  send(log, "task") } }
sleep(1)
it.next()
close_channel(log)
println(iter(log).to_list())
"""
    assert run_virtually(source) == "[task, generator]\n"


def test_tasks_that_pull_from_one_generator_wait_for_their_turn():
    source = """
fn g() { for i in 1 to 6 { sleep(10)
  yield i } }
let it = g()
let parts = parallel 2 { i -> var mine = []
  for x in it { mine = mine + [x]
    sleep(1) }
  mine }
println([len(parts[0]) > 0, len(parts[1]) > 0, (parts[0] + parts[1]).sort()])
"""
    assert run_virtually(source) == "[true, true, [1, 2, 3, 4, 5, 6]]\n"


def test_a_cancelled_puller_hands_its_turn_on():
    source = """
fn g() { sleep(10)
  yield 1
  yield 2 }
let it = g()
let first = spawn { it.next() }
let second = spawn { it.next() }
let third = spawn { it.next() }
sleep(1)
cancel(second)
println([await(first), await(third)])
"""
    assert run_virtually(source) == "[{done: false, value: 1}, {done: false, value: 2}]\n"


def test_a_generator_that_pulls_from_itself_is_an_error():
    source = """
let box = channel("box", 1)
fn g() { let me = receive(box)
  yield me.next() }
let it = g()
send(box, it)
it.next()
"""
    with pytest.raises(HarnError, match="generator is already running"):
        run_virtually(source)


def test_a_passed_deadline_ends_retrying():
    source = """
let tries = atomic(0)
println(try { deadline 10ms { retry 5 { atomic_add(tries, 1)
  sleep(1h) } } } catch (e) { e })
println(atomic_get(tries))
"""
    assert run_virtually(source) == "Deadline exceeded\n1\n"


def test_a_deadline_inside_each_attempt_lets_retry_go_on():
    source = """
let tries = atomic(0)
println(try { retry 3 { atomic_add(tries, 1)
  deadline 10ms { sleep(1h) } } } catch (e) { e })
println(atomic_get(tries))
"""
    assert run_virtually(source) == "Deadline exceeded\n3\n"


def test_a_generator_moves_between_tasks():
    source = """
fn g() { var i = 0
  while true { i = i + 1
    yield i } }
let it = g()
let a = it.next().value
let h = spawn { it.next().value }
let b = await(h)
println([a, b, it.next().value])
"""
    assert run_virtually(source) == "[1, 2, 3]\n"
