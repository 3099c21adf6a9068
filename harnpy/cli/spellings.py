"""What the search for foreign spellings has to know of this distribution, and the search itself, as a pass of `harn check`."""

from __future__ import annotations

from functools import cache

from harnpy.analysis.newer_spellings import Known, newer_spellings
from harnpy.cli.catalog import BUILTIN_MODULES, METHOD_MODULES
from harnpy.cli.compose import make_registry
from harnpy.cli.source_facts import facts_of
from harnpy.import_paths import STANDARD
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Diagnostic
from harnpy.syntax.parser import parse_program
from harnpy.vm.module_paths import standard_module


def spelling_findings(program: ast.Program, source: str) -> list[Diagnostic]:
    """The foreign spellings in a program whose text is source. They depend on nothing else, but for this distribution."""
    return newer_spellings(program, source, Known(frozenset(BUILTIN_MODULES), _methods(), _imported(program)))


@cache
def _methods() -> dict[str, frozenset[str]]:
    registry = make_registry()
    return {kind: frozenset(registry.methods(kind)) for kind in METHOD_MODULES}


def _imported(program: ast.Program) -> frozenset[str] | None:
    """The names that wildcard imports bring; None where they are not of bundled modules, which do not change."""
    names: set[str] = set()
    for item in program.items:
        if isinstance(item, ast.Import):
            path = item.path
            brought = _exports(path.removeprefix(STANDARD)) if path.startswith(STANDARD) else None
            if brought is None:
                return None
            names |= brought
    return frozenset(names)


@cache
def _exports(name: str) -> frozenset[str] | None:
    path = standard_module(name)
    if path is None:
        return None
    with open(path, "rb") as source:
        return frozenset(facts_of(parse_program(source.read(), path)).exported)
