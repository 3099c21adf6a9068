"""Translated code that goes by what fields of structs have held so far, and what happens when they hold something else.

A bool is what tells: Harn refuses to compute with it, Python does not.
"""

from __future__ import annotations

import pytest
from tiers import assert_same_in_every_tier, compiled, run

from harnpy.jit.field_kinds import FieldKinds
from harnpy.jit.tier import JitTier
from harnpy.vm.field_types import FieldTypes
from harnpy.vm.values import StructInstance, StructType

PRELUDE = """
struct Point { x: float
  y: float }
impl Point {
  fn norm(self) { return self.x * self.x + self.y * self.y }
  fn grown(self, by) { return Point {x: self.x + by, y: self.y} }
}
fn spoil(p, v) {
  var other = p
  other.x = v
  return other
}
fn add_up(ps) {
  var sum = 0.0
  for p in ps { sum = sum + p.x * 2.0 + p.y }
  return sum
}
fn many(n) {
  var ps = []
  for i in 0 to n exclusive { ps = ps + [Point {x: i * 0.5, y: 1.5}] }
  return ps
}
println(add_up(many(50)), many(50)[3].norm())
"""

# Programs that go on after PRELUDE.
CHANGING = {
    "by a function that the loop calls": """
fn go(ps, v) {
  var sum = 0.0
  var held = ps[0]
  for i in 0 to 60 exclusive {
    let before = held.x
    if i == 50 { held = spoil(held, v) }
    sum = sum + before + held.x
  }
  return sum
}
println(go(many(3), 2.5))
println(go(many(3), 7))
println(try { go(many(3), true) } catch (e) { "refused ${e}" })
println(go(many(3), 2.5))
""",
    "by a literal in a function that the loop calls": """
fn odd(i) { return i == 45 ? Point {x: false, y: 1.0} : Point {x: 1.0, y: 1.0} }
fn go() {
  var sum = 0.0
  for i in 0 to 60 exclusive {
    let p = odd(i)
    sum = sum + p.x
  }
  return sum
}
println(try { go() } catch (e) { "refused ${e}" })
""",
    "by a literal of a value of unknown kind": """
fn of(v) { return Point {x: v, y: v} }
fn go(vs) { return vs.map({ v -> of(v) }).map({ p -> p.norm() }) }
for i in 0 to 40 exclusive { go([1.0 * i]) }
println(go([1.0, 2.0]), go([3]))
println(try { go([true]) } catch (e) { "refused ${e}" })
println(go([1.0, 2.0]))
""",
    "by the constructor": """
fn go(v) {
  var sum = 0.0
  for i in 0 to 60 exclusive {
    let p = i == 50 ? Point({x: v, y: 1.0}) : Point {x: 1.0, y: 1.0}
    sum = sum + p.x
  }
  return sum
}
println(go(1.5))
println(try { go(true) } catch (e) { "refused ${e}" })
""",
    "by spreading a dict into a literal": """
fn go(d) {
  var sum = 0.0
  for i in 0 to 60 exclusive {
    let p = Point {y: 1.0, ...(i == 50 ? d : {x: 1.0})}
    sum = sum + p.x
  }
  return sum
}
println(go({x: 1.5}))
println(try { go({x: true}) } catch (e) { "refused ${e}" })
""",
    "by its own store of a parameter": """
fn go(v) {
  var p = Point {x: 1.0, y: 2.0}
  var sum = 0.0
  for i in 0 to 60 exclusive {
    if i == 50 { p.x = v }
    p.y = p.y + p.x
    sum = sum + p.x
  }
  return [sum, p.y]
}
println(go(1.5))
println(go(2))
println(try { go(true) } catch (e) { "refused ${e}" })
println(go(1.5))
""",
    "by a store through several levels": """
struct Line { from, to }
fn go(v) {
  var line = {ends: [Line {from: Point {x: 1.0, y: 1.0}, to: Point {x: 2.0, y: 2.0}}]}
  let kept = line
  var sum = 0.0
  for i in 0 to 60 exclusive {
    line.ends[0].to.y += line.ends[0].from.x
    if i == 50 { line.ends[0].from.x = v }
    sum = sum + line.ends[0].from.x * 0.5
  }
  return [sum, line.ends[0].to.y, kept.ends[0].from.x]
}
println(go(1.5))
println(try { go(true) } catch (e) { "refused ${e}" })
println(go(1.5))
""",
    "by a store into a variable of the module": """
fn given(v) { return v }
var shared = Point {x: 1.0, y: 1.0}
fn seen() { return shared.x }
var sum = 0.0
try {
  for i in 0 to 60 exclusive {
    sum = sum + shared.x
    if i == 50 { shared.x = given(true) }
  }
} catch (e) { println("refused ${e} ${sum} ${seen()}") }
""",
    "by a task that runs in between": """
fn go(v) {
  let points = channel("points", 1)
  let other = spawn {
    for i in 0 to 60 exclusive {
      sleep(1)
      send(points, Point {x: i == 50 ? v : 1.0, y: 1.0})
    }
  }
  var sum = 0.0
  for i in 0 to 60 exclusive {
    let p = receive(points)
    sum = sum + p.x
  }
  await(other)
  return sum
}
println(go(1.5))
println(try { go(true) } catch (e) { "refused ${e}" })
""",
    "between two values of a generator": """
fn halves(points, first) {
  var p = first
  for i in 0 to 60 exclusive {
    yield p.x * 0.5
    p = receive(points)
    yield p.x * 0.5
  }
}
fn go(v) {
  let points = channel("points", 1)
  var sum = 0.0
  var count = 0
  for each in halves(points, Point {x: 1.0, y: 1.0}) {
    if count % 2 == 0 { send(points, Point {x: count == 100 ? v : 1.0, y: 1.0}) }
    count = count + 1
    sum = sum + each
  }
  return sum
}
println(go(1.5))
println(try { go(true) } catch (e) { "refused ${e}" })
""",
    "in a finally body": """
fn go(v) {
  var p = Point {x: 1.0, y: 1.0}
  var sum = 0.0
  for i in 0 to 60 exclusive {
    try { sum = sum + p.x } finally { if i == 50 { p.x = v } }
    sum = sum + p.x
  }
  return sum
}
println(go(1.5))
println(try { go(true) } catch (e) { "refused ${e}" })
""",
    "in a body that an error leaves": """
fn risky(i, v) {
  if i == 50 {
    let bad = Point {x: v, y: 1.0}
    throw bad
  }
  return 1.0
}
fn go(v) {
  var p = Point {x: 1.0, y: 1.0}
  var sum = 0.0
  for i in 0 to 60 exclusive {
    sum = sum + p.x
    try { sum = sum + risky(i, v) } catch (e) { p = e }
    sum = sum + p.x
  }
  return sum
}
println(go(1.5))
println(try { go(true) } catch (e) { "refused ${e}" })
""",
    "in a callback": """
fn go(v) {
  let ps = many(60)
  return ps.map({ p -> p.x > 24.0 && p.x < 25.0 ? Point {x: v, y: p.y} : p }).map({ p -> p.x + p.y })
}
println(go(1.5))
println(try { go(true) } catch (e) { "refused ${e}" })
""",
    "in a recursion": """
fn down(n, v) {
  let p = Point {x: n == 0 ? v : 1.0, y: 1.0}
  let below = n > 0 ? down(n - 1, v) : p
  return Point {x: below.x + p.x, y: p.y}
}
for i in 0 to 40 exclusive { down(3, 1.0) }
println(down(5, 1.5).x)
println(try { down(5, true).x } catch (e) { "refused ${e}" })
""",
    "from nil": """
struct Cell { value }
fn go(v) {
  var cell = Cell {value: nil}
  var sum = 0.0
  for i in 0 to 60 exclusive {
    if cell.value != nil { sum = sum + cell.value }
    if i == 10 { cell.value = 0.5 }
    if i == 50 { cell.value = v }
  }
  return sum
}
println(go(1.5))
println(try { go(true) } catch (e) { "refused ${e}" })
println(try { go("s") } catch (e) { "refused ${e}" })
""",
    "by defaults of a schema": """
let shape = {type: "dict", properties: {x: {type: "bool", default: true}, y: {type: "any"}}}
fn go(schema) {
  var p = Point {x: 1.0, y: 1.0}
  var sum = 0.0
  for i in 0 to 60 exclusive {
    sum = sum + p.x
    if i == 50 && schema != nil { p = unwrap(schema_parse(Point {y: 2.0}, schema)) }
    sum = sum + p.x
  }
  return sum
}
println(go(nil))
println(try { go(shape) } catch (e) { "refused ${e}" })
""",
}


