"""Checkpoints: values that the next run of the same program finds, so that it can go on where this one has stopped."""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins.object_file import ObjectFile
from harnpy.builtins.state_files import StatePlaces
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.runtime import EVAL_PATH, REPL_PATH
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

# Random names are asked for by the code of `run -e`, which is no program that could be run again.
_READS = ("env", "fs.read", "output", "random")
_WRITES = (*_READS, "fs.write", "time")


@builtin("checkpoint(key: string, value: any)", effects=_WRITES)
def checkpoint(fiber: Fiber, key: Value = "", value: Value = None) -> None:
    """Saves a value under key for later runs, on the disk when it returns; what JSON cannot hold becomes nil.

    Returns nil. Raises `checkpoint mkdir error: ...` or `checkpoint write error: ...` when the file cannot be written,
    and `checkpoint save error: ...` for a value that could not be read back; then nothing has changed.
    """
    _checkpoints(fiber).put(fiber, display(key), value)


@builtin("checkpoint_get(key: string)", effects=_READS)
def checkpoint_get(fiber: Fiber, key: Value = "") -> Value:
    """The value that was saved under key; nil when there is none."""
    return _checkpoints(fiber).values(fiber).get(display(key))


@builtin("checkpoint_exists(key: string)", effects=_READS)
def checkpoint_exists(fiber: Fiber, key: Value = "") -> bool:
    """Whether something was saved under key, be it nil."""
    return display(key) in _checkpoints(fiber).values(fiber)


@builtin("checkpoint_delete(key: string)", effects=_WRITES)
def checkpoint_delete(fiber: Fiber, key: Value = "") -> None:
    """Removes what was saved under key, if anything was. Returns nil; raises as `checkpoint`."""
    _checkpoints(fiber).discard(fiber, display(key))


@builtin("checkpoint_list()", effects=_READS)
def checkpoint_list(fiber: Fiber) -> list[Value]:
    """The keys under which something was saved, sorted."""
    return sorted(_checkpoints(fiber).values(fiber))


@builtin("checkpoint_clear()", effects=_WRITES)
def checkpoint_clear(fiber: Fiber) -> None:
    """Removes everything that was saved, and the file. Returns nil; raises `checkpoint clear error: ...`."""
    _checkpoints(fiber).delete(fiber)


class _Checkpoints:
    """The checkpoints of a runtime."""

    def __init__(self) -> None:
        self.file: ObjectFile | None = None


def _checkpoints(fiber: Fiber) -> ObjectFile:
    checkpoints = fiber.runtime.state(_Checkpoints)
    if checkpoints.file is None:
        root = fiber.runtime.state(StatePlaces).root(fiber)
        path = posixpath.join(root, "checkpoints", f"{_program_name(fiber)}.json")
        checkpoints.file = ObjectFile(path, "checkpoint")
    return checkpoints.file


def _program_name(fiber: Fiber) -> str:
    """What tells the program from others: the name of its file without extension."""
    path = fiber.runtime.entry_path
    if path == EVAL_PATH:
        return f"eval-{fiber.effect(fiber.runtime.world.random_hex, 8)}"
    name = posixpath.basename(path)
    dot = name.rfind(".")
    stem = name[:dot] if dot > 0 else name
    return "default" if path == REPL_PATH or stem in ("", ".", "..") else stem
