"""Python objects of every kind in Harn programs: what the language does to them is what Python does, as Harn values."""

from __future__ import annotations

import pytest

HEAD = """import "py:odd_things" as odd
import { Raising, Vector, Money, Point, Order, Made, Anything, Slotted, Colour, Level, Celsius, Count } from "py:odd_things"
struct S { x: int }
"""

SHOWN = [
    # objects of which everything fails
    ("Raising()", "<Raising object>"),
    ("try { Raising().part }", "Result.Err(ValueError: no part)"),
    ("try { if Raising() { 1 } else { 2 } }", "Result.Err(RuntimeError: no truth)"),
    ("try { !Raising() }", "Result.Err(RuntimeError: no truth)"),
    ("try { len(Raising()) }", "Result.Err(OSError: no length)"),
    ("try { Raising() == 1 }", "Result.Err(ArithmeticError: no equality)"),
    ("try { [Raising()].contains(1) }", "Result.Err(ArithmeticError: no equality)"),
    ("Raising() == nil", "false"),
    ("nil != Raising()", "true"),
    # names
    ("Anything().thing", "THING"),
    (
        "try { Slotted().hear }",
        "Result.Err(AttributeError: 'Slotted' object has no attribute 'hear' (did you mean `here`?))",
    ),
    ("Slotted()?.there", "nil"),
    ("Slotted()?.here", "1"),
    ("try { Slotted().gone() }", "Result.Err(AttributeError: 'Slotted' object has no attribute 'gone')"),
    ("try { Slotted().here() }", "Result.Err(TypeError: 'int' object is not callable)"),
    ("type_of(Made)", "python"),
    ("len(Made)", "3"),
    ("try { Made.any }", "Result.Err(LookupError: the class says no to any)"),
    ("type_of(Made())", "python"),
    # operators
    ("Money(5) + Money(7)", "0.12"),
    ("0 + Money(5)", "0.05"),
    ("-Money(5)", "-0.05"),
    ("try { Money(5) + 1 }", "Result.Err(TypeError: unsupported operand type(s) for +: 'Money' and 'int')"),
    ('try { "x" + Money(5) }', 'Result.Err(TypeError: can only concatenate str (not "Money") to str)'),
    ("try { Money(5) - Money(1) }", "Result.Err(TypeError: unsupported operand type(s) for -: 'Money' and 'Money')"),
    ("[Money(3), Money(1)].sort()", "[0.01, 0.03]"),
    ("[Money(3), Money(1)].contains(Money(1))", "true"),
    ("set(Money(1), Money(2), Money(1))", "set(0.01, 0.02)"),
    ("[Money(1)] == [Money(1)]", "true"),
    ("Money(1) < Money(2)", "true"),
    ("Vector(1, 2, 3) > 1", "<False True True>"),
    ("Vector(1, 2, 3) == 2", "<False True False>"),
    ("Vector(1, 2, 3) != 2", "<True False True>"),
    ("2 * Vector(1, 2)", "<2 4>"),
    ("1.5 - Vector(1, 2)", "<0.5 -0.5>"),
    ("1.5 / Vector(1, 2)", "<1.5 0.75>"),
    ("(1.5 * Vector(1, 2)) % 2", "<1.5 1.0>"),
    ("Vector(1, 2) ** 2", "<1 4>"),
    ("try { if Vector(1) == 1 { 1 } }", "Result.Err(ValueError: the truth of a vector is ambiguous)"),
    # kinds of values
    ("Colour.RED == Colour.RED", "true"),
    ("Colour.RED", "Colour.RED"),
    ("Colour.RED.value", "r"),
    ("Level.HIGH > 1", "true"),
    ("Level.HIGH.name", "HIGH"),
    ("type_of(Celsius(1.5))", "float"),
    ("Count(5)", "5"),
    ("Point(1, 2).x", "1"),
    ("Point(x: 1, y: 2)[1]", "2"),
    ("py_value(Point(1, 2))", "{x: 1, y: 2}"),
    ("py_value(Order(1, [Point(1, 2)]))", "{lines: [{x: 1, y: 2}], number: 1}"),
    ("py_value(odd.Frame(a: [1, 2], b: [Point(3, 4), nil]))", "[{a: 1, b: {x: 3, y: 4}}, {a: 2, b: nil}]"),
    ("py_value([{p: [Point(1, 2)]}, 1 to 2, pair(1, 2)])", "[{p: [{x: 1, y: 2}]}, 1 to 2, (1, 2)]"),
    ("odd.same(1 to 3)", "1 to 4 exclusive"),
    # exceptions
    ("try { odd.fails() }", "Result.Err(Custom: (7, 'seven'))"),
    ('try { odd.fails("exit") }', "Result.Err(SystemExit: 3)"),
    ('try { odd.fails("close") }', "Result.Err(GeneratorExit)"),
    ('try { odd.fails("textless") }', "Result.Err(LookupError)"),
    ('odd.swallow({ -> throw "oh" })', "caught HarnError: oh"),
    ("odd.swallow({ -> 1 / 0 })", "caught HarnError: Division by zero"),
    ("try { odd.apply({ -> throw {a: 1} }) }", "Result.Err({a: 1})"),
    # Harn functions on the Python side
    ("odd.apply({ a, b -> a - b }, b: 1, a: 5)", "4"),
    ("odd.apply({ a, b = 7 -> a * b }, 2)", "14"),
    (
        "try { odd.apply({ event -> 1 }, c: 1) }",
        "Result.Err(Type error: the function has no parameter `c`; it has event)",
    ),
    ("odd.apply_later({ x -> x + 1 }, 4)", "5"),
    (
        "try { odd.apply_later({ x -> sleep(1ms) }, 4) }",
        "Result.Err(a Harn function that Python's event loop calls cannot wait: give Python py_async(f) in its place)",
    ),
    ("odd.apply({ x -> sleep(1ms)\n x }, 4)", "4"),
    ("odd.await_it(py_async({ x -> sleep(1ms)\n x * 2 }), 4)", "8"),
    ('try { odd.await_it(py_async({ x -> throw x }), "no") }', "Result.Err(no)"),
    ("odd.later(3)", "3"),
    ('try { odd.later(3, fail: odd.Custom(1, "x")) }', "Result.Err(Custom: (1, 'x'))"),
    ("[1, 2].map(odd.same)", "[1, 2]"),
    ("[1, 2] |> odd.kind", "list"),
    ("odd.numbers_later(3).to_list()", "[0, 1, 2]"),
    ("odd.counting(4).map({ x -> x * 2 }).to_list()", "[0, 2, 4, 6]"),
    # what comes back as itself, and what it is to Python
    ("odd.same(S {x: 1}) == S {x: 1}", "true"),
    ("odd.same(Ok(1))", "Result.Ok(1)"),
    ("odd.same({ x -> x })", "<fn(x)>"),
    ("odd.same(println)", "<builtin println>"),
    ("odd.kind(1s)", "timedelta"),
    ("odd.kind(pair(1, 2))", "tuple"),
    ("odd.kind(1 to 3)", "range"),
    ("odd.kind(set(1))", "set"),
    ("odd.kind(nil)", "NoneType"),
    ("odd.nothing", "nil"),
]


