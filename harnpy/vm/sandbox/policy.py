"""Policies as data: what the lists behind `--allow` and `--deny` mean, and their text form for child processes.

An item of a list is the name of a builtin, an effect, or `EFFECT=SCOPE`. Scopes are resolved when they are read, so that
nothing a program does later changes where they lead.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harnpy.analysis.suggest import suggest
from harnpy.vm.sandbox.hosts import HostScope, host_scope
from harnpy.vm.sandbox.places import is_same_or_within, is_within

# The effects that a policy can be about, the ones with the most reach first: errors name the first that is missing.
CONFINED = ("process", "llm", "net", "python", "host", "fs.write", "fs.read", "env")

PATH_EFFECTS = frozenset({"fs.read", "fs.write"})
_UNSCOPED = frozenset({"host"})

# What carries the policies of a process to the `harn` processes that it starts.
VARIABLE = "HARN_SANDBOX"

_BETWEEN_POLICIES = ";"
_IMPORT_ROOT = "--import-root"


class BadPolicy(Exception):
    """A list makes no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A limit of an effect. shown is what the user wrote; value is what is compared.

    value is a real path for files, the path of the file for programs, and for all others the text itself.
    """

    shown: str
    value: str
    host: HostScope | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """One list. allows tells whether what is listed is all that is permitted, or all that is not.

    effects are those that are listed as a whole, scopes the parts of others. import_root is the directory below which
    imports are free, if it is settled; else that of the project.
    """

    allows: bool
    names: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()
    scopes: Mapping[str, tuple[Scope, ...]] = field(default_factory=dict)
    import_root: str | None = None

    @property
    def flag(self) -> str:
        return "--allow" if self.allows else "--deny"

    @property
    def is_by_effect(self) -> bool:
        """Whether anything but names of builtins is listed."""
        return bool(self.effects or self.scopes)

    def admits_module(self, place: str, root: str) -> bool:
        """Whether a program of the project at root may run the code in the file at a real path."""
        scopes = self.scopes.get("fs.read", ())
        if not self.allows and any(is_same_or_within(place, scope.value) for scope in scopes):
            return False
        if not self.is_by_effect or is_within(place, root):
            return True
        if not self.allows:
            return "fs.read" not in self.effects
        return "fs.read" in self.effects or any(is_within(place, scope.value) for scope in scopes)


def policy(items: Iterable[str], *, allows: bool, import_root: str | None = None) -> Policy:
    """The policy of the items of a list. Raises BadPolicy."""
    names: set[str] = set()
    effects: set[str] = set()
    scopes: dict[str, list[Scope]] = {}
    for item in items:
        effect, equals, text = item.partition("=")
        if not equals and effect not in CONFINED:
            if "." in item:
                raise BadPolicy(_unknown(item))
            names.add(item)
        elif effect not in CONFINED:
            raise BadPolicy(_unknown(effect))
        elif not equals:
            effects.add(effect)
            if effect == "env" and not allows:
                names.add(effect)  # it is a builtin, too, and denied by its name as ever
        else:
            scopes.setdefault(effect, []).append(_scope(effect, text))
    kept = {effect: tuple(found) for effect, found in scopes.items() if effect not in effects}
    return Policy(allows, frozenset(names), frozenset(effects), kept, import_root)


def _unknown(effect: str) -> str:
    similar = suggest(effect, CONFINED)
    hint = f"did you mean `{similar}`?" if similar else f"effects are {', '.join(CONFINED)}"
    return f"there is no effect '{effect}' ({hint})"


def _scope(effect: str, text: str) -> Scope:
    if not text:
        raise BadPolicy(f"'{effect}=' names nothing; `{effect}` alone is the whole effect")
    if "\0" in text:
        raise BadPolicy(f"'{effect}={text}' has a NUL, which nothing can")
    if effect in _UNSCOPED:
        raise BadPolicy(f"'{effect}' has no scopes, found '{effect}={text}'")
    if effect in PATH_EFFECTS:
        return Scope(text, os.path.realpath(os.path.expanduser(text)))
    if effect == "process":
        return Scope(text, _program(text))
    if effect == "net":
        try:
            return Scope(text, text, host_scope(text))
        except ValueError as error:
            raise BadPolicy(f"'net={text}' names no host: {error}") from None
    return Scope(text, text)


def _program(text: str) -> str:
    found = shutil.which(os.path.expanduser(text))
    if found is None:
        raise BadPolicy(f"'process={text}' names no program that there is")
    return place_of_program(found)


def place_of_program(path: str) -> str:
    """The absolute path of a program, links to directories resolved.

    A link to the file itself is kept: what some programs do depends on the name that they are started by.
    """
    directory, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(directory), name)


# --- the text form -----------------------------------------------------------------------------------------------------


def encoded(policies: Iterable[Policy]) -> str:
    """Policies as the text that VARIABLE holds: the flags as a shell takes them, `;` between policies."""
    words: list[str] = []
    for each in policies:
        if words:
            words.append(_BETWEEN_POLICIES)
        items = [*sorted(each.names), *sorted(each.effects)]
        for effect, scopes in sorted(each.scopes.items()):
            paths = effect in PATH_EFFECTS or effect == "process"
            items += [f"{effect}={scope.value if paths else scope.shown}" for scope in scopes]
        for item in items or [""]:
            words += [each.flag, item]
        if each.import_root is not None:
            words += [_IMPORT_ROOT, each.import_root]
    return shlex.join(words)


def decoded(text: str) -> list[Policy]:
    """The policies that a text of encoded stands for. Raises BadPolicy: what cannot be read permits nothing."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadPolicy(f"it cannot be read: {error}") from None
    groups: list[list[str]] = [[]]
    for word in words:
        if word == _BETWEEN_POLICIES and len(groups[-1]) % 2 == 0:
            groups.append([])
        else:
            groups[-1].append(word)
    return [_decoded_policy(group) for group in groups]


def _decoded_policy(words: list[str]) -> Policy:
    flags, values = words[::2], words[1::2]
    kinds = set(flags) - {_IMPORT_ROOT}
    if len(flags) != len(values) or len(kinds) != 1 or not kinds <= {"--allow", "--deny"}:
        raise BadPolicy(f"expected --allow or --deny with values, found '{shlex.join(words)}'")
    roots = [value for flag, value in zip(flags, values) if flag == _IMPORT_ROOT]
    items = [value for flag, value in zip(flags, values) if flag != _IMPORT_ROOT and value]
    return policy(items, allows="--allow" in kinds, import_root=roots[-1] if roots else None)
