"""What tells whether the contents of a directory have changed since somebody looked: hashes of its direct entries."""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins.file_access import entries_of
from harnpy.builtins.fnv import fnv1a

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harnpy.vm.fiber import Fiber


def hex_hash(data: bytes) -> str:
    """The FNV-1a hash of data, 64 bits in lower-case hex without leading zeros."""
    return f"{fnv1a(data):x}"


def structure_hash(fiber: Fiber, base: str, directory: str) -> str:
    """Changes with the names and sizes of the entries; that of an empty directory for one that cannot be read."""
    return _hash(f"{each.name}:{each.size}" for each in entries_of(fiber, posixpath.join(base, directory)))


def content_hash(fiber: Fiber, base: str, directory: str) -> str:
    """As structure_hash, and changes also with the times of modification."""
    entries = entries_of(fiber, posixpath.join(base, directory))
    return _hash(f"{each.name}:{each.size}:{each.modified}" for each in entries)


def _hash(lines: Iterable[str]) -> str:
    return hex_hash("|".join(sorted(lines)).encode("utf-8"))