@pytest.mark.parametrize("hot", [2, 7])
@pytest.mark.parametrize("source", CHANGING.values(), ids=CHANGING.keys())
def test_a_field_that_changes_its_kind_is_noticed_in_every_tier(source: str, hot: int) -> None:
    for pulse in (0, 3):
        outcome = assert_same_in_every_tier(PRELUDE + source, {"hot": hot}, pulse)
        assert "refused" in outcome.output, outcome.output
        assert not outcome.report


def translations(source: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The Python source of all that was translated while the program ran."""
    made: list[str] = []
    load = JitTier._load

    def spy(self, function, translation, misses):  # type: ignore[no-untyped-def]
        made.append(translation.source)
        return load(self, function, translation, misses)

    monkeypatch.setattr(JitTier, "_load", spy)
    outcome, _ = run(compiled(source), source, "auto")
    assert not outcome.defect and not outcome.report
    return "\n".join(made)


def test_fields_that_have_held_one_kind_need_no_tests_of_bools(monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
struct P { x
  y }
fn total(ps) {
  var sum = 0.0
  for p in ps { sum = sum + (p.x - p.y) }
  return sum
}
var ps = []
for i in 0 to 40 exclusive { ps = ps + [P {x: i * 0.5, y: 2.0}] }
println(total(ps))
"""
    assert "is not True" not in translations(source, monkeypatch)
    assert "is not True" in translations(source.replace("println", "println(P {x: true, y: 0})\nprintln"), monkeypatch)


def test_calls_that_wait_deep_in_a_recursion_cost_one_translation() -> None:
    source = """
struct P { x
  y }
fn down(n, last) {
  let p = P {x: n == 0 ? last : 1.5, y: 1.5}
  let below = n > 0 ? down(n - 1, last) : p
  return P {x: below.x + p.x, y: p.y}
}
for i in 0 to 40 exclusive { down(3, 1.5) }
println(down(100, 2).x)
for i in 0 to 40 exclusive { down(3, 1.5) }
"""
    outcome, tier = run(compiled(source), source, "auto")
    assert (outcome.output, outcome.report, outcome.defect) == ("154.0\n", "", "")
    assert tier.misses < 5
    assert tier.compiled < 8


def test_a_translation_is_dropped_when_a_field_on_which_it_relies_changes_and_only_then() -> None:
    dropped: list[object] = []
    types = FieldTypes()
    kinds = FieldKinds(types, dropped.append)
    point = StructType("Point", types)
    StructInstance(point, {"x": 1.0})
    unit: object = object()
    kinds.rely(unit, {"x"})  # type: ignore[arg-type]
    StructInstance(point, {"x": 2.0, "y": True})
    StructInstance(StructType("Other", types), {"x": 2.0})
    kinds.allow("x", kinds.kinds("x"))
    assert not dropped
    StructInstance(StructType("Other", types), {"x": 1})
    assert dropped == [unit]
    types.note_one("x", None)
    assert dropped == [unit]


def test_nothing_is_known_any_more_when_a_program_makes_up_names_of_fields() -> None:
    dropped: list[object] = []
    types = FieldTypes()
    kinds = FieldKinds(types, dropped.append)
    types.note_one("x", 1.0)
    unit: object = object()
    kinds.rely(unit, {"x"})  # type: ignore[arg-type]
    known = kinds.kinds("x")
    for number in range(5000):
        types.note({f"name{number}": number})
    assert dropped == [unit]
    assert types.types_of("x") is None
    assert kinds.kinds("x") & ~known
    types.note_one("x", True)
    assert kinds.kinds("x") == kinds.kinds("never seen")
