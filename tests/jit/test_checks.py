"""Where translated code looks whether it is asked for attention: often enough, and without a trace in what it does."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from test_translation import function_of
from tiers import PulsingFlag, assert_same_in_every_tier, compiled

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_registry
from harnpy.jit.checks import CHECK
from harnpy.jit.strips import LONG_SECONDS, Strips, range_of
from harnpy.jit.tier import JitTier
from harnpy.vm.errors import Cancelled
from harnpy.vm.runtime import Runtime
from harnpy.vm.scheduler import AttentionFlag

# --- where the looks are ------------------------------------------------------------------------------------------------


def depth_of_looks(python: str) -> list[int]:
    """How many loops are around each look behind the one at the start of the function, by the numbers of their lines."""
    lines = [line[7:] for line in python.splitlines()]
    found = []
    for number, line in enumerate(lines):
        if line.strip() == CHECK:
            indent, loops = len(line) - len(line.lstrip()), 0
            for before in reversed(lines[:number]):
                if before.strip() and len(before) - len(before.lstrip()) < indent:
                    indent = len(before) - len(before.lstrip())
                    loops += before.lstrip().startswith(("for ", "while "))
            found.append(loops)
    return found[1:]


def test_a_loop_over_a_range_looks_once_a_strip() -> None:
    python = function_of("fn f(n) {\n  var s = 0\n  for i in 0 to n { s += i * 2 }\n  return s\n}\nf(3)")
    assert depth_of_looks(python) == [1]
    assert python.index(CHECK, python.index("Strips(")) < python.index("for l")


def test_a_loop_of_few_rounds_looks_before_them() -> None:
    for rounds in ("1 to 9", "0 to 10 exclusive", "range(10)", "range(2, 100)"):
        python = function_of(f"fn f() {{\n  var s = 0\n  for i in {rounds} {{ s += i }}\n  return s\n}}\nf()")
        assert depth_of_looks(python) == [0]


def test_other_loops_look_once_in_four_rounds() -> None:
    python = function_of("fn f(n) {\n  var i = 0\n  while i < n { i += 1 }\n  return i\n}\nf(3)")
    assert depth_of_looks(python) == [1]
    assert python.count("l1 = l1 + 1") == 4


@pytest.mark.parametrize(
    "body",
    [
        "g(i)",
        "s += xs.sort()[0]",
        "s += [1, 2].map({ x -> x + 1 })[0]",
        "xs = xs + xs",
        's = "${xs}"',
        "s = xs == ys",
        "s = i in xs",
        "xs = xs[1:]",
        "ys = xs\nxs[0] = i",
        "s = i ** 1000000",
    ],
)
def test_a_loop_whose_rounds_may_take_long_looks_in_each(body: str) -> None:
    for head in ("for i in 0 to n", "for i in 0 to 5", "while i < n"):
        declared = "var i = 0" if head.startswith("while") else ""
        python = function_of(
            f"fn f(n, xs, ys) {{\n  var s = 0\n  {declared}\n  {head} {{\n{body}\n}}\n  return s\n}}\n"
            "fn g(x) { return x }\nf(3, [], [])"
        )
        assert depth_of_looks(python) == [1], body
        assert "Strips" not in python


def test_a_loop_around_another_looks_in_each_round() -> None:
    python = function_of(
        "fn f(n) {\n  var s = 0\n  for i in 0 to n { for j in 0 to n { s += j } }\n  return s\n}\nf(3)"
    )
    assert depth_of_looks(python) == [1, 2]


# --- often enough -------------------------------------------------------------------------------------------------------


class LastLook(PulsingFlag):
    """Ends the program at the look of that number."""

    __slots__ = ("left",)

    def __init__(self, looks: int) -> None:
        super().__init__(1)
        self.left = looks

    @property
    def pending(self) -> bool:
        self.left -= 1
        if self.left < 0:
            raise Cancelled
        return False

    @pending.setter
    def pending(self, value: bool) -> None:
        pass


ENDLESS = {
    "range": "for i in 0 to 1000000000000000 { }",
    "range with a branch": "var s = 0\nfor i in 0 to 1000000000000000 { if i % 3 == 0 { continue }\ns = i }",
    "range beyond the machine's numbers": "for i in 0 to 1000000000000000000000000000000 { }",
    "range that begins there": "for i in 99999999999999999999999999999 to 1000000000000000000000000000000 { }",
    "range from far below": "let n = 5\nfor i in -1000000000000000 to n { }",
    "range from far below to a parameter": "fn f(a, n) { for i in -1000000000000000 to n { }\nfor i in range(a, n) { } }\nf(0, 5)",
    "range of the builtin": "fn f(a, n) { for i in range(a, n) { } }\nf(1, 5)\nf(-1000000000000000, 5)",
    "rounds in a loop": "while true { for i in 0 to 5 { } }",
    "while": "var i = 0\nwhile true { i += 1 }",
    "while that goes on at once": "var i = 0\nwhile true { if i == i { continue }\ni += 1 }",
    "a call of itself": "fn f(n) { return f(n + 1) }\nf(0)",
    "calls of itself": "fn f(n) { return n == 0 ? 0 : f(n - 1) + f(n - 1) }\nf(100)",
}


@pytest.mark.parametrize("eager", [True, False])
@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_program_is_stopped(name: str, eager: bool) -> None:
    for source in (ENDLESS[name], f"fn main() {{\n{ENDLESS[name]}\n}}\nmain()"):
        runtime = Runtime(make_registry(), world=CapturingWorld())
        runtime.scheduler.flag = LastLook(200)
        runtime.tier = JitTier(runtime, eager=eager)
        with pytest.raises(Cancelled):
            runtime.run(compiled(source))
        runtime.close()


def test_a_flag_reaches_every_unit_in_use_and_lets_go_of_others() -> None:
    class Unit:
        def __init__(self) -> None:
            self.scope: dict[str, Any] = {"unit": self}

    flag = AttentionFlag()
    kept = Unit()
    flag.watch(kept)
    assert kept.scope["pending"] is False
    flag.rise()
    late = Unit()
    flag.watch(late)
    assert kept.scope["pending"] is late.scope["pending"] is True
    for _ in range(1000):
        flag.watch(Unit())
        gc.collect(0)
    gc.collect()
    flag.watch(Unit())
    assert len(flag._units) < 200
    flag.fall()
    assert kept.scope["pending"] is late.scope["pending"] is False


# --- strips -------------------------------------------------------------------------------------------------------------


def test_strips_get_shorter_when_they_take_long_and_longer_again() -> None:
    now = 0.0
    strips = Strips(range(5, 100_005), 64, lambda: now)
    sizes = []
    for seconds in [0.0, 0.0, 2 * LONG_SECONDS, 2 * LONG_SECONDS, 2 * LONG_SECONDS, 0.0, 0.0, 0.0]:
        sizes.append(len(list(next(strips))))
        now += seconds
    assert sizes == [8, 64, 64, 8, 1, 1, 8, 64]


@pytest.mark.parametrize("taken", [0, 1, 2, 5])
def test_what_is_left_of_strips(taken: int) -> None:
    whole = range(10, 53, 2)
    strips = Strips(whole, 5, lambda: 0.0)
    before = 0
    while strips.rest:
        part = next(strips)
        size = part.__length_hint__()  # type: ignore[attr-defined]
        for _ in range(min(taken, size)):
            next(part)
        assert list(strips.beginning_with(part)) == list(whole)[before + min(taken, size) :]
        before += size
    assert before == len(whole)


@pytest.mark.parametrize("taken", [0, 1, 3, 4, 9])
def test_the_range_of_an_iterator(taken: int) -> None:
    iterator = iter(range(3, 11, 2))
    for _ in range(taken):
        next(iterator, None)
    assert list(range_of(iterator)) == [3, 5, 7, 9][taken:]


# --- what loops in strips do ----------------------------------------------------------------------------------------------

ELSEWHERE = "[0, 1, 2, 3, 130, 199, 200, 201, 700, 1024, 1500, 2999]"
LOOPS = {
    "wrong guesses in the middle": f"""
