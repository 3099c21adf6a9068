"""Calls of functions that are declared further down: their hints are found once a name, among the builtins."""

from __future__ import annotations

from golden_programs import BUILTINS
from support import run_source

from harnpy.bytecode import names
from harnpy.bytecode.assembler import assemble
from harnpy.syntax.parser import parse_program


def test_the_hint_for_a_name_that_is_called_early_is_sought_once(monkeypatch):
    sought = []

    def suggest(name, candidates):
        sought.append((name, frozenset(candidates)))

    monkeypatch.setattr(names, "suggest", suggest)
    calls = "\n".join(f"fn caller{i}() {{ return callee() + other() }}" for i in range(50))
    assemble(parse_program(f"{calls}\nfn callee() {{ }}\nfn other() {{ }}", "p.harn"), "p.harn", "entry", BUILTINS)
    assert sorted(sought) == [("callee", BUILTINS), ("other", BUILTINS)]


def test_a_function_called_too_early_is_unknown_and_close_to_a_builtin():
    assert run_source("println(try { printl(1) })\nfn printl(x) { println(x) }") == (
        "Result.Err(Runtime error: Undefined builtin: printl (did you mean `print`?))\n"
    )
