"""Handlers: one dict for those that a program gives, parameters by name for those of declared tools."""

from __future__ import annotations

import pytest

from harnpy.agents.current_tools import CurrentTools, tools_bound
from harnpy.agents.handlers import call_handler
from harnpy.bytecode.chunk import CompiledModule
from harnpy.bytecode.serial import deserialize, serialize
from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.vm.errors import HarnError
from harnpy.vm.fiber import Fiber
from harnpy.vm.values import Builtin, Value


def _call_tool(fiber: Fiber, registry: Value, arguments: Value) -> Value:
    return call_handler(fiber, registry["tools"][0], arguments)


def _while_bound(fiber: Fiber, tools: Value, body: Value) -> Value:
    with tools_bound(fiber, tools):
        return fiber.call(body)


def _current(fiber: Fiber) -> Value:
    return fiber.task.get(CurrentTools).value


def _through_bytes(module: CompiledModule) -> CompiledModule:
    """The module as the cache on disk gives it back."""
    return deserialize(serialize(module), module.path)


def run(source: str) -> list[str]:
    """The lines that a program prints; it has call_tool, while_bound and current as further builtins."""
    world = CapturingWorld()
    runtime = make_runtime(world=world)
    for name, function, count in (
        ("call_tool", _call_tool, 2),
        ("while_bound", _while_bound, 2),
        ("current", _current, 0),
    ):
        runtime.registry.define(Builtin(name, function, f"{name}()", frozenset(), True, count, count, False))
    try:
        runtime.run(_through_bytes(runtime.compile(source, "test.harn", use_cache=False)))
    finally:
        runtime.close()
    return world.output.splitlines()


@pytest.fixture(autouse=True, params=["off", "auto", "eager"])
def tier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARN_JIT", request.param)


SHOW = """
tool show(first: string, second: int = 2, third: int = second * 10, fourth = "four") {
  [first, second, third, fourth]
}
fn attempt(body) { try { return body() } catch (err) { return err } }
"""


def test_entries_are_bound_to_the_parameters_of_their_names_and_the_others_take_their_defaults() -> None:
    assert run(
        SHOW
        + """
println(call_tool(show, {first: "a"}))
println(call_tool(show, {fourth: "d", first: "a"}))
println(call_tool(show, {third: 7, first: "a", unknown: 1}))
println(call_tool(show, {second: 5, first: "a"}))
println(call_tool(show, {second: nil, third: 1, first: "a"}))
"""
    ) == [
        "[a, 2, 20, four]",
        "[a, 2, 20, d]",
        "[a, 2, 7, four]",
        "[a, 5, 50, four]",
        "[a, 2, 1, four]",
    ]


