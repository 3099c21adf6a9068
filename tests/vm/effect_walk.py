"""Reading the source of builtins: which operations a function may come to, and what its module imports.

Functions are followed by name, within a module and through `from harnpy... import`, and methods of the classes of a
module by their names. Operations are recognized where they are named: `world.read_bytes`, or a function marked so.
"""

from __future__ import annotations

import ast
import functools
import importlib
import pkgutil
from dataclasses import dataclass, field
from pathlib import Path

import harnpy
from harnpy.vm.world import World

ROOT = Path(harnpy.__file__).parent
WORLD_OPERATIONS = {
    name: value.__harn_operation__.effect for name, value in vars(World).items() if hasattr(value, "__harn_operation__")
}
# What methods of a fiber come to, whoever calls them.
FIBER_METHODS = {"write": "output", "sleep": "time"}


@dataclass
class Source:
    """One module: its functions (methods as Class.name), what names mean, and which modules it imports."""

    name: str
    functions: dict[str, ast.AST] = field(default_factory=dict)
    methods: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)


def modules_below(package: str) -> list[str]:
    """Names of all modules of a package of harnpy."""
    folder = ROOT.joinpath(*package.split(".")[1:])
    found = [package]
    for each in pkgutil.iter_modules([str(folder)]):
        name = f"{package}.{each.name}"
        found += modules_below(name) if each.ispkg else [name]
    return found


@functools.cache
def source_of(module: str) -> Source:
    """The parsed source of a module of harnpy."""
    base = ROOT.joinpath(*module.split(".")[1:])
    path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    tree = ast.parse(path.read_text())
    source = Source(module)
    checked_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in checked_only:
            continue
        if isinstance(node, ast.Import):
            source.imports |= {alias.name for alias in node.names}
            for alias in node.names:
                source.names[alias.asname or alias.name] = (alias.name, "")
        elif isinstance(node, ast.ImportFrom) and node.module:
            source.imports.add(node.module)
            for alias in node.names:
                source.names[alias.asname or alias.name] = (node.module, alias.name)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            source.calls.add(node.func.id)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            source.functions[node.name] = node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    source.functions[f"{node.name}.{inner.name}"] = inner
                    source.methods.setdefault(inner.name, []).append(f"{node.name}.{inner.name}")
    return source


def effects_reached(module: str, function: str) -> set[str]:
    """The effects of all operations that a function may come to."""
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    pending = [(module, function)]
    while pending:
        place = pending.pop()
        if place in seen:
            continue
        seen.add(place)
        source = source_of(place[0])
        node = source.functions.get(place[1])
        if node is None:
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name):
                pending += _named(source, inner.id, found)
            elif isinstance(inner, ast.Attribute):
                pending += _attribute(source, inner, found)
    return found


def _named(source: Source, name: str, found: set[str]) -> list[tuple[str, str]]:
    if name in source.functions:
        _note_operation(source.name, name, found)
        return [(source.name, name)]
    module, original = source.names.get(name, ("", ""))
    if module.startswith("harnpy.") and original and _is_followed(module):
        _note_operation(module, original, found)
        return [(module, original)]
    return []


def _attribute(source: Source, node: ast.Attribute, found: set[str]) -> list[tuple[str, str]]:
    base = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
    if base in ("world", "_world") and node.attr in WORLD_OPERATIONS:
        found.add(WORLD_OPERATIONS[node.attr])
    elif base in ("fiber", "_fiber") and node.attr in FIBER_METHODS:
        found.add(FIBER_METHODS[node.attr])
    module, original = source.names.get(base, ("", ""))
    if module.startswith("harnpy") and _is_followed(f"{module}.{original}"):
        return [(f"{module}.{original}", node.attr)]
    if base in ("self", "_self", "cls"):
        return [(source.name, each) for each in source.methods.get(node.attr, [])]
    return []


def _note_operation(module: str, function: str, found: set[str]) -> None:
    value = getattr(importlib.import_module(module), function, None)
    mark = getattr(value, "__harn_operation__", None)
    if mark is not None:
        found.add(mark.effect)


def _is_followed(module: str) -> bool:
    """Builtins and what they share in the vm; not the machinery of tasks and frames, which everything goes through."""
    base = ROOT.joinpath(*module.split(".")[1:])
    exists = base.with_suffix(".py").is_file() or base.is_dir()
    machinery = ("fiber", "runtime", "scheduler", "interpreter", "modules", "effects", "registry", "world", "tasks")
    return exists and module.split(".")[-1] not in machinery and not module.startswith("harnpy.vm.schema")
