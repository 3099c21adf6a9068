"""What functions are translated to, and when."""

from __future__ import annotations

import builtins
import dis
import warnings
from pathlib import Path
from types import CodeType

from harnpy.bytecode.errors import CompileError
from harnpy.bytecode.opcodes import Op
from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_registry
from harnpy.jit import recovery, support
from harnpy.jit.knowledge import Misses, Untranslatable
from harnpy.jit.listing import list_python
from harnpy.jit.operations import CONTROL, WRITERS
from harnpy.jit.tier import HOT, JitTier
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.vm.linker import LinkedFunction
from harnpy.vm.modules import ModuleInstance
from harnpy.vm.runtime import Runtime

LANGUAGE_SUITE = Path(__file__).parent.parent / "lang"


def python_of(source: str) -> str:
    runtime = Runtime(make_registry(), world=CapturingWorld())
    try:
        return list_python(runtime, runtime.compile(source, "program.harn", use_cache=False))
    finally:
        runtime.close()


def tier_after(source: str, eager: bool = False) -> JitTier:
    runtime = Runtime(make_registry(), world=CapturingWorld())
    tier = runtime.tier = JitTier(runtime, eager=eager)
    try:
        runtime.run(runtime.compile(source, "program.harn", use_cache=False))
    finally:
        runtime.close()
    return tier


def test_every_opcode_is_translated_in_exactly_one_way() -> None:
    assert set(WRITERS) | CONTROL.keys() == set(Op)
    assert not set(WRITERS) & CONTROL.keys()


def main_of(source: str) -> str:
    """The translation of a program's main part."""
    return python_of(source).split("\n\n")[0]


def function_of(source: str) -> str:
    """The translation of a program's first function."""
    return python_of(source).split("\n\n")[1]


def test_a_loop_over_ints_tests_no_types() -> None:
    python = main_of("var i = 0\nvar s = 0\nwhile i < 10 {\n  s = s + i * 2\n  i = i + 1\n}\nprintln(s)")
    assert "type(" not in python
    assert "l1 = l1 + " in python


def test_a_loop_over_floats_tests_no_types() -> None:
    python = main_of("var x = 0.5\nfor i in range(10) {\n  x = x * 1.5 + 2\n}\nprintln(x)")
    assert "type(" not in python


def test_a_loop_over_a_range_is_one_of_python() -> None:
    python = function_of(
        "fn f(n) {\n  var s = 0\n  for i in 0 to n exclusive { s = s + i }\n  for i in 1 to s { s = s + i }\n  return s\n}"
    )
    assert python.count("iter(range(") == 2
    assert "iterate(" not in python


def test_the_flag_is_looked_at_once_in_every_function_and_round() -> None:
    python = function_of(
        "fn f(n) {\n  var s = 0\n  for i in range(n) { while s < i { s = s + 1 } }\n  return s\n}\nf(3)"
    )
    assert python.count("if pending: attend(fiber)") == 3


def test_choices_are_expressions_of_python() -> None:
    python = function_of("fn f(a, b) { return [a > 1 ? a : b, a ?? b, a > 1 && b > 1, a < 1 || b < 1] }")
    assert "return [l0 if " in python
    assert "is not None else l1" in python
    assert " and " in python and " or " in python
    assert python.count("\n") < 9


def test_an_interpolated_string_is_one_of_python() -> None:
    assert 'f"' in (python := function_of('fn f(n) { return "<${n + 1}>" }')) or "f'" in python


def test_a_list_that_nobody_else_holds_grows_in_place() -> None:
    python = function_of("fn f(n) {\n  var xs = []\n  for i in range(n) { xs = xs + [i] }\n  return xs\n}")
    assert "l1.append(" in python


def test_a_callback_that_is_an_expression_is_written_inline() -> None:
    python = function_of("fn f(xs) { return xs.map({ x -> x * 3 }) }")
    assert "for x1 in items]" in python


