"""Frames: one running call each, on the heap. The caller chain is the stack of a fiber, builtins in between or not."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import HarnError, TraceEntry
from harnpy.vm.values import Closure, Value

if TYPE_CHECKING:
    from typing import Any

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.linker import LinkedFunction


class Unset:
    """The type of UNSET, what a slot or cell holds before its variable is declared."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


class Cell:
    """A variable that a frame shares with closures."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: Value = UNSET


class Frame:
    """slots are the locals, stack the operands. is_base marks the first frame of a run of the interpreter.

    depth counts frames from the bottom of the fiber. defers holds registered defer closures. directory is the
    source directory that a closure found when it replaced the frame which called it. hidden: another function runs in
    place of this one, which waits for its value only to return it.
    """

    __slots__ = (
        "argc",
        "caller",
        "closure",
        "defers",
        "depth",
        "directory",
        "fiber",
        "function",
        "hidden",
        "is_base",
        "pc",
        "result",
        "slots",
        "stack",
    )

    def __init__(
        self,
        function: LinkedFunction,
        closure: Closure,
        slots: list[Value],
        argc: int,
        caller: Frame | None,
        depth: int,
        fiber: Fiber,
    ) -> None:
        self.function = function
        self.closure = closure
        self.slots = slots
        self.argc = argc
        self.caller = caller
        self.depth = depth
        self.fiber = fiber
        self.pc = 0
        self.stack: list[Value] = []
        self.is_base = False
        self.hidden = False
        self.result: Any = None
        self.defers: list[Closure] | None = None
        self.directory: str | None = None

    def source_directory(self) -> str | None:
        """The source directory of this function; of one without the one that it was called in by a tail call, if so."""
        return self.directory if self.function.directory is None else self.function.directory

    def where(self) -> TraceEntry:
        """The place that is executing in this frame."""
        line, column = self.function.position(self.pc - 1)
        return TraceEntry(self.function.name, self.function.path, line, column)


def note_frame(error: HarnError, frame: Frame) -> None:
    """Add a frame that error passes to its trace; once, also when a finally body holds the error up there."""
    if error.last_frame == id(frame) or frame.hidden:
        return
    error.pass_place(frame.where())
    error.last_frame = id(frame)
