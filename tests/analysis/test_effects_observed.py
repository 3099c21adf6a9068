"""Generated programs touch no more than they are said to, function by function, and run under the list that is named for them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harnpy.analysis.effects.model import FunctionEffects
from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.check_effects import FileEffects, effects_of
from harnpy.cli.compose import make_runtime
from harnpy.cli.sandbox import confine
from harnpy.syntax.parser import parse_program
from harnpy.vm.effects import IMPORT, OWN
from harnpy.vm.sandbox.places import PLACELESS
from harnpy.vm.sandbox.policy import policy
from harnpy.vm.stack_walk import running

_FUNCTIONS = 4

# What touches something, each with an effect that a run shows.
TOUCHES = (
    'println("x")',
    "random()",
    "timestamp()",
    'env("HOME")',
    "sleep(0ms)",
    'read_file("in.txt")',
    'write_file("out.txt", "x")',
    'append_file("out.txt", "x")',
    'store_set("k", 1)',
    'store_get("k")',
    "uuid()",
    "cwd()",
    "host_capabilities()",
    "1",
)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> str:
    """An expression in a function with the parameters d (a number that bounds recursion) and g (a function)."""
    touch = st.sampled_from(TOUCHES)
    if depth == 0:
        return draw(touch)
    inner = expressions(depth - 1)
    number = draw(st.integers(0, _FUNCTIONS - 1))
    shape = draw(st.integers(0, 23))
    match shape:
        case 0:
            return f"(d > 0 ? f{number}(d - 1, {{ x -> {draw(inner)} }}) : nil)"
        case 1:
            return f"(d > 0 ? f{number}(d - 1, g) : nil)"
        case 2:
            return f"(d > 0 ? f{number}(d - 1, h{number}) : nil)"
        case 3:
            return "(d > 0 ? g(d - 1) : nil)"
        case 4:
            return f"[1].map({{ x -> {draw(inner)} }})"
        case 5:
            return "(d > 0 ? [0].map(g) : nil)"
        case 6:
            return f"[0].map(h{number})"
        case 7:
            return f"(0 |> h{number})"
        case 8:
            return f"({draw(inner)} |> {{ x -> {draw(inner)} }})"
        case 9:
            return f"{{run{number}: {{ x -> {draw(inner)} }}}}.run{number}(1)"
        case 10:
            return f"(d > 0 ? P {{x: 1}}.m{number}(d - 1, g) : nil)" if number % 2 else f"table.entry{number}(0)"
        case 11:
            return f"(if d > 1 {{ {draw(inner)} }} else {{ {draw(inner)} }})"
        case 12:
            return f"await(spawn {{ {draw(inner)} }})"
        case 13:
            return f"parallel 2 {{ i -> {draw(inner)} }}"
        case 14:
            return f"(try {{ {draw(inner)} }} catch (e) {{ {draw(inner)} }})"
        case 15:
            return f"(match d {{ 0 -> {{ {draw(inner)} }} _ -> {{ {draw(inner)} }} }})"
        case 16:
            return f'"${{{draw(inner)}}}"'
        case 17:
            return f"[{draw(inner)}, {draw(inner)}]"
        case 18:
            return f"made({number})(0)"
        case 19:
            return f"(d > 0 ? apply(g, d - 1) : apply({{ x -> {draw(inner)} }}, 0))"
        case 20:
            return '("in.txt" |> read_file)'
        case 21:
            return f"(d > 0 ? apply(x: d - 1, f: h{number}) : nil)"
        case 22:
            return "module_apply({ x -> g(0) })" if number % 2 else "module_touch()"
        case _:
            return draw(touch)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A program of functions that call each other, give each other functions, and touch things."""
    entries = ", ".join(f"entry{n}: {{ x -> {draw(st.sampled_from(TOUCHES))} }}" for n in range(_FUNCTIONS))
    lines = ['import "lib"', "struct P { x: int }", f"let table = {{{entries}}}"]
    for number in range(_FUNCTIONS):
        body = "\n  ".join(
            f"let v{n} = {each}" for n, each in enumerate(draw(st.lists(expressions(), min_size=1, max_size=2)))
        )
        kind = draw(st.integers(0, 2))
        tail = [
            "",
            f"\n  let k = {{ x -> {draw(expressions(1))} }}\n  k(1)",
            f"\n  fn inner(x) {{ return {draw(expressions(1))} }}\n  inner(1)",
        ][kind]
        lines.append(f"fn f{number}(d, g) {{\n  {body}{tail}\n}}")
        lines.append(f"fn h{number}(x) {{ {draw(st.sampled_from(TOUCHES))} }}")
    methods = " ".join(f"fn m{n}(self, d, g) {{ return {draw(expressions(1))} }}" for n in range(_FUNCTIONS))
    lines.append(f"impl P {{ {methods} }}")
    lines.append("fn apply(f, x) { return f(x) }")
    made = "\n".join(f"if n == {n} {{ return {{ x -> {draw(st.sampled_from(TOUCHES))} }} }}" for n in range(3))
    lines.append(f"fn made(n) {{ {made} \nreturn {{ x -> 1 }} }}")
    lines.append(f"f0(2, {{ x -> {draw(st.sampled_from(TOUCHES))} }})")
    return "\n".join(lines)