def test_defaults_in_the_middle_stay_right_when_the_handler_gets_hot() -> None:
    source = (
        SHOW
        + """
var sum = 0
for i in 1 to 3000 {
  let got = call_tool(show, {first: "a", third: i})
  sum = sum + got[1] + got[2]
}
println(sum)
"""
    )
    assert run(source) == [str(2 * 3000 + 3000 * 3001 // 2)]


def test_a_missing_argument_is_told_in_words_that_a_model_understands() -> None:
    told = "Tool 'pair' is missing required parameter(s): a, b. Provide all required parameters and try again."
    assert run(
        SHOW
        + """
tool pair(a, b, c = 1) { [a, b, c] }
println(attempt({ -> call_tool(pair, {}) }))
println(attempt({ -> call_tool(pair, "text") }))
println(attempt({ -> call_tool(pair, {a: nil, b: 1}) }))
"""
    ) == [told, told, "[nil, 1, 1]"]


def test_arguments_are_fitted_to_their_annotations_and_checked_by_them() -> None:
    assert run(
        SHOW
        + """
tool typed(n: int, flag: bool, tags: list<string>, mode: "on" | "off" = "off") {
  [n + 1, flag, tags, mode]
}
println(call_tool(typed, {n: "41", flag: "true", tags: "one", mode: "ON"}))
println(call_tool(typed, {n: 41, flag: false, tags: ["1", "2"]}))
println(attempt({ -> call_tool(typed, {n: "many", flag: true, tags: []}) }))
"""
    ) == [
        "[42, true, [one], on]",
        "[42, false, [1, 2], off]",
        "Runtime error: TypeError: parameter 'n' expected int, got string (many)",
    ]


def test_texts_are_never_turned_into_something_else_for_a_parameter_that_takes_them() -> None:
    assert run(
        """
tool text(s: string, any, either: int | string) { [type_of(s), type_of(any), type_of(either)] }
println(call_tool(text, {s: "5", any: "5", either: "5"}))
"""
    ) == ["[string, string, string]"]


def test_a_rest_parameter_takes_a_list_under_its_name() -> None:
    assert run(
        """
tool gather(first, ...more) { [first, more] }
println(call_tool(gather, {first: 1, more: [2, 3]}))
println(call_tool(gather, {first: 1, more: 2}))
println(call_tool(gather, {first: 1}))
"""
    ) == ["[1, [2, 3]]", "[1, [2]]", "[1, []]"]


def test_a_handler_given_in_a_config_gets_the_one_dict_whatever_its_parameters_are() -> None:
    assert run(
        """
fn entry(handler) { return tool_define(tool_registry(), "t", "", {parameters: {a: "int"}, handler: handler}) }
fn named(a, b = 2) { return [a, b] }
println(call_tool(entry({ args -> args.a }), {a: "1"}))
println(call_tool(entry({ a -> a }), {a: "1"}))
println(call_tool(entry(named), {a: 1}))
println(call_tool(entry({ -> "none" }), {a: 1}))
println(call_tool(entry(len), {a: 1, b: 2}))
"""
    ) == ["1", "{a: 1}", "[{a: 1}, 2]", "none", "2"]


def test_the_handler_of_a_declared_tool_takes_names_under_another_entry_too() -> None:
    assert run(
        SHOW
        + """
let handler = show.tools[0].handler
let other = tool_define(tool_registry(), "other", "", {parameters: {first: "text"}, handler: handler})
println(call_tool(other, {first: "a", fourth: "d"}))
println(handler("x", 3))
"""
    ) == ["[a, 2, 20, d]", "[x, 3, 30, four]"]


def test_errors_of_a_handler_are_its_own() -> None:
    assert run(
        SHOW
        + """
tool fails(a) { throw "broken " + a }
println(attempt({ -> call_tool(fails, {a: "glass"}) }))
"""
    ) == ["broken glass"]


def test_the_registry_of_a_loop_is_in_force_while_it_runs_whatever_ends_it() -> None:
    assert run(
        SHOW
        + """
fn throw_it() { throw "ended" }
tool_bind(show)
let inner = tool_define(tool_registry(), "inner", "", {parameters: {}})
println(while_bound(inner, { -> [tool_ref("inner"), await(spawn { tool_ref("inner") })] }))
println(tool_ref("show"))
println(attempt({ -> while_bound(inner, { -> throw_it() }) }))
println(tool_ref("show"))
println(attempt({ -> while_bound([{name: "x"}], { -> tool_ref("x") }) }))
println(while_bound(nil, { -> current() }))
"""
    ) == [
        "[inner, inner]",
        "show",
        "ended",
        "show",
        "tool_ref: bound tool registry is not a dict",
        "nil",
    ]


def test_what_a_task_binds_is_bound_for_it_and_its_children_only() -> None:
    assert run(
        SHOW
        + """
tool other() { 1 }
tool_bind(show)
let task = spawn {
  tool_bind(other)
  [tool_ref("other"), await(spawn { tool_ref("other") })]
}
println(await(task))
println(tool_ref("show"))
"""
    ) == ["[other, other]", "show"]


def test_no_handler_is_an_error_of_the_program() -> None:
    with pytest.raises(HarnError):
        run('println(call_tool(tool_define(tool_registry(), "t", "", {parameters: {}}), {}))')
