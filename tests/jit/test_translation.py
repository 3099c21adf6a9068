"""What functions are translated to, and when."""

from __future__ import annotations

import builtins
import dis
from pathlib import Path
from types import CodeType

from harnpy.bytecode.errors import CompileError
from harnpy.bytecode.opcodes import Op
from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_registry
from harnpy.jit import support
from harnpy.jit.listing import list_python
from harnpy.jit.operations import WRITERS
from harnpy.jit.tier import CALLS_UNTIL_HOT, JitTier, translate
from harnpy.jit.translator import TRANSLATED_CONTROL
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


def global_names(code: CodeType) -> set[str]:
    """The global names that a code object and those in it load."""
    names = {each.argval for each in dis.get_instructions(code) if each.opname == "LOAD_GLOBAL"}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= global_names(constant)
    return names


def test_every_name_in_the_translation_of_the_language_suite_is_known() -> None:
    known = {*vars(builtins), *vars(support), "module", "generic_body", "self_body"}
    runtime = Runtime(make_registry(), world=CapturingWorld())
    unknown: set[str] = set()
    for path in sorted(each for each in LANGUAGE_SUITE.rglob("*.harn") if each.is_file()):
        try:
            module = runtime.compile(path.read_bytes(), str(path), use_cache=False)
        except (HarnSyntaxError, CompileError):
            continue
        pending = [LinkedFunction(module.main, ModuleInstance(runtime, module, str(path), ".", str(path)))]
        while pending:
            function = pending.pop()
            pending.extend(function.children)
            translation = translate(function, {})
            unknown |= global_names(compile(translation.source, str(path), "exec")) - known - set(translation.constants)
    runtime.close()
    assert not unknown