_LIB = 'let seen = env("LANG")\npub fn module_apply(f) { return f(1) }\npub fn module_touch() { inner() }\nfn inner() { random() }\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("observed")
    (directory / "in.txt").write_text("in")
    (directory / "lib.harn").write_text(_LIB)
    with contextlib.chdir(directory):
        yield directory


def observed(source: str, path: Path, allow: tuple[str, ...] | None = None) -> tuple[set[str], dict[str, set[str]]]:
    """What a run touches: all of it, and what happens while each function is running. allow confines it."""
    world = CapturingWorld()
    runtime = make_runtime(world=world, jit="off")
    whole: set[str] = set()
    by_function: dict[str, set[str]] = {}

    def watch(fiber, operation, args, purpose):
        if purpose not in (OWN, IMPORT) and operation.name not in PLACELESS:
            whole.add(operation.effect)
            for function, _, _ in running(fiber, sys._getframe()):
                by_function.setdefault(function.name, set()).add(operation.effect)
        return args

    runtime.seam.guard(watch)
    if allow is not None:
        confine(runtime, [policy(allow, allows=True)])
    try:
        runtime.run(runtime.compile(source, str(path), use_cache=False))
    finally:
        runtime.close()
    return whole, by_function


def found_in(source: str, path: Path) -> FileEffects:
    return effects_of(str(path), parse_program(source, str(path)))


@settings(max_examples=50)
@given(source=programs())
def test_nothing_is_touched_that_is_not_said(place, source):
    path = place / "main.harn"
    found = found_in(source, path)
    rows = {row.name: row for row in found.effects.functions}
    said = {effect for use in found.effects.run for effect in use.effects}
    whole, by_function = observed(source, path)
    assert whole <= said
    assert whole <= set(rows["(top level)"].effects)
    for name, effects in by_function.items():
        row = rows.get(name)
        assert row is None or _admits(row, effects), (name, effects, row)


def _admits(row: FunctionEffects, effects: set[str]) -> bool:
    return row.is_marked or effects <= set(row.effects)


@settings(max_examples=20)
@given(source=programs())
def test_programs_run_under_the_list_that_is_named_for_them(place, source):
    path = place / "main.harn"
    allow = found_in(source, path).allow
    assert allow is not None
    observed(source, path, allow or ("host",))  # raises an error of category tool_rejected where it does not suffice


@pytest.mark.parametrize(
    ("source", "allow"),
    [
        ("println(1)", ()),
        ('write_file("out.txt", "x")', ("fs.write",)),
        ('append_file("out.txt", "x")', ("fs.write",)),
        ('mkdir("made")', ("fs.write",)),
        ('write_file("gone.txt", "x")\ndelete_file("gone.txt")', ("fs.write",)),
        ('copy_file("in.txt", "copy.txt")', ("fs.read", "fs.write")),
        ('println(env("HOME"))', ("env=HOME",)),
        ('println(env("HOME"), env_or("LANG", ""))', ("env=HOME", "env=LANG")),
        ('fn f(n) { return env(n) }\nf("HOME")\nenv("LANG")', ("env",)),
        ('exec("true")', ("process=true",)),
        ('exec_at(".", "true", "x")', ("process=true",)),
        ('shell("true")', ("process",)),
        ('store_set("a", 1)\nstore_get("a")', ("fs.read", "fs.write")),
        ('checkpoint("a", 1)', ("fs.read", "fs.write")),
        ('import "py:json" as json\njson.dumps([1])', ("python=json",)),
        ('import { dumps } from "py:json"\ndumps([1])', ("python=json",)),
        ('llm_mock({text: "hi"})\nllm_call("x", nil, {provider: "mock"})', ("llm",)),
        ('llm_cost("gpt-4o", 1, 1)', ("llm",)),
        ('metadata_set("a", "b", {c: 1})\nmetadata_save()', ("fs.read", "fs.write")),
    ],
)
def test_the_named_list_is_short_and_suffices(place, source, allow):
    path = place / "main.harn"
    assert found_in(source, path).allow == allow
    observed(source, path, allow or ("host",))
