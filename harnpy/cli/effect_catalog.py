"""What the effect analysis has to know of builtins and methods, from their declarations.

A declaration names every effect that a builtin may ever have; what the runtime does for itself in it, and what takes an
option that a call does not give, is no effect of the program (the sandbox lets it pass as well) and is left out here.
"""

from __future__ import annotations

import re
from functools import cache

from harnpy.analysis.effects.model import Catalog
from harnpy.cli.catalog import BUILTIN_MODULES, METHOD_MODULES
from harnpy.cli.compose import make_registry
from harnpy.vm.registry import Registry

# The runtime's own readings, which need no permission: its configuration, and where the program is.
_OWN: dict[str, frozenset[str]] = {
    **dict.fromkeys(["write_file", "append_file", "delete_file", "mkdir"], frozenset({"fs.read"})),
}
_OWN_BY_MODULE: tuple[tuple[str, frozenset[str]], ...] = (
    ("harnpy.llm.", frozenset({"env", "fs.read"})),
    ("harnpy.builtins.store", frozenset({"env"})),
    ("harnpy.builtins.checkpoints", frozenset({"env"})),
    ("harnpy.builtins.metadata", frozenset({"env"})),
)
_READS_FOR_THE_PROGRAM = frozenset({"llm_info"})

# What only the options argument brings, and at which position that is.
_FILES = frozenset({"fs.read", "fs.write"})
_BY_OPTIONS: dict[str, tuple[int, frozenset[str]]] = {
    "http_get": (1, _FILES),
    "http_delete": (1, _FILES),
    "http_post": (2, _FILES),
    "http_put": (2, _FILES),
    "http_patch": (2, _FILES),
    "http_request": (2, _FILES),
}

# What the functions do that a builtin gives.
_GIVEN: dict[str, frozenset[str]] = {"workspace_tools": frozenset({"fs.write", "process"})}

_PARAMETERS = re.compile(r"\((.*)\)", re.DOTALL)
_CALLED = re.compile(r":\s*(?:fn\s*\(|closure\b)")


@cache
def effect_catalog() -> Catalog:
    """The catalog of this distribution."""
    registry = make_registry()

    def effects(name: str, count: int | None) -> frozenset[str] | None:
        function = registry.get(name)
        if function is None:
            return None
        return _shown(name, function.effects, count)

    def callbacks(name: str) -> frozenset[int]:
        return _callbacks(registry, name)

    methods = frozenset(name for kind in METHOD_MODULES for name in registry.methods(kind))
    return Catalog(effects, methods, callbacks)


def declared_effects(name: str) -> frozenset[str]:
    """All effects that the declaration of a builtin names; none for what is no builtin."""
    function = make_registry().get(name)
    return function.effects if function is not None else frozenset()


def _shown(name: str, declared: frozenset[str], count: int | None) -> frozenset[str]:
    left = declared - _OWN.get(name, frozenset())
    if name not in _READS_FOR_THE_PROGRAM:
        for module, own in _OWN_BY_MODULE:
            if BUILTIN_MODULES.get(name, "").startswith(module):
                left -= own
    position, optional = _BY_OPTIONS.get(name, (0, frozenset()))
    if count is not None and count <= position:
        left -= optional
    return left | _GIVEN.get(name, frozenset())


@cache
def _callbacks(registry: Registry, name: str) -> frozenset[int]:
    """The positions at which a builtin, or (`.name`) a method of any kind, takes a function that it calls."""
    if not name.startswith("."):
        function = registry.get(name)
        return frozenset() if function is None else _called_positions(function.signature)
    tables = [registry.methods(kind) for kind in METHOD_MODULES]
    found = [_called_positions(table[name[1:]].signature) for table in tables if name[1:] in table]
    return frozenset().union(*found)


def _called_positions(signature: str) -> frozenset[int]:
    inside = _PARAMETERS.search(signature)
    if inside is None:
        return frozenset()
    params, depth, start, text = [], 0, 0, inside[1]
    for place, character in enumerate(text):
        depth += (character in "(<{[") - (character in ")}]") - (character == ">" and text[place - 1] != "-")
        if character == "," and depth == 0:
            params.append(text[start:place])
            start = place + 1
    params.append(text[start:])
    return frozenset(position for position, param in enumerate(params) if _CALLED.search(param))
