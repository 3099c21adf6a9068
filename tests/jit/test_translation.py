"""What functions are translated to, and when."""

from __future__ import annotations

from harnpy.bytecode.opcodes import Op
from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_registry
from harnpy.jit.listing import list_python
from harnpy.jit.operations import WRITERS
from harnpy.jit.tier import CALLS_UNTIL_HOT, JitTier
from harnpy.jit.translator import TRANSLATED_CONTROL
from harnpy.vm.runtime import Runtime


def python_of(source: str) -> str:
    runtime = Runtime(make_registry(), world=CapturingWorld())
    try:
        return list_python(runtime, runtime.compile(source, "program.harn", use_cache=False))
    finally:
        runtime.close()


def tier_after(source: str, eager: bool = False) -> JitTier:
    runtime = Runtime(make_registry(), world=CapturingWorld())
    tier = runtime.tier = JitTier(eager=eager)
    try:
        runtime.run(runtime.compile(source, "program.harn", use_cache=False))
    finally:
        runtime.close()
    return tier


def test_every_opcode_is_translated_in_exactly_one_way() -> None:
    assert set(WRITERS) | TRANSLATED_CONTROL == set(Op)
    assert not set(WRITERS) & TRANSLATED_CONTROL


def test_a_loop_over_ints_has_no_guards() -> None:
    python = python_of("var i = 0\nvar s = 0\nwhile i < 10 {\n  s = s + i * 2\n  i = i + 1\n}\nprintln(s)")
    assert "type(" not in python
    assert "l1 += t" in python


def test_a_loop_over_floats_has_no_guards() -> None:
    python = python_of("var x = 0.5\nfor i in range(10) {\n  x = x * 1.5 + 2\n}\nprintln(x)")
    assert "type(" not in python


def test_a_variable_of_two_kinds_is_guarded() -> None:
    assert "type(" in python_of('var x = 1\nx = "a"\nprintln(x + x)')


def test_a_parameter_with_a_default_is_not_taken_for_the_kind_of_the_default() -> None:
    assert "type(l0)" in python_of("fn f(a = 1) { return a + 1 }\nprintln(f())")


def test_a_function_without_loops_is_translated_when_it_is_hot() -> None:
    calls = "fn f() { return 1 }\nlet a = 0\n" + "f()\n" * (CALLS_UNTIL_HOT - 1)
    assert tier_after(calls).compiled == 0
    assert tier_after(calls + "f()\n").compiled == 1


def test_a_function_with_a_loop_is_translated_at_its_first_call() -> None:
    assert tier_after("fn f() { for i in range(3) { } }\nf()").compiled == 1


def test_eager_translates_everything_that_runs() -> None:
    assert tier_after("fn f() { return 1 }\nfn never() { }\nf()", eager=True).compiled == 2


def test_arguments_of_another_kind_get_a_translation_for_all_kinds() -> None:
    source = "fn f(x) { return x + x }\n" + "f(1)\n" * CALLS_UNTIL_HOT + 'f("a")\nf(2)\nf("b")'
    assert tier_after(source).compiled == 2
