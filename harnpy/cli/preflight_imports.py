"""Preflight of imports: does the module exist, and do two modules bring the same name (chapter 04 section 15)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.machinery import PathFinder
from importlib.util import find_spec

from harnpy.cli.preflight_model import Finding, LoadedFile, finding
from harnpy.syntax.ast import Fn, Import, ImportAs, ImportNames, Program
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.parser import parse_program
from harnpy.vm.modules import PYTHON, resolve, standard_module

_STANDARD = "std/"

_UNRESOLVED_HELP = "verify the import path and packaged module layout"
_PYTHON_HELP = "install the package that has it, with pip"
_NAMELESS_HELP = 'name what you want: import { name } from "py:...", or the module: import "py:..." as name'
_NAME_HELP = 'only Python modules ("py:...") have names; import what you want: import { name } from "..."'
_SELECTIVE_HELP = "rename one of the imported modules or avoid importing conflicting names"


def imports_of(program: Program) -> list[Import | ImportAs | ImportNames]:
    """The imports of a file in source order."""
    return [item for item in program.items if isinstance(item, Import | ImportAs | ImportNames)]


def imported_file(path: str, importer: str) -> str | None:
    """The file that an import path in the file importer means; None for bundled modules and for missing files."""
    if path.startswith((_STANDARD, PYTHON)):
        return None
    found = resolve(path, os.path.dirname(importer))
    return found if os.path.isfile(found) else None


def check_imports(file: LoadedFile, severity: str) -> Iterator[Finding]:
    """Unresolved imports and colliding names of one file."""
    origins: dict[str, str] = {}
    for item in imports_of(file.program):
        if item.path.startswith(PYTHON):
            if isinstance(item, Import):
                yield finding(file, severity, f"'{item.path}' is imported without a name", item.span, _NAMELESS_HELP)
            if not _is_installed(item.path.removeprefix(PYTHON), os.path.dirname(file.path)):
                # What a machine has installed says nothing about the program.
                yield finding(file, "warning", f"Python module '{item.path}' is not installed", item.span, _PYTHON_HELP)
            continue
        if isinstance(item, ImportAs):
            yield finding(file, severity, f"'{item.path}' cannot be imported under a name", item.span, _NAME_HELP)
            continue
        if item.path.startswith(_STANDARD):
            if standard_module(item.path.removeprefix(_STANDARD)) is None:
                yield finding(file, severity, f"unresolved import '{item.path}'", item.span, _UNRESOLVED_HELP)
            continue
        target = imported_file(item.path, file.path)
        if target is None:
            yield finding(file, severity, f"unresolved import '{item.path}'", item.span, _UNRESOLVED_HELP)
            continue
        identity = os.path.realpath(target)
        for name in item.names if isinstance(item, ImportNames) else exported_names(target):
            first = origins.setdefault(name, identity)
            if first != identity:
                message = f"import collision — '{name}' is exported by both '{first}' and '{item.path}'"
                yield finding(file, severity, message, item.span, _collision_help(item, name))


def _is_installed(name: str, directory: str) -> bool:
    """Whether the top-level module of a dotted name can be found, here or in directory; nothing is imported."""
    top = name.partition(".")[0]
    try:
        return find_spec(top) is not None or PathFinder.find_spec(top, [directory or "."]) is not None
    except (ImportError, ValueError):
        return False


def exported_names(path: str) -> list[str]:
    """The functions that a wildcard import of the file brings: the pub ones, or all if there are none."""
    try:
        with open(path, "rb") as source:
            program = parse_program(source.read(), path)
    except (OSError, HarnSyntaxError):
        return []  # reported where that file itself is checked
    functions = [item for item in program.items if isinstance(item, Fn)]
    public = [function.name for function in functions if function.is_pub]
    return public or [function.name for function in functions]


def _collision_help(item: Import | ImportNames, name: str) -> str:
    if isinstance(item, ImportNames):
        return _SELECTIVE_HELP
    return f'use selective imports to disambiguate: import {{ {name} }} from "..."'
