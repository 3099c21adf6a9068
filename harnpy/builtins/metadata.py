"""Builtins for facts about the directories of a project (chapter 07 section 12)."""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins.directory_hashes import content_hash, structure_hash
from harnpy.builtins.metadata_store import MetadataStore
from harnpy.builtins.metadata_tree import (
    CLASSIFICATION,
    CONTENT_HASH,
    STRUCTURE_HASH,
    Fields,
    Namespaces,
    flat,
    resolved,
    shown,
)
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_READS = ("env", "fs.read", "output")


@builtin("metadata_set(directory: string, namespace: string, data: dict) -> nil", effects=_READS)
def metadata_set(fiber: Fiber, directory: Value = "", namespace: Value = "", data: Value = None) -> None:
    """Adds fields to what is known of a directory in a namespace; `metadata_save` keeps them for later runs.

    directory is relative to the project. Without fields nothing happens. Returns nil.
    """
    if type(data) is dict and data:
        _store(fiber).set(fiber, display(directory), display(namespace), data)


@builtin("metadata_get(directory: string, namespace?: string) -> dict", effects=_READS)
def metadata_get(fiber: Fiber, directory: Value = "", namespace: Value = None) -> Value:
    """The fields of a namespace that hold for a directory, its own before those of the directories above.

    Without a namespace the fields of all of them, where later names win. nil if there are none.
    """
    found = resolved(_store(fiber).entries(fiber), display(directory))
    return flat(found) or None if namespace is None else _dict(found.get(display(namespace)))


@builtin("metadata_resolve(directory: string, namespace?: string) -> dict", effects=_READS)
def metadata_resolve(fiber: Fiber, directory: Value = "", namespace: Value = None) -> Value:
    """As `metadata_get`; without a namespace a dict of the fields of each one, nil if there is none."""
    found = resolved(_store(fiber).entries(fiber), display(directory))
    return _dicts(found) or None if namespace is None else _dict(found.get(display(namespace)))


@builtin("metadata_entries(namespace?: string) -> list", effects=_READS)
def metadata_entries(fiber: Fiber, namespace: Value = None) -> list[Value]:
    """What is known of each directory: `{dir, local, resolved}`, sorted by directory, the root as `.`.

    `local` is what was set for the directory itself, `resolved` what holds for it: the fields of the namespace or nil,
    without a namespace a dict of the fields of each one.
    """
    entries = _store(fiber).entries(fiber)
    listed: list[Value] = []
    for directory in sorted(entries):
        known: dict[str, Value] = {"dir": shown(directory)}
        for key, found in (("local", entries[directory]), ("resolved", resolved(entries, directory))):
            known[key] = _dicts(found) if namespace is None else _dict(found.get(display(namespace)))
        listed.append(known)
    return listed


@builtin("metadata_status(namespace?: string) -> dict", effects=_READS)
def metadata_status(fiber: Fiber, namespace: Value = None) -> dict[str, Value]:
    """What is known and what should be looked at again.

    `{directory_count, namespace_count, directories, namespaces, missing_structure_hash, missing_content_hash, stale}`:
    the missing ones are directories that exist and whose fields in the namespace, else in `classification`, have no
    such hash; `stale` is as `metadata_stale` gives it, with the root as `.`.
    """
    entries, base = _store(fiber).entries(fiber), _store(fiber).base(fiber)
    without: dict[str, list[Value]] = {STRUCTURE_HASH: [], CONTENT_HASH: []}
    for directory in sorted(entries):
        local = entries[directory]
        fields = None if namespace is None else local.get(display(namespace))
        fields = local.get(CLASSIFICATION) if fields is None else fields
        if fields is None or not fiber.effect(fiber.runtime.world.is_directory, posixpath.join(base, directory)):
            continue
        for name, directories in without.items():
            if name not in fields:
                directories.append(shown(directory))
    first, second = _stale(fiber)
    namespaces = sorted({name for local in entries.values() for name in local})
    return {
        "directory_count": len(entries),
        "namespace_count": len(namespaces),
        "namespaces": list(namespaces),
        "directories": [shown(directory) for directory in sorted(entries)],
        "missing_structure_hash": without[STRUCTURE_HASH],
        "missing_content_hash": without[CONTENT_HASH],
        "stale": _stale_dict([shown(each) for each in first], [shown(each) for each in second]),
    }


@builtin("metadata_stale(project?: any)", effects=_READS)
def metadata_stale(fiber: Fiber, project: Value = None) -> dict[str, Value]:
    """Which directories have changed since hashes of them were stored: `{any_stale, tier1, tier2}`.

    `tier1` lists those whose `structureHash` in the namespace `classification` is another one now, `tier2` those of
    which that holds for `contentHash` only. The argument is ignored.
    """
    first, second = _stale(fiber)
    return _stale_dict(list(first), list(second))


@builtin("metadata_refresh_hashes(project?: any) -> nil", effects=_READS)
def metadata_refresh_hashes(fiber: Fiber, project: Value = None) -> None:
    """Sets `structureHash` in the namespace `classification` of every known directory. The argument is ignored.

    Returns nil.
    """
    store = _store(fiber)
    base = store.base(fiber)
    for directory in sorted(store.entries(fiber)):
        found = structure_hash(fiber, base, directory)
        store.set(fiber, directory, CLASSIFICATION, {STRUCTURE_HASH: found})


@builtin("metadata_save() -> nil", effects=(*_READS, "clock", "fs.write", "time"))
def metadata_save(fiber: Fiber) -> None:
    """Keeps for later runs what was set, on the disk when it returns; without changes nothing is written.

    Returns nil. Raises `metadata mkdir: ...`, `metadata json: ...` or `metadata write: ...`.
    """
    _store(fiber).save(fiber)


@builtin('compute_content_hash(directory: string = "") -> string', effects=_READS)
def compute_content_hash(fiber: Fiber, directory: Value = None) -> str:
    """A hash of the names, sizes and times of modification of what is directly in a directory of the project."""
    shown_directory = "" if directory is None else display(directory)
    return content_hash(fiber, _store(fiber).base(fiber), shown_directory)


@builtin("invalidate_facts(directory?: any) -> nil", pure=True)
def invalidate_facts(directory: Value = None) -> None:
    """Does nothing: facts are not cached. Returns nil."""


def _store(fiber: Fiber) -> MetadataStore:
    return fiber.runtime.state(MetadataStore)


def _stale(fiber: Fiber) -> tuple[list[str], list[str]]:
    """The directories whose structure, and those of which only the content, is not what was stored."""
    store = _store(fiber)
    entries, base = store.entries(fiber), store.base(fiber)
    first: list[str] = []
    second: list[str] = []
    for directory in sorted(entries):
        fields = entries[directory].get(CLASSIFICATION, {})
        structure, content = fields.get(STRUCTURE_HASH), fields.get(CONTENT_HASH)
        if type(structure) is str and structure != structure_hash(fiber, base, directory):
            first.append(directory)
        elif type(content) is str and content != content_hash(fiber, base, directory):
            second.append(directory)
    return first, second


def _stale_dict(first: list[Value], second: list[Value]) -> dict[str, Value]:
    return {"any_stale": bool(first or second), "tier1": first, "tier2": second}


def _dict(fields: Fields | None) -> Value:
    """A copy: metadata change later."""
    return None if fields is None else dict(fields)


def _dicts(namespaces: Namespaces) -> dict[str, Value]:
    return {name: dict(fields) for name, fields in namespaces.items()}
