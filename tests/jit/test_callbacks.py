"""Callbacks of methods: entered directly once their function is translated, with all that a call of them would do."""

from __future__ import annotations

import pytest
from support import run_source
from tiers import assert_tiers_agree

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_registry
from harnpy.jit.tier import HOT, JitTier
from harnpy.vm.runtime import Runtime

COUNT = 3 * HOT

WALKS = {
    "map": "println(xs.map({ x -> x * 2 }).sum())",
    "filter": "println(xs.filter({ x -> x % 3 }).count())",
    "reduce": "println(xs.reduce(0, { sum, x -> sum + x }))",
    "find_index": f"println(xs.find_index({{ x -> x == {COUNT - 1} }}))",
    "group_by": "println(xs.group_by({ x -> x % 2 == 0 ? 1 : '1' }).keys())".replace("'", '"'),
    "sort_by": "println(xs.sort_by({ x -> pair(x % 3, -x) }).take(3))",
    "errors": f"println(try {{ xs.map({{ x -> x == {COUNT - 2} ? 1 / 0 : x }}) }} catch (e) {{ e }})",
    "kinds that change": f"println(xs.map({{ x -> x }}).map({{ x -> x < {COUNT - 5} ? x : [x] }}).map({{ x -> x + x }}).last())",
    "surplus parameters": "println(xs.map({ x, y -> [x, y] }).last())",
    "rest parameters": "println(xs.map({ ...all -> all }).last())",
    "lazy map": "println(iter(xs).map({ x -> x * 2 }).filter({ x -> x % 3 }).to_list().sum())",
    "lazy reduce": "println(iter(xs).reduce(0, { sum, x -> sum + x }))",
    "dicts": "println({a: 1, b: 0}.filter({ x -> x }))",
    "sets": "println(set(xs).map({ x -> x % 4 }))",
    "builtins": "println([xs.map(to_string).last(), xs.filter(is_ok), xs.map(len).sum()])",
    "durations": "println([0ms, 5ms].filter({ d -> d }))",
}


@pytest.mark.parametrize("walk", WALKS)
def test_a_callback_that_is_translated_in_the_middle_of_a_walk_gives_what_the_interpreter_gives(walk):
    source = f"let xs = range({COUNT}).to_list()\n{WALKS[walk]}"
    world = CapturingWorld()
    runtime = Runtime(make_registry(), world=world)
    runtime.tier = JitTier(runtime, eager=False)
    try:
        runtime.run(runtime.compile(source, "program.harn", use_cache=False))
    finally:
        runtime.close()
    assert world.output == run_source(source)
    assert_tiers_agree(source)


@pytest.mark.parametrize(
    "call",
    [
        "[n].map({ x -> f(x + 1) })",
        "[1].reduce(1, { sum, x -> f(n + 1) })",
        "[n].sort_by({ x -> f(x + 1) })",
        "iter([n]).map({ x -> f(x + 1) }).to_list()",
        "iter([n]).flat_map({ x -> f(x + 1) }).first()",
    ],
)
def test_callbacks_without_end_are_a_stack_overflow_in_both_tiers(call):
    source = f'fn f(n) {{ return {call} }}\nprintln(try {{ f(0) }} catch (e) {{ e }})\nprintln("went on")'
    assert assert_tiers_agree(source) == ("Stack overflow: too many nested calls\nwent on\n", "")


def test_an_error_in_a_callback_names_every_function_on_its_way():
    source = """
fn half(x) { return 1 / x }
fn each(xs) { return xs.map({ x -> half(x) }) }
fn lazy(xs) { return iter(xs).filter({ x -> half(x) }).to_list() }
fn pick(choice) { return choice == 1 ? each([1, 0]) : lazy([1, 0]) }
pick(CHOICE)
"""
    for choice in ("1", "2"):
        _, report = assert_tiers_agree(source.replace("CHOICE", choice))
        for name in ("half", "pick"):
            assert name in report
