"""Facts about the directories of a project, and how those below others take on what is said of the ones above.

directory -> namespace -> field -> value. Directories are relative with slashes; the root is `.` or "".
"""

from __future__ import annotations

from typing import TypeAlias

from harnpy.vm.values import Value

Fields: TypeAlias = dict[str, Value]
Namespaces: TypeAlias = dict[str, Fields]
Entries: TypeAlias = dict[str, Namespaces]

CLASSIFICATION = "classification"
STRUCTURE_HASH = "structureHash"
CONTENT_HASH = "contentHash"


def merge(into: Namespaces, namespaces: Namespaces) -> None:
    """Add fields, namespace by namespace; those that are there already are replaced."""
    for name, fields in namespaces.items():
        into[name] = {**into.get(name, {}), **fields}


def merge_entries(into: Entries, entries: Entries) -> None:
    """As merge, directory by directory."""
    for directory, namespaces in entries.items():
        merge(into.setdefault(directory, {}), namespaces)


def resolved(entries: Entries, directory: str) -> Namespaces:
    """What holds for a directory: what is said of the root and of each directory on the way, the deeper ones last."""
    found: Namespaces = {}
    merge(found, entries["."] if "." in entries else entries.get("", {}))
    path = ""
    for part in directory.split("/"):
        if part in ("", "."):
            continue
        path = f"{path}/{part}" if path else part
        merge(found, entries.get(path, {}))
    return found


def flat(namespaces: Namespaces) -> Fields:
    """The fields of all namespaces in one dict; the later namespace by name wins."""
    return {field: value for name in sorted(namespaces) for field, value in namespaces[name].items()}


def shown(directory: str) -> str:
    """A directory as lists show it."""
    return directory or "."


def entries_in(document: Value) -> Entries:
    """The entries of a metadata file. Raises ValueError if it has another shape."""
    listed = _dict(document, "the file").get("entries", {})
    found: Entries = {}
    for directory, entry in _dict(listed, "entries").items():
        namespaces = _dict(_dict(entry, f"the entry of '{directory}'").get("namespaces", {}), "namespaces")
        found[directory] = {name: _dict(fields, f"the namespace '{name}'") for name, fields in namespaces.items()}
    return found


def document_of(entries: Entries, generated_at: str) -> Fields:
    """A metadata file with these entries."""
    listed: Fields = {directory: {"namespaces": namespaces} for directory, namespaces in entries.items()}
    return {"version": 2, "generatedAt": generated_at, "entries": listed}


def _dict(value: Value, what: str) -> dict[str, Value]:
    if type(value) is not dict:
        raise ValueError(f"{what} is no JSON object")
    return value