fn f(n, at, other) {{
  var xs = range(n).to_list()
  xs[at] = other
  var s = 0
  var seen = 0
  for i in 0 to n exclusive {{ s = s + xs[i]
    seen = seen + i }}
  return [s, seen]
}}
for at in {ELSEWHERE} {{
  for other in [1.5, 7, true, nil, "x", [1]] {{ println("${{at}} ${{(try {{ f(3000, at, other) }})}}") }}
}}
""",
    "ways out": f"""
fn f(n, at) {{ var s = 0
  for i in 0 to n {{ if i == at {{ break }}
    s += i }}
  return s }}
fn g(n, at) {{ var s = 0
  for i in 1 to n {{ if i < at {{ continue }}
    s += i
    if s > 100000 {{ return [i, s] }} }}
  return s }}
fn h(n, at) {{ for a in 0 to 3 {{ for i in 0 to n {{ if i * a == at {{ return [a, i] }} }} }} }}
fn k(n, at) {{ var s = 0
  for a in 0 to 5 {{ for i in 0 to n {{ if i == at {{ break }}
      s += 1 }}
    var j = 0
    while j < n {{ j += 1
      if j == at {{ break }}
      if j % 2 == 0 {{ continue }}
      s += 1 }} }}
  return s }}
fn t(n, at) {{ var s = 0
  try {{ for i in 0 to n {{ s = i
    if i == at {{ throw "at ${{i}}" }} }} }} catch (e) {{ return [e, s] }} finally {{ println(s) }}
  return s }}
for at in {ELSEWHERE} {{ println([f(2000, at), g(2000, at), h(2000, at), k(2000, at), t(2000, at)]) }}
""",
    "bounds": """
fn f(a, b) { var s = 0
  var n = 0
  for i in a to b { s += i
    n += 1 }
  return [s, n] }
for b in [-5, 0, 1, 2, 255, 256, 257, 1023, 1024, 1025, 1026, 5000] { println(f(0, b))
  println(f(1, b))
  println(f(b - 3, b)) }
println(f(99999999999999999999, 100000000000000000099))
for b in [1.5, true, nil, "x"] { println((try { f(0, b) })) }
""",
    "generators": """
fn g(n) { for i in 0 to n { yield i
  var s = 0
  for j in 0 to i * 3 { s += j }
  yield s } }
var sum = 0
for x in g(300) { sum = sum * 3 % 1000003 + x }
println(sum)
""",
    "the variable of the loop is another one": """
fn f(n) { var s = 0
  for i in 0 to n { var j = i
    j = j * 2
    s += j }
  var fs = []
  for i in 0 to 5 { fs = fs + [{ -> i }] }
  return [s, fs.map({ x -> x() })] }
for n in [0, 5, 2000] { println(f(n)) }
""",
}


@pytest.mark.parametrize("pulse", [0, 7])
@pytest.mark.parametrize("name", LOOPS)
def test_rounds_that_share_a_look_do_what_rounds_do(name: str, pulse: int) -> None:
    outcome = assert_same_in_every_tier(LOOPS[name], {"hot": 3}, pulse)
    assert not outcome.report
    assert outcome.output
