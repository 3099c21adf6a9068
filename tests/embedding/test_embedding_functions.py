"""Harn functions and values on the Python side."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harnpy

SOURCE = """
/// Adds two numbers.
///
/// The second is 2 unless it is said.
pub fn add(a: int, b: int = 2) -> int { return a + b }
pub fn three(a, b = 10, c = 100) { return [a, b, c] }
pub fn rest(first, ...others) { return [first, others] }
pub fn adder(n: int) { return { x -> x + n } }
pub fn apply(f, x) { return f(x) }
pub fn same(x) { return x }
pub fn numbers(n: int) { for i in 0 to n exclusive { yield i } }
struct Point { x: int
  y: int }
impl Point { fn sum(self) { return self.x + self.y } }
pub fn point(x: int, y: int) -> Point { return Point({x: x, y: y}) }
pub fn sum(p: Point) -> int { return p.sum() }
enum Shape { Circle(radius: float)
  Dot }
pub fn circle(r: float) -> Shape { return Shape.Circle(r) }
pub fn radius(s: Shape) { match s { Shape.Circle(r) -> { return r }  Shape.Dot -> { return 0 } } }
pub fn checked(ok: bool) -> Result<int, string> { if ok { return Ok(1) }
  return Err("no") }
pub fn fails(x) { throw x }
pub fn leave() { exit(4) }
pub fn say(x) { println(x) }
fn hidden() { return 1 }
"""


@pytest.fixture(scope="module")
def module() -> Iterator[harnpy.Module]:
    with harnpy.Runtime() as runtime:
        yield runtime.load(SOURCE)


def test_functions_are_attributes_entries_and_names(module: harnpy.Module) -> None:
    assert module.add(1, 2) == module.functions["add"](1, 2) == module.call("add", 1, 2) == 3
    assert "add" in dir(module) and "hidden" not in module.functions
    with pytest.raises(AttributeError, match="did you mean 'add'"):
        module.ad(1)
    with pytest.raises(AttributeError):
        module.hidden()
    with pytest.raises(AttributeError):
        module.call("nothing")


def test_arguments_by_place_and_by_name(module: harnpy.Module) -> None:
    assert [module.add(1), module.add(b=5, a=1), module.add(1, b=3)] == [3, 6, 4]
    assert module.three(1, c=3) == [1, 10, 3]
    assert module.rest(1, 2, 3) == [1, [2, 3]]
    for call in (
        lambda: module.add(),
        lambda: module.add(1, 2, 3),
        lambda: module.add(1, a=2),
        lambda: module.add(1, c=2),
        lambda: module.add(b=1),
    ):
        with pytest.raises(TypeError, match=r"add\(\)"):
            call()


def test_arguments_are_checked_by_harn(module: harnpy.Module) -> None:
    with pytest.raises(harnpy.HarnError, match="parameter 'a' expected int, got string"):
        module.add("1")
    with pytest.raises(harnpy.HarnError, match="parameter 'b'"):
        module.add(1, b=None)


def test_functions_describe_themselves(module: harnpy.Module) -> None:
    assert str(inspect.signature(module.add)) == "(a: int, b: int = Ellipsis) -> int"
    assert module.add.__annotations__ == {"a": int, "b": int, "return": int}
    assert module.add.__doc__ == "Adds two numbers.\n\nThe second is 2 unless it is said."
    assert (module.add.__name__, module.say.__doc__) == ("add", None)
    assert str(inspect.signature(module.rest)) == "(first, *others)"
    assert inspect.signature(module.point).return_annotation is harnpy.Struct


def test_closures_live_on(module: harnpy.Module) -> None:
    add_five = module.adder(5)
    assert isinstance(add_five, harnpy.Function)
    assert [add_five(1), module.apply(add_five, 2), module.same(add_five) == add_five] == [6, 7, True]
    assert module.apply(module.add, 1) == 3


def test_python_functions_are_arguments(module: harnpy.Module) -> None:
    assert module.apply(lambda x: x * 3, 2) == 6
    assert module.apply(str.upper, "a") == "A"


def test_iterators_are_lazy_and_end(module: harnpy.Module) -> None:
    huge = module.numbers(10**9)
    assert isinstance(huge, harnpy.HarnIterator)
    assert [next(huge), next(huge)] == [0, 1]
    short = module.numbers(2)
    assert list(short) == [0, 1]
    assert list(short) == []


def test_structs_are_read_only_mappings(module: harnpy.Module) -> None:
    point = module.point(1, 2)
    assert isinstance(point, harnpy.Struct)
    assert (point["x"], point.y, dict(point), len(point), point.struct_name) == (1, 2, {"x": 1, "y": 2}, 2, "Point")
    assert point == module.point(1, 2) == {"x": 1, "y": 2}
    assert point != module.point(2, 2)
    assert repr(point) == "Point {x: 1, y: 2}"
    with pytest.raises(TypeError):
        point["x"] = 2  # type: ignore[index]
    with pytest.raises(AttributeError, match="no field 'z'"):
        point.z  # noqa: B018
    assert module.sum(point) == 3


def test_structs_are_made_of_what_has_the_fields(module: harnpy.Module) -> None:
    @dataclass
    class Place:
        x: int
        y: int

    assert module.sum({"x": 1, "y": 2}) == module.sum(Place(1, 2)) == 3


def test_enum_values_can_be_matched(module: harnpy.Module) -> None:
    circle = module.circle(2.0)
    match circle:
        case harnpy.EnumValue("Shape", "Circle", (radius,)):
            assert radius == 2.0
        case _:
            pytest.fail("no match")
    assert module.radius(circle) == 2.0
    assert circle == module.circle(2.0) and circle != module.circle(3.0)


def test_results(module: harnpy.Module) -> None:
    good, bad = module.checked(True), module.checked(False)
    assert isinstance(good, harnpy.Result)
    assert (bool(good), good.value, good.error, good.unwrap()) == (True, 1, None, 1)
    assert (bool(bad), bad.value, bad.error) == (False, None, "no")
    with pytest.raises(harnpy.HarnError, match="no"):
        bad.unwrap()


def test_errors_and_exit_of_functions(module: harnpy.Module) -> None:
    with pytest.raises(harnpy.HarnError) as caught:
        module.fails({"a": [1]})
    assert caught.value.value == {"a": [1]}
    with pytest.raises(harnpy.HarnExit) as ended:
        module.leave()
    assert ended.value.code == 4
    assert module.add(1) == 3  # goes on after both


def test_output_of_functions_goes_to_the_host(capsys: pytest.CaptureFixture[str]) -> None:
    pieces: list[str] = []
    with harnpy.Runtime(on_output=pieces.append) as runtime:
        runtime.load("pub fn say(x) { println(x) }").say("a")
    assert pieces == ["a\n"]
    with harnpy.Runtime() as runtime:
        runtime.load("pub fn say(x) { println(x) }").say("b")
    assert capsys.readouterr().out == "b\n"


def test_values_of_other_runtimes_are_refused(module: harnpy.Module) -> None:
    with harnpy.Runtime() as other, pytest.raises(TypeError, match="another runtime"):
        other.load("pub fn same(x) { return x }").same(module.point(1, 2))


def test_modules_of_files_import_beside_them(tmp_path: Path) -> None:
    (tmp_path / "lib.harn").write_text("pub fn two() { return 2 }")
    (tmp_path / "main.harn").write_text('import { two } from "./lib"\npub fn four() { return two() * 2 }')
    with harnpy.Runtime() as runtime:
        module = runtime.load(tmp_path / "main.harn")
        assert module.four() == 4
        assert module.path == str(tmp_path / "main.harn")
    with harnpy.Runtime(cwd=tmp_path) as runtime:
        assert runtime.load("main.harn").four() == 4
        assert runtime.load('import { two } from "./lib"\npub fn six() { return two() * 3 }').six() == 6


def test_top_level_code_of_a_module_runs_once_and_its_state_stays() -> None:
    with harnpy.Runtime() as runtime:
        module = runtime.load("let counter = atomic(0)\npub fn next() { return atomic_add(counter, 1) }")
        module.next()
        assert module.next() - module.next() == -1


def test_all_functions_are_exported_where_none_is_pub() -> None:
    with harnpy.Runtime() as runtime:
        assert set(runtime.load("fn a() {}\nfn b() {}").functions) == {"a", "b"}


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.timedeltas(min_value=timedelta(days=-9), max_value=timedelta(days=9)).map(
        lambda each: timedelta(milliseconds=each // timedelta(milliseconds=1))
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=100)
@given(PLAIN)
def test_plain_values_come_back_equal_and_of_the_same_type(module: harnpy.Module, value: Any) -> None:
    def types(each: Any) -> Any:
        if isinstance(each, list):
            return [types(item) for item in each]
        return {key: types(item) for key, item in each.items()} if isinstance(each, dict) else type(each)

    back = module.same(value)
    assert back == value
    assert types(back) == types(value)
    if isinstance(value, list | dict):
        assert back is not value