@pytest.mark.parametrize(("expression", "shown"), SHOWN, ids=[each for each, _ in SHOWN])
def test_python_objects_in_expressions(lines, expression, shown):
    assert lines(f"{HEAD}println({expression})") == [shown]


@pytest.mark.parametrize(("expression", "shown"), SHOWN[:40], ids=[each for each, _ in SHOWN[:40]])
def test_python_objects_in_functions_that_have_seen_numbers(lines, expression, shown):
    # What translated code has guessed from other kinds of values must not matter.
    operands = f"""{HEAD}
fn combine(a, b) {{ return [a + b, a - b, a * b, a < b, a == b, a != b] }}
for i in 1 to 50 {{ combine(i, 2.5) }}
let r = try {{ combine(Vector(1, 2), 2) }}
println({expression})"""
    assert lines(operands) == [shown]


def test_translated_arithmetic_takes_objects_after_numbers(lines):
    assert lines(f"""{HEAD}
fn f(a, b) {{ return 1.5 * a % b }}
fn g(a) {{ return a == 2 }}
fn h(a) {{ return a > 1 }}
for i in 1 to 50 {{ f(i, 2); g(i); h(i) }}
println(f(Vector(1, 2), 2))
println(f(Vector(3, 4), 2))
println(g(Vector(1, 2)))
println(g(Vector(1, 2)))
println(h(Vector(1, 2)))
println(h(Vector(1, 2)))
println(f(3, 2))""") == ["<1.5 1.0>", "<0.5 0.0>", *["<False True>"] * 4, "0.5"]


