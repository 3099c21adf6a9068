"""A wake-up reaches somebody who can use it, also when the one it was meant for does not come."""

from __future__ import annotations

from virtual_runs import run_virtually


def test_a_value_for_a_receiver_that_is_cancelled_goes_to_the_next_one():
    source = """
let c = channel("c", 4)
let first = spawn { receive(c) }
let second = spawn { receive(c) }
sleep(1)
send(c, "value")
cancel(first)
println(await(second))
"""
    assert run_virtually(source) == "value\n"


def test_a_value_for_a_receiver_whose_time_is_over_goes_to_the_next_one():
    source = """
let c = channel("c", 4)
let first = spawn { try { deadline 5ms { receive(c) } } catch (e) { e } }
let second = spawn { receive(c) }
let sender = spawn { sleep(5)
  send(c, "value") }
println([await(first), await(second)])
"""
    assert run_virtually(source) == "[Deadline exceeded, value]\n"


def test_room_for_a_sender_that_is_cancelled_goes_to_the_next_one():
    source = """
let c = channel("c", 1)
send(c, 0)
let first = spawn { send(c, 1) }
let second = spawn { send(c, 2) }
sleep(1)
receive(c)
cancel(first)
println([await(second), receive(c)])
"""
    assert run_virtually(source) == "[true, 2]\n"


def test_a_value_that_a_select_passes_by_goes_to_a_receiver():
    source = """
let a = channel("a", 4)
let b = channel("b", 4)
let chooser = spawn { select { v from a { v } v from b { v } } }
let receiver = spawn { receive(b) }
sleep(1)
send(b, "of b")
send(a, "of a")
println([await(chooser), await(receiver)])
"""
    assert run_virtually(source) == "[of a, of b]\n"


def test_a_value_for_a_select_that_is_cancelled_goes_to_a_receiver():
    source = """
let a = channel("a", 4)
let b = channel("b", 4)
let chooser = spawn { select { v from a { v } v from b { v } } }
let receiver = spawn { receive(b) }
sleep(1)
send(b, "of b")
cancel(chooser)
println(await(receiver))
"""
    assert run_virtually(source) == "of b\n"


def test_the_lock_goes_on_when_the_next_in_line_is_cancelled():
    source = """
let first = spawn { mutex { println("never") } }
let second = spawn { mutex { sleep(1) }
  "got it" }
mutex { sleep(5) }
cancel(first)
println(await(second))
"""
    assert run_virtually(source) == "got it\n"


def test_closing_wakes_every_blocked_receiver():
    source = """
let c = channel("c")
let plain = spawn { receive(c) }
let looping = spawn { for x in c { println(x) }
  "ended" }
let lazy = spawn { iter(c).to_list() }
let chooser = spawn { select { v from c { v } }
  "chose nothing" }
sleep(1)
close_channel(c)
println([await(plain), await(looping), await(lazy), await(chooser)])
"""
    assert run_virtually(source) == "[nil, ended, [], chose nothing]\n"


def test_closing_wakes_every_blocked_sender_and_keeps_what_is_buffered():
    source = """
let c = channel("c", 1)
send(c, "kept")
let one = spawn { send(c, 1) }
let two = spawn { send(c, 2) }
sleep(1)
close_channel(c)
println([await(one), await(two), receive(c), receive(c)])
"""
    assert run_virtually(source) == "[false, false, kept, nil]\n"


def test_a_receiver_that_is_cancelled_takes_nothing():
    source = """
let c = channel("c")
let gone = spawn { receive(c) }
sleep(1)
cancel(gone)
sleep(1)
send(c, 1)
println(try_receive(c))
"""
    assert run_virtually(source) == "1\n"


def test_a_value_goes_to_the_receiver_that_waits_longest():
    source = """
let c = channel("c")
let tasks = [spawn { receive(c) }, spawn { receive(c) }, spawn { receive(c) }]
sleep(1)
for i in 1 to 3 { send(c, i) }
println(tasks.map({ t -> await(t) }))
"""
    assert run_virtually(source) == "[1, 2, 3]\n"


def test_an_interrupted_await_may_be_repeated():
    source = """
let h = spawn { sleep(10)
  "value" }
let early = try { deadline 1ms { await(h) } } catch (e) { e }
println([early, await(h), await(h)])
"""
    assert run_virtually(source) == "[Deadline exceeded, value, nil]\n"


def test_every_task_that_awaits_gets_the_value():
    source = """
let h = spawn { sleep(5)
  7 }
println(parallel 3 { i -> await(h) + i })
"""
    assert run_virtually(source) == "[7, 8, 9]\n"