def test_a_callback_that_does_more_is_called() -> None:
    python = function_of("fn f(xs) { return xs.map({ x -> println(x) }) }")
    assert "in items" not in python
    assert "new(Closure)" in python


def test_the_smaller_of_two_ints_is_a_comparison() -> None:
    python = main_of("var a = 1\nfor i in range(9) { a = min(a + 1, i) }\nprintln(a)")
    assert "l0 = l2 if l2 < (t1 := l0 + 1) else t1" in python


def test_a_recursive_call_goes_straight_to_the_function() -> None:
    python = function_of("fn fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }")
    assert python.count("self_entry(fiber, closure, ") == 2


def test_a_call_of_itself_in_its_place_is_a_loop() -> None:
    python = function_of("fn f(n, s) { if n == 0 { return s }\n return f(n - 1, s + n) }")
    assert "while True:" in python
    assert "self_entry" not in python


def test_a_function_is_translated_when_it_is_hot() -> None:
    calls = "fn f() { return 1 }\nlet a = 0\n" + "f()\n" * (HOT - 1)
    assert tier_after(calls).compiled == 0
    assert tier_after(calls + "f()\n").compiled == 1


def test_a_function_is_translated_once() -> None:
    assert tier_after("fn f() { return 1 }\n" + "f()\n" * (5 * HOT)).compiled == 1


def test_a_generator_with_a_loop_is_translated_at_its_first_call() -> None:
    assert tier_after("fn g() { for i in range(3) { yield i } }\nfor x in g() { }").compiled == 1


def test_eager_translates_everything_that_runs() -> None:
    assert tier_after("fn f() { return 1 }\nfn never() { }\nf()", eager=True).compiled == 2


def test_a_loop_is_translated_when_it_is_hot() -> None:
    # The main part has been called once, which counts as well.
    assert tier_after(f"for i in range({HOT - 2}) {{ }}").loops == 0
    tier = tier_after(f"for i in range({HOT}) {{ }}")
    assert (tier.loops, tier.compiled, tier.refused, tier.misses) == (1, 0, 0, 0)
    assert tier.seconds > 0


def test_the_counts_of_a_tier_are_its_attributes() -> None:
    tier = tier_after(f"fn f(x) {{ return x }}\nfor i in range({3 * HOT}) {{ f(i) }}")
    assert tier.counts() == {
        "functions": tier.compiled,
        "loops": tier.loops,
        "refused": tier.refused,
        "misses": tier.misses,
        "seconds": tier.seconds,
    }


def global_names(code: CodeType) -> set[str]:
    """The global names that a code object and those in it load."""
    names = {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= global_names(constant)
    return names


def test_every_name_in_the_translation_of_the_language_suite_is_known() -> None:
    known = {*vars(builtins), *vars(support), *vars(recovery), "module", "unit", "struct_type", "self_entry"}
    known |= {"pending", "current", "fields_changed"}
    runtime = Runtime(make_registry(), world=CapturingWorld())
    tier = JitTier(runtime)
    unknown: set[str] = set()
    # Those that are only checked and linted are in folders of their own.
    checked_only = [*(LANGUAGE_SUITE / "types").rglob("*.harn"), *(LANGUAGE_SUITE / "lint").rglob("*.harn")]
    for path in sorted({each for each in LANGUAGE_SUITE.rglob("*.harn") if each.is_file()}.difference(checked_only)):
        try:
            module = runtime.compile(path.read_bytes(), str(path), use_cache=False)
        except (HarnSyntaxError, CompileError):
            continue
        waiting = [LinkedFunction(module.main, ModuleInstance(runtime, module, str(path), ".", str(path)))]
        while waiting:
            function = waiting.pop()
            waiting.extend(function.children)
            try:
                translation = tier.translate(function, {}, Misses())
            except Untranslatable:
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                code = compile(translation.source, str(path), "exec")
            own = {each.co_name for each in code.co_consts if isinstance(each, CodeType)}
            unknown |= global_names(code) - known - set(translation.constants) - own
    runtime.close()
    assert not unknown
