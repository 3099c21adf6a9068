"""The persistent store: values that a later run of the program, or of another one beside it, finds again."""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins.object_file import ObjectFile
from harnpy.builtins.state_files import StatePlaces
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_READS = ("env", "fs.read", "output")
_WRITES = (*_READS, "fs.write", "time")


@builtin("store_get(key: string)", effects=_READS)
def store_get(fiber: Fiber, key: Value = "") -> Value:
    """The value that is stored under key; nil when there is none."""
    return _store(fiber).values(fiber).get(display(key))


@builtin("store_set(key: string, value: any)", effects=_WRITES)
def store_set(fiber: Fiber, key: Value = "", value: Value = None) -> None:
    """Stores a value under key, on the disk when it returns; what JSON cannot hold becomes nil.

    Returns nil. Raises `store mkdir error: ...` or `store write error: ...` when the file cannot be written, and
    `store save error: ...` for a value that could not be read back; then nothing has changed.
    """
    _store(fiber).put(fiber, display(key), value)


@builtin("store_delete(key: string)", effects=_WRITES)
def store_delete(fiber: Fiber, key: Value = "") -> None:
    """Removes what is stored under key, if anything is. Returns nil; raises as `store_set`."""
    _store(fiber).discard(fiber, display(key))


@builtin("store_list()", effects=_READS)
def store_list(fiber: Fiber) -> list[Value]:
    """The keys under which something is stored, sorted."""
    return sorted(_store(fiber).values(fiber))


@builtin("store_save()", effects=_WRITES)
def store_save(fiber: Fiber) -> None:
    """Writes the file of the store. Every change is in it already. Returns nil; raises as `store_set`."""
    _store(fiber).save(fiber)


@builtin("store_clear()", effects=_WRITES)
def store_clear(fiber: Fiber) -> None:
    """Removes everything that is stored. Returns nil; raises as `store_set`."""
    _store(fiber).clear(fiber)


class _Store:
    """The store of a runtime."""

    def __init__(self) -> None:
        self.file: ObjectFile | None = None


def _store(fiber: Fiber) -> ObjectFile:
    store = fiber.runtime.state(_Store)
    if store.file is None:
        root = fiber.runtime.state(StatePlaces).root(fiber)
        store.file = ObjectFile(posixpath.join(root, "store.json"), "store")
    return store.file
