"""The stack of a fiber when translated functions run on it: read off Python's own frames.

A translated function is a Python frame whose code is registered with the runtime; a run of the interpreter is one
Python frame that holds a chain of Harn frames. Together, from the inside out, they are the stack that the
interpreter alone would have had.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import MOST_ENTRIES, HarnError, TraceEntry
from harnpy.vm.frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType, TracebackType

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.linker import LinkedFunction
    from harnpy.vm.runtime import Runtime

# The position of a line in which one translation of a function only calls another one in its place.
STANDS_IN = (-1, 0)


class CompiledCode:
    """What a Python code object was translated from, and the position of each of its lines."""

    __slots__ = ("code", "function", "positions")

    def __init__(self, function: LinkedFunction, positions: list[tuple[int, int]], code: CodeType) -> None:
        self.code = code  # which is found by its identity, and so has to live
        self.function = function
        self.positions = positions

    def entry(self, line: int) -> TraceEntry | None:
        """The place that a line stands for; None when another translation runs in place of this one."""
        at, column = self.positions[line - 1] if 0 < line <= len(self.positions) else (0, 0)
        if (at, column) == STANDS_IN:
            return None
        return TraceEntry(self.function.name, self.function.path, at, column)


def running(fiber: Fiber, frame: FrameType | None) -> Iterator[tuple[LinkedFunction, TraceEntry, Frame | None]]:
    """The functions that run below a Python frame, innermost first, with the place in each.

    The third part is the Harn frame of an interpreted one.
    """
    while frame is not None:
        for each in _of_frame(fiber, frame, frame.f_lineno):
            if each[2] is None or not each[2].hidden:
                yield each
        frame = frame.f_back


def directories(fiber: Fiber, frame: FrameType | None) -> Iterator[str]:
    """The source directories of what runs below a Python frame, innermost first; some have none (see LinkedFunction).

    A function that ended in a tail call still counts, by the frame that makes the call in its place.
    """
    while frame is not None:
        stand_in = frame.f_locals.get("closure") if id(frame.f_code) in fiber.runtime.tail_call_codes else None
        if stand_in is not None and stand_in.function.directory is not None:
            yield stand_in.function.directory
        for function, _, harn_frame in _of_frame(fiber, frame, frame.f_lineno):
            directory = harn_frame.source_directory() if harn_frame is not None else None
            if directory is None:
                directory = function.directory
            if directory is not None:
                yield directory
        frame = frame.f_back


def note_translated(fiber: Fiber, error: HarnError, traceback: TracebackType | None) -> None:
    """Add to the error's trace the translated functions that it has passed since the traceback began."""
    if not error.trace_is_complete:
        error.settle()
        entries = passed_entries(fiber.runtime, traceback, error.last_frame)
        if entries:
            error.pass_entries(entries)


def passed_entries(runtime: Runtime, traceback: TracebackType | None, last: object) -> list[TraceEntry]:
    """The places of translated code in a traceback, innermost first, but for the frame that is noted already."""
    codes = runtime.compiled_codes
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if id(code) in codes and traceback.tb_frame is not last:
            places.append((code, traceback.tb_lasti))
        traceback = traceback.tb_next
    if len(places) > MOST_ENTRIES:
        places[MOST_ENTRIES // 2 : -(MOST_ENTRIES // 2)] = []
    entries = [runtime.compiled_entry(code, offset) for code, offset in reversed(places)]
    return [entry for entry in entries if entry is not None]


def line_at(code: CodeType, offset: int) -> int:
    """The line of an instruction of code."""
    for start, end, line in code.co_lines():
        if start <= offset < end:
            return line or 0
    return 0


def _of_frame(fiber: Fiber, frame: FrameType, line: int) -> Iterator[tuple[LinkedFunction, TraceEntry, Frame | None]]:
    from harnpy.vm.interpreter import step_frames

    code = frame.f_code
    compiled = fiber.runtime.compiled_codes.get(id(code))
    if compiled is not None:
        entry = compiled.entry(line)
        if entry is not None:
            yield compiled.function, entry, None
    elif code is step_frames.__code__:
        harn_frame = frame.f_locals.get("frame")
        while harn_frame is not None:
            yield harn_frame.function, harn_frame.where(), harn_frame
            if harn_frame.is_base:
                return
            harn_frame = harn_frame.caller
