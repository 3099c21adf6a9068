"""The stack of a fiber when translated functions run on it: read off Python's own frames.

A translated function is a Python frame whose code is registered with the runtime; a run of the interpreter is one
Python frame that holds a chain of Harn frames. Together, from the inside out, they are the stack that the
interpreter alone would have had.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from harnpy.vm.errors import TraceEntry
from harnpy.vm.frames import Frame

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.linker import LinkedFunction

# Entries of one trace: that of a stack overflow would be as long as the stack.
_MOST_ENTRIES = 20_000


class CompiledCode:
    """What a Python code object was translated from, and the position of each of its lines."""

    __slots__ = ("function", "positions")

    def __init__(self, function: LinkedFunction, positions: list[tuple[int, int]]) -> None:
        self.function = function
        self.positions = positions

    def entry(self, line: int) -> TraceEntry:
        at, column = self.positions[line - 1] if 0 < line <= len(self.positions) else (0, 0)
        return TraceEntry(self.function.name, self.function.path, at, column)


def running(fiber: Fiber, frame: FrameType | None) -> Iterator[tuple[LinkedFunction, TraceEntry, Frame | None]]:
    """The functions that run below a Python frame, innermost first, with the place in each.

    The third part is the Harn frame of an interpreted one.
    """
    while frame is not None:
        yield from _of_frame(fiber, frame, frame.f_lineno)
        frame = frame.f_back


def directories(fiber: Fiber, frame: FrameType | None) -> Iterator[str]:
    """The source directories of what runs below a Python frame, innermost first; closures have none of their own.

    A function that ended in a tail call still counts, by the frame that makes the call in its place.
    """
    while frame is not None:
        stand_in = frame.f_locals.get("closure") if frame.f_code in fiber.runtime.tail_call_codes else None
        if stand_in is not None and not stand_in.function.name.startswith("<"):
            yield stand_in.function.module.directory
        for function, _, harn_frame in _of_frame(fiber, frame, frame.f_lineno):
            directory = harn_frame.source_directory() if harn_frame is not None else None
            if directory is None and not function.name.startswith("<"):
                directory = function.module.directory
            if directory is not None:
                yield directory
        frame = frame.f_back


def trace_of(fiber: Fiber, traceback: TracebackType | None, handler: FrameType) -> tuple[TraceEntry, ...]:
    """The stack trace of an error that has come up to handler, which is the outermost frame of its traceback."""
    raised = []
    while traceback is not None:
        raised.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    entries = [entry for frame, line in reversed(raised) for _, entry, _ in _of_frame(fiber, frame, line)]
    outside = handler.f_back if raised else handler
    for _, entry, _ in running(fiber, outside):
        if len(entries) >= _MOST_ENTRIES:
            break
        entries.append(entry)
    return tuple(entries)


def _of_frame(
    fiber: Fiber, frame: FrameType, line: int
) -> Iterator[tuple[LinkedFunction, TraceEntry, Frame | None]]:
    from harnpy.vm.interpreter import step_frames

    code = frame.f_code
    compiled = fiber.runtime.compiled_codes.get(code)
    if compiled is not None:
        yield compiled.function, compiled.entry(line), None
    elif code is step_frames.__code__:
        harn_frame = frame.f_locals.get("frame")
        while harn_frame is not None:
            yield harn_frame.function, harn_frame.where(), harn_frame
            if harn_frame.is_base:
                return
            harn_frame = harn_frame.caller
