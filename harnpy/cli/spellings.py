"""What the search for foreign spellings has to know of this distribution, and the search itself, as a pass of `harn check`."""

from __future__ import annotations

import os
from functools import cache

from harnpy.analysis.newer_spellings import Known, newer_spellings
from harnpy.cli.catalog import BUILTIN_MODULES, METHOD_MODULES
from harnpy.cli.compose import make_registry
from harnpy.cli.module_graph import Modules, exported_names
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Diagnostic


def spelling_findings(program: ast.Program, source: str, path: str) -> list[Diagnostic]:
    """The foreign spellings in the program of the file at path, whose text is source."""
    imported = _imported(program, path) if any(isinstance(item, ast.Import) for item in program.items) else frozenset()
    return newer_spellings(program, source, Known(frozenset(BUILTIN_MODULES), _methods(), imported))


@cache
def _methods() -> dict[str, frozenset[str]]:
    registry = make_registry()
    return {kind: frozenset(registry.methods(kind)) for kind in METHOD_MODULES}


def _imported(program: ast.Program, path: str) -> frozenset[str] | None:
    """The names that the wildcard imports of a file bring; None if one of them cannot be read."""
    names: set[str] = set()
    key = os.path.realpath(path)
    reached = Modules().reached(key, path, program)
    for item in program.items:
        if isinstance(item, ast.Import):
            target = reached[key].imports.get(item.path)
            if target is None:
                return None
            names.update(exported_names(reached[target].program))
    return frozenset(names)
