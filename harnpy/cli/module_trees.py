"""A file and all that it imports, as trees: for what looks at whole programs without running them."""

from __future__ import annotations

import os

from harnpy.analysis.effects.model import Module
from harnpy.import_paths import PYTHON
from harnpy.syntax.ast import Program
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.imports import IMPORTS
from harnpy.syntax.parser import parse_program
from harnpy.vm.module_paths import imported_file


class Modules:
    """The modules that files import, each read once. What cannot be read is no module."""

    def __init__(self) -> None:
        self._known: dict[str, Module | None] = {}

    def reached(self, key: str, path: str, program: Program) -> dict[str, Module]:
        """A file and all that it imports, directly or not, by their real paths; key is that of the file."""
        found = {key: self._module(path, program)}
        pending = [found[key]]
        while pending:
            for target in pending.pop().imports.values():
                module = None if target is None or target in found else self._load(target)
                if target is not None and module is not None:
                    found[target] = module
                    pending.append(module)
        return {
            name: Module(
                each.path, each.program, {path: to if to in found else None for path, to in each.imports.items()}
            )
            for name, each in found.items()
        }

    def _module(self, path: str, program: Program) -> Module:
        imports: dict[str, str | None] = {}
        for item in program.items:
            if isinstance(item, IMPORTS) and not item.path.startswith(PYTHON):
                target = imported_file(item.path, path)
                imports[item.path] = None if target is None else os.path.realpath(target)
        return Module(path, program, imports)

    def _load(self, path: str) -> Module | None:
        if path not in self._known:
            try:
                with open(path, "rb") as source:
                    self._known[path] = self._module(path, parse_program(source.read(), path))
            except (OSError, ValueError, HarnSyntaxError):
                self._known[path] = None
        return self._known[path]