def test_python_cannot_change_a_harn_list_nor_harn_what_python_keeps(lines):
    assert lines(f"""{HEAD}
var xs = [1]
println(odd.keeps(xs))
println(xs)
xs[0] = 5
println(odd.kept[len(odd.kept) - 1])
odd.kept.clear()""") == ["[1, 99]", "[1]", "[1, 99]"]


def test_wrapped_collections_change_in_place(lines):
    assert lines("""
import { heappush, heappop } from "py:heapq"
var heap = py_object([])
for x in [5, 1, 3] { heappush(heap, x) }
println(heappop(heap))
heap[0] = 42
println(heap)
println(py_value(heap))
var tree = py_object({a: [1, 2]})
tree["b"] = 3
tree["a"][0] = 9
println(py_value(tree))""") == ["1", "[42, 5]", "[42, 5]", "{a: [9, 2], b: 3}"]


def test_attributes_are_set_in_the_object(lines):
    assert lines(f"""{HEAD}
var slot = Slotted()
let other = slot
slot.here = 5
slot.here += 2
println(other.here)
println(try {{ slot.there = 1 }})""") == [
        "7",
        "Result.Err(AttributeError: 'Slotted' object has no attribute 'there')",
    ]


def test_what_an_attribute_gives_is_changed_and_not_put_back(lines):
    assert lines(f"""{HEAD}
var frame = odd.Frame(n: [1, 2])
let other = frame
frame.at[pair(0, "n")] = 7
frame.at[pair(1, "n")] += 5
println(py_value(other))
println(try {{ frame.at[pair(9, "n")] = 1 }})
println(try {{ frame.at = 1 }} |> is_err)
var kept = {{frames: [frame]}}
kept.frames[0].at[pair(0, "n")] = 9
println(py_value(frame))""") == [
        "[{n: 7}, {n: 7}]",
        "Result.Err(IndexError: list assignment index out of range)",
        "true",
        "[{n: 9}, {n: 7}]",
    ]


def test_a_generator_that_a_loop_leaves_is_closed(lines):
    assert lines(f"""{HEAD}
odd.closed.clear()
let closed = py_object(odd, "closed")
closed.clear()
fn two() {{ for x in odd.counting(100) {{ if x == 2 {{ return x }} }} }}
println(two())
println(odd.closed)""") == ["2", "[100]"]


def test_context_managers_close_whatever_happens(lines):
    assert lines(f"""{HEAD}
println(py_with(odd.Session(), {{ s -> s.log }}))
let strict = odd.Session()
println(try {{ py_with(strict, {{ s -> odd.fails() }}) }})
println(strict.log)
let lenient = odd.Session(swallows: true)
println(py_with(lenient, {{ s -> throw "no" }}))
println(lenient.log)
let later = odd.AsyncSession()
println(py_with(later, {{ s -> s.log }}))
println(later.log)
println(try {{ py_with(1, {{ s -> s }}) }})""") == [
        "[in]",
        "Result.Err(Custom: (7, 'seven'))",
        "[in, out Custom]",
        "nil",
        "[in, out HarnError]",
        "[in]",
        "[in, out]",
        "Result.Err(Type error: py_with: expected a Python context manager, got int)",
    ]


def test_functions_keep_their_identity_for_python(lines):
    assert lines(f"""{HEAD}
import "py:inspect" as inspect
fn handler(event, again = 1) {{ return event }}
println(odd.same(handler) == handler)
println(inspect.signature(handler))
println(py_object(handler) == py_object(handler))
println(py_object(handler, "__name__"))""") == ["true", "(event=None, again=None)", "true", "handler"]


def test_exit_in_a_callback_ends_the_program(lines):
    from harnpy.vm.errors import ExitProgram

    with pytest.raises(ExitProgram) as ended:
        lines(f"{HEAD}odd.swallow({{ -> exit(3) }})")
    assert ended.value.code == 3
