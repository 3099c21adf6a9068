"""Everything that has a name in Harn, with what is known about it: the source of `harn explain` and `harn docs`.

Builtins and methods come from their declarations, functions of std modules from the doc comments above them,
diagnostics from their rules, keywords and globals from reference_words.py, examples from reference_examples.txt
(`NAME: CODE => RESULT`, one a line).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc
from pathlib import Path
from types import ModuleType

from harnpy.cli.catalog import BUILTIN_MODULES, METHOD_MODULES
from harnpy.cli.reference_diagnostics import diagnostic_codes, diagnostic_text
from harnpy.cli.reference_modules import module_doc
from harnpy.cli.reference_words import EFFECTS, FAMILIES, GLOBALS, KEYWORDS
from harnpy.cli.standard_modules import standard_module_names
from harnpy.vm.registry import Declaration, declarations_of

_EXAMPLES = Path(__file__).with_name("reference_examples.txt")


@dataclass(frozen=True, slots=True)
class Example:
    """A piece of code; result is what it prints, "" where that is up to the world."""

    code: str
    result: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One name. kind is builtin, method, keyword, global, function (of a std module), module or diagnostic.

    name is the full one: `split`, `string.split`, `std/math.clamp`. effects is None where nothing is declared.
    """

    kind: str
    name: str
    signature: str
    doc: str
    effects: tuple[str, ...] | None = None
    pure: bool = False
    example: Example | None = None

    @property
    def effects_text(self) -> str:
        """The effects in words; "" where nothing is declared."""
        if self.effects is None:
            return ""
        if self.pure:
            return "none; equal arguments give equal results"
        return ", ".join(EFFECTS.get(effect, effect) for effect in self.effects) or "none of its own"


def lookup(name: str) -> list[Entry]:
    """All entries that name means: `split` is a builtin as well as a method; `.split` and `string.split` only one."""
    return [*_builtins(name), *_methods(name), *_words(name), *_module_functions(name)]


def names() -> list[str]:
    """Every name that lookup knows in full, sorted."""
    methods = [entry.name for kind in METHOD_MODULES for entry in methods_of(kind)]
    modules = [f"std/{module}" for module in standard_module_names()]
    functions = [entry.name for module in standard_module_names() for entry in module_functions(module)]
    words = {*KEYWORDS, *GLOBALS, *FAMILIES, *diagnostic_codes()}
    return sorted({*visible_builtins(), *methods, *words, *functions, *modules})


def visible_builtins() -> list[str]:
    """The names of all builtins that programs may call, sorted."""
    return sorted(name for name in BUILTIN_MODULES if not name.startswith("__"))


def builtin_entry(name: str) -> Entry:
    """The entry of a builtin. Raises KeyError for an unknown name."""
    module = _loaded(BUILTIN_MODULES[name])
    declaration = next(each for each in declarations_of(module) if each.name == name and not each.receiver)
    return _declared("builtin", name, declaration)


def methods_of(kind: str) -> list[Entry]:
    """The entries of all methods of a kind of value, sorted."""
    found: dict[str, Entry] = {}
    for module in METHOD_MODULES.get(kind, ()):
        for declaration in declarations_of(_loaded(module)):
            if declaration.receiver == kind:
                name = f"{kind}.{declaration.name}"
                found[name] = _declared("method", name, declaration)
    return [found[name] for name in sorted(found)]


def module_functions(module: str) -> list[Entry]:
    """The entries of what a wildcard import of `std/MODULE` brings, in source order."""
    return [
        Entry("function", f"std/{module}.{function.name}", function.header, function.doc)
        for function in module_doc(module).functions
    ]


def _builtins(name: str) -> Iterator[Entry]:
    if name in BUILTIN_MODULES:
        yield builtin_entry(name)


def _methods(name: str) -> Iterator[Entry]:
    kind, dot, member = name.rpartition(".")
    for receiver in METHOD_MODULES:
        if not dot or kind in ("", receiver):
            yield from (entry for entry in methods_of(receiver) if entry.name == f"{receiver}.{member}")


def _words(name: str) -> Iterator[Entry]:
    for kind, words in (("keyword", KEYWORDS), ("global", GLOBALS)):
        if name in words:
            doc, example = words[name]
            yield Entry(kind, name, name, doc, example=Example(example))
    text = FAMILIES.get(name) or diagnostic_text(name)
    if text is not None:
        yield Entry("diagnostic", name, name, text)


def _module_functions(name: str) -> Iterator[Entry]:
    module, _, member = name.removeprefix("std/").rpartition(".")
    for each in standard_module_names():
        if name == f"std/{each}":
            listed = "\n".join(entry.signature for entry in module_functions(each))
            yield Entry("module", name, f'import "{name}"', f"{module_doc(each).doc}\n\n{listed}".strip())
        elif module in ("", each):
            yield from (entry for entry in module_functions(each) if entry.name == f"std/{each}.{member}")


def _declared(kind: str, name: str, declaration: Declaration) -> Entry:
    receiver = f"{declaration.receiver}." if declaration.receiver else ""
    return Entry(
        kind,
        name,
        receiver + declaration.signature,
        cleandoc(declaration.doc),
        tuple(sorted(declaration.effects)),
        declaration.pure,
        examples().get(name),
    )


@cache
def examples() -> dict[str, Example]:
    """The examples of builtins and methods by full name."""
    found = {}
    for line in _EXAMPLES.read_text(encoding="utf-8").splitlines():
        name, _, text = line.partition(": ")
        code, _, result = text.partition(" => ")
        found[name] = Example(code, result)
    return found


def _loaded(name: str) -> ModuleType:
    __import__(name)
    return sys.modules[name]
