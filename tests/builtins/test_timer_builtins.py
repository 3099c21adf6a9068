"""Timers, elapsed time, the wall clock, circuit breakers."""

from __future__ import annotations

import pytest
from scripted_world import ScriptedWorld, fiber_in, run_in
from support import run_source

from harnpy.builtins import circuit_breakers
from harnpy.builtins.timers import TimerStarts, elapsed, timer_end, timer_start
from harnpy.vm.errors import HarnError


def test_a_timer_has_a_name_and_a_start() -> None:
    source = "println(timer_start(1))\nprintln(timer_start().name)"
    assert run_in(ScriptedWorld(), source) == "{name: 1, start_ms: 1774794600123}\ndefault\n"


def test_ending_a_timer_prints_and_returns_its_milliseconds() -> None:
    source = 'let t = timer_start("t")\nsleep(1234)\nprintln(timer_end(t) + 1)'
    assert run_source(source, virtual_time=True) == "[timer] t: 1234ms\n1235\n"


def test_a_timer_may_be_ended_several_times() -> None:
    source = "let t = timer_start()\nsleep(5)\ntimer_end(t)\nsleep(5)\ntimer_end(t)"
    assert run_source(source, virtual_time=True) == "[timer] default: 5ms\n[timer] default: 10ms\n"


def test_a_clock_tick_between_two_readings_is_no_millisecond() -> None:
    world = ScriptedWorld()
    fiber = fiber_in(world)
    world.virtual_clock.now = 1000.0009
    timer = timer_start(fiber)
    world.virtual_clock.now = 1000.0011
    assert timer_end(fiber, timer) == 0


def test_a_timer_made_by_hand_counts_from_its_start_ms() -> None:
    assert timer_end(fiber_in(ScriptedWorld()), {"name": "t", "start_ms": 1_774_794_600_000}) == 123


def test_a_timer_without_a_start_took_no_time() -> None:
    assert run_source('timer_end({name: "t"})') == "[timer] t: 0ms\n"


def test_a_timer_is_a_dict() -> None:
    with pytest.raises(HarnError) as caught:
        run_source("timer_end(5)")
    assert caught.value.caught == "timer_end: argument must be a timer dict from timer_start"


def test_a_program_may_start_timers_for_ever() -> None:
    starts = TimerStarts()
    for number in range(10_000):
        starts.add(str(number), number, number / 1000)
    assert len(starts._readings) == TimerStarts._KEPT


def test_elapsed_counts_from_its_first_call() -> None:
    world = ScriptedWorld()
    fiber = fiber_in(world)
    first = elapsed(fiber)
    world.virtual_clock.now += 1.5
    assert (first, elapsed(fiber)) == (0, 1500)


def test_the_wall_clock_has_many_faces() -> None:
    source = "println(timestamp())\nprintln(date_iso())\nprintln(date_now())"
    assert run_in(ScriptedWorld(), source) == (
        "1774794600.123\n2026-03-29T14:30:00.123Z\n"
        "{day: 29, hour: 14, minute: 30, month: 3, second: 0, timestamp: 1774794600.123, weekday: 0, year: 2026}\n"
    )


def test_a_breaker_opens_at_its_threshold_and_says_so_once() -> None:
    source = (
        'println(circuit_breaker("b", 2))\nprintln(circuit_record_failure("b"))\nprintln(circuit_check("b"))\n'
        'println(circuit_record_failure("b"))\nprintln(circuit_check("b"))\nprintln(circuit_record_failure("b"))'
    )
    assert run_source(source).split() == ["b", "false", "closed", "true", "open", "false"]


def test_an_open_breaker_is_half_open_after_its_reset_time() -> None:
    source = (
        'circuit_breaker("b", 1, 100)\ncircuit_record_failure("b")\nsleep(99)\nprintln(circuit_check("b"))\n'
        'sleep(1)\nprintln(circuit_check("b"))'
    )
    assert run_source(source, virtual_time=True).split() == ["open", "half_open"]


def test_a_failure_while_half_open_opens_the_breaker_anew() -> None:
    source = (
        'circuit_breaker("b", 1, 100)\ncircuit_record_failure("b")\nsleep(150)\nprintln(circuit_record_failure("b"))\n'
        'println(circuit_check("b"))\nsleep(99)\nprintln(circuit_check("b"))\nsleep(1)\nprintln(circuit_check("b"))'
    )
    assert run_source(source, virtual_time=True).split() == ["true", "open", "open", "half_open"]


@pytest.mark.parametrize("recovery", ["circuit_record_success", "circuit_reset"])
def test_recovery_closes_a_breaker_and_forgets_its_failures(recovery: str) -> None:
    source = (
        'circuit_breaker("b", 2)\ncircuit_record_failure("b")\ncircuit_record_failure("b")\n'
        f'println({recovery}("b"))\nprintln(circuit_check("b"))\nprintln(circuit_record_failure("b"))'
    )
    assert run_source(source).split() == ["nil", "closed", "false"]


def test_creating_a_breaker_again_resets_it() -> None:
    source = (
        'circuit_breaker("b", 1)\ncircuit_record_failure("b")\ncircuit_breaker("b", 1)\nprintln(circuit_check("b"))'
    )
    assert run_source(source) == "closed\n"


def test_an_unknown_breaker_is_closed_and_counts_nothing() -> None:
    source = 'println(circuit_check("no"))\nprintln(circuit_record_failure("no"))\nprintln(circuit_reset("no"))'
    assert run_source(source).split() == ["closed", "false", "nil"]


def test_the_defaults_are_five_failures_and_thirty_seconds() -> None:
    world = ScriptedWorld()
    fiber = fiber_in(world)
    assert circuit_breakers.circuit_breaker(fiber) == "default"
    opened = [circuit_breakers.circuit_record_failure(fiber) for _ in range(5)]
    world.virtual_clock.now += 29.999
    before = circuit_breakers.circuit_check(fiber)
    world.virtual_clock.now += 0.001
    assert (opened, before, circuit_breakers.circuit_check(fiber)) == ([False] * 4 + [True], "open", "half_open")


def test_the_reset_time_may_be_a_duration() -> None:
    source = 'circuit_breaker("b", 1, 2s)\ncircuit_record_failure("b")\nsleep(1999)\nprintln(circuit_check("b"))\nsleep(1)\nprintln(circuit_check("b"))'
    assert run_source(source, virtual_time=True).split() == ["open", "half_open"]


def test_tasks_share_breakers() -> None:
    source = 'circuit_breaker("b", 2)\nparallel 2 { i -> circuit_record_failure("b") }\nprintln(circuit_check("b"))'
    assert run_source(source) == "open\n"
