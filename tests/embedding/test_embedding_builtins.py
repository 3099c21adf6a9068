"""Python functions as builtins: what annotations mean, what is handed over, how they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, Literal, NamedTuple, TypedDict

import pytest

import harnpy


@pytest.fixture
def runtime() -> Iterator[harnpy.Runtime]:
    with harnpy.Runtime() as made:
        yield made


def value_of(runtime: harnpy.Runtime, expression: str) -> Any:
    return runtime.run(f"pipeline default(task) {{ return {expression} }}").value


def test_a_function_is_a_builtin_by_its_annotations(runtime: harnpy.Runtime) -> None:
    @runtime.builtin
    def greet(name: str, times: int = 2) -> str:
        return f"hello {name} " * times

    assert value_of(runtime, 'greet("Bo") + greet("Al", 1)') == "hello Bo hello Bo hello Al "
    assert greet("Cy", 1) == "hello Cy "
    assert value_of(runtime, "type_of(greet)") == "builtin"


def test_arguments_that_do_not_fit_are_refused_before_the_call(runtime: harnpy.Runtime) -> None:
    calls: list[Any] = []

    @runtime.builtin
    def take(name: str, tags: list[str] | None = None) -> None:
        calls.append((name, tags))

    value_of(runtime, 'take("a", ["b"])')
    value_of(runtime, 'take("a", nil)')
    with pytest.raises(harnpy.HarnError, match="parameter 'name' expected string, got int"):
        value_of(runtime, "take(1)")
    with pytest.raises(harnpy.HarnError, match="tags"):
        value_of(runtime, 'take("a", [1])')
    with pytest.raises(harnpy.HarnError, match="parameter 'name' expected string, got nil"):
        value_of(runtime, "take()")
    assert calls == [("a", ["b"]), ("a", None)]


def test_a_signature_can_be_given(runtime: harnpy.Runtime) -> None:
    @runtime.builtin("shout(text: string, marks: int) -> string", effects={"output"})
    def anything(text, marks=1):  # type: ignore[no-untyped-def]
        return text.upper() + "!" * marks

    assert value_of(runtime, '[shout("a"), shout("a", 3)]') == ["A!", "A!!!"]
    with pytest.raises(harnpy.HarnError, match="text"):
        value_of(runtime, "shout(1)")


@pytest.mark.parametrize("signature", ["", "x", "x(", "x() -> 1 + 1", "x(a: int)", "x() {} fn y()", "2()"])
def test_signatures_that_are_none_are_refused(runtime: harnpy.Runtime, signature: str) -> None:
    with pytest.raises(ValueError):
        runtime.register(lambda: None, signature)


def test_effects_that_do_not_exist_are_refused(runtime: harnpy.Runtime) -> None:
    with pytest.raises(ValueError, match="magic"):
        runtime.register(lambda: None, "f()", effects={"magic"})


def test_data_classes_enums_and_the_like_arrive_as_themselves(runtime: harnpy.Runtime) -> None:
    class Colour(Enum):
        RED = "red"
        BLUE = "blue"

    @dataclass
    class Point:
        x: int
        y: float = 0.5
        tags: list[str] = field(default_factory=list)

    class Options(TypedDict, total=False):
        depth: int

    class Place(NamedTuple):
        row: int
        column: int

    seen: list[Any] = []

    def take(point: Point, colour: Colour, options: Options, pair: tuple[int, str], names: frozenset[str]) -> Place:
        seen.extend([point, colour, options, pair, names])
        return Place(1, 2)

    take.__annotations__ = {
        "point": Point,
        "colour": Colour,
        "options": Options,
        "pair": tuple[int, str],
        "names": frozenset[str],
        "return": Place,
    }
    runtime.register(take)
    value = value_of(runtime, 'take({x: 1, tags: ["a"]}, "blue", {depth: 2}, [1, "b"], set("c"))')
    assert value == {"row": 1, "column": 2}
    assert seen == [Point(1, 0.5, ["a"]), Colour.BLUE, {"depth": 2}, (1, "b"), frozenset({"c"})]
    for bad in (
        '{y: 1}, "blue", {}, [1, "b"], set()',
        '{x: 1}, "green", {}, [1, "b"], set()',
        '{x: 1}, "red", {}, [1], set()',
    ):
        with pytest.raises(harnpy.HarnError):
            value_of(runtime, f"take({bad})")
    assert len(seen) == 5


def test_more_annotations(runtime: harnpy.Runtime) -> None:
    def take(
        mode: Literal["a", "b"],
        ratio: float,
        wait: timedelta,
        items: Sequence[int],
        table: Mapping[str, int],
        f: Callable[[int], int],
    ) -> Any:
        return [mode, ratio, wait, list(items), dict(table), f(2), type(ratio).__name__]

    runtime.register(take)
    assert value_of(runtime, 'take("a", 1, 2s, [1], {k: 1}, { x -> x * 4 })') == [
        "a",
        1.0,
        timedelta(seconds=2),
        [1],
        {"k": 1},
        8,
        "float",
    ]
    with pytest.raises(harnpy.HarnError, match="mode"):
        value_of(runtime, 'take("c", 1, 2s, [1], {k: 1}, { x -> x })')


def test_any_number_of_arguments_and_keyword_only_ones(runtime: harnpy.Runtime) -> None:
    runtime.register(lambda *args: list(args), "all(...args: any) -> list")

    @runtime.builtin
    def one(a: int, *, b: int = 5) -> list[int]:
        return [a, b]

    assert value_of(runtime, "[all(), all(1, nil), one(1), one(1, 2)]") == [[], [1, None], [1, 5], [1, 2]]


def test_async_functions_are_awaited_while_other_fibers_run(runtime: harnpy.Runtime) -> None:
    order: list[str] = []
    gate: list[asyncio.Event] = []

    @runtime.builtin
    async def first() -> str:
        gate.append(asyncio.Event())
        await gate[0].wait()
        order.append("first")
        return "one"

    @runtime.builtin
    async def second() -> str:
        order.append("second")
        while not gate:
            await asyncio.sleep(0)
        gate[0].set()
        return "two"

    assert value_of(runtime, "parallel each [first, second] { f -> f() }") == ["one", "two"]
    assert order == ["second", "first"]


def test_exceptions_are_errors_that_programs_catch(runtime: harnpy.Runtime) -> None:
    @runtime.builtin
    def fail(kind: str) -> None:
        if kind == "key":
            raise KeyError("k")
        raise harnpy.HarnError({"kind": kind}) if kind == "dict" else harnpy.HarnError("gone", category="not_found")

    @runtime.builtin
    async def later() -> None:
        await asyncio.sleep(0)
        raise ValueError("late")

    def caught(call: str) -> Any:
        return runtime.run(f"pipeline default(task) {{ try {{ {call} }} catch e {{ return e }} }}").value

    assert caught('fail("key")') == "KeyError: 'k'"
    assert caught('fail("dict")') == {"kind": "dict"}
    assert caught('fail("no")') == "Error [not_found]: gone"
    assert caught("later()") == "ValueError: late"
    assert value_of(runtime, 'error_category(try { fail("no") })') is not None


def test_an_uncaught_exception_is_the_cause(runtime: harnpy.Runtime) -> None:
    cause = ZeroDivisionError("oops")

    @runtime.builtin
    def fail() -> None:
        raise cause

    with pytest.raises(harnpy.HarnError) as caught:
        runtime.run("fn f() {\n  fail()\n}\nf()")
    assert caught.value.__cause__ is cause
    assert caught.value.value == "ZeroDivisionError: oops"
    assert [each.line for each in caught.value.trace] == [2, 4]


def test_a_keyboard_interrupt_is_not_swallowed(runtime: harnpy.Runtime) -> None:
    @runtime.builtin
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, harnpy.HarnCancelled)):
        runtime.run("try { stop() } catch e { println(e) }")


def test_results_that_harn_has_no_type_for_are_handed_over_as_they_are(runtime: harnpy.Runtime) -> None:
    class Box:
        def __init__(self) -> None:
            self.items = [1, 2]

        def total(self) -> int:
            return sum(self.items)

    box = Box()
    runtime.register(lambda: box, "box()")
    assert value_of(runtime, "box()") is box
    assert value_of(runtime, "[box().total(), box().items[1], type_of(box())]") == [3, 2, "python"]


def test_results_that_cannot_be_taken_over_are_errors(runtime: harnpy.Runtime) -> None:
    loop: list[Any] = []
    loop.append(loop)
    runtime.register(lambda: loop, "endless()")
    runtime.register(lambda: {1: 2}, "numbered()")
    with pytest.raises(harnpy.HarnError, match="contains itself"):
        value_of(runtime, "endless()")
    with pytest.raises(harnpy.HarnError, match="keys of Harn dicts are strings"):
        value_of(runtime, "numbered()")


def test_collections_are_copied_both_ways(runtime: harnpy.Runtime) -> None:
    kept: list[Any] = []
    mine = [1]
    runtime.register(lambda values: kept.append(values) or mine, "swap(values)")
    source = "pipeline default(task) { var a = [1]\n var b = swap(a)\n b.push(9)\n b = b + [2]\n return [a, b] }"
    a, b = runtime.run(source).value
    kept[0].append(5)
    mine.append(6)
    assert a == [1]
    assert b[0] == 1 and b[-1] == 2
    assert mine == [1, 6]


def test_a_builtin_can_be_replaced(runtime: harnpy.Runtime) -> None:
    runtime.register(lambda: 1, "answer() -> int")
    assert value_of(runtime, "answer()") == 1
    runtime.register(lambda: 2, "answer() -> int")
    assert value_of(runtime, "answer()") == 2


def test_denied_builtins_of_ones_own_are_refused() -> None:
    with harnpy.Runtime(deny={"mine"}) as runtime:
        runtime.register(lambda: 1, "mine()")
        with pytest.raises(harnpy.HarnError, match="not permitted"):
            runtime.run("mine()")


def test_builtins_of_ones_own_are_allowed_where_a_list_says_what_is() -> None:
    with harnpy.Runtime(allow=set()) as runtime:
        runtime.register(lambda: 1, "mine() -> int")
        assert runtime.run("pipeline default(task) { return mine() }").value == 1


@pytest.mark.parametrize("jit", ["off", "auto", "eager"])
def test_all_tiers_call_builtins(jit: Literal["off", "auto", "eager"]) -> None:
    with harnpy.Runtime(jit=jit) as runtime:
        calls: list[int] = []

        @runtime.builtin
        def note(n: int) -> int:
            calls.append(n)
            return n + 1

        source = (
            "pipeline default(task) { var sum = 0\n for i in 0 to 3000 exclusive { sum = sum + note(i) }\n return sum }"
        )
        assert runtime.run(source).value == sum(range(1, 3001))
        assert calls == list(range(3000))
