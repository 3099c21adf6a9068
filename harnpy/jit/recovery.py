"""What happens when a guess in translated code was wrong: the interpreter goes on where it stood.

Translated code runs into one of GUESSED, a Python exception. The line that raised it tells the instruction and the
operand stack, the Python frame the locals: together a frame of the interpreter, which runs the call to its end (or, for
a loop, is the frame that the loop was entered from). The guess is noted, so that the next translation does without it.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.jit.direct import OtherKind
from harnpy.jit.knowledge import FIELD_FITS, FIELDS_CHANGED, SAME_CLOSURE, Misses, Translation
from harnpy.jit.strips import RANGE_ITERATOR, Strips
from harnpy.jit.writer import Line, Resume
from harnpy.vm.errors import HarnError
from harnpy.vm.frames import UNSET, Frame
from harnpy.vm.instructions.signals import YIELDED
from harnpy.vm.interpreter import run, step_frames
from harnpy.vm.values import Closure, Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, TracebackType
    from typing import Any

    from harnpy.jit.direct import Direct
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.linker import LinkedFunction

# What Python raises where a guess is wrong.
GUESSED = (TypeError, AttributeError, LookupError, ArithmeticError, ValueError)


class Unit:
    """One translation in use: of a function, or of the loop at an instruction of it."""

    def __init__(self, function: LinkedFunction, translation: Translation, misses: Misses, tier: Any) -> None:
        self.function = function
        self.lines: list[Line] = translation.lines
        self.misses = misses
        self.tier = tier
        self.scope: dict[str, Any] = {}
        self.stale = False
        self.entry: Any = None  # of a loop
        self.raw: Any = None  # of a function
        self.direct: Direct | None = None  # what a function is translated for, if not for everybody
        self.helpers: set[int] = set()  # identities of the codes of functions beside it

    def line_of(self, traceback: TracebackType, error: BaseException) -> Line | None:
        """The line in which the traceback ends, if that is in this unit's own code and made a guess."""
        if type(error) is OtherKind:  # which comes from a call in that line
            return self.lines[traceback.tb_lineno - 1]
        further = traceback.tb_next
        while further is not None:
            if id(further.tb_frame.f_code) not in self.helpers:
                return None
            further = further.tb_next
        number = traceback.tb_lineno
        line = self.lines[number - 1] if 0 < number <= len(self.lines) else None
        return line if line is not None and line.resume is not None else None

    def note_miss(self, line: Line, traceback: TracebackType, error: BaseException) -> None:
        """Remember which guess of a line was wrong."""
        place = None if type(error) is OtherKind else _failing(line, traceback)
        if place == FIELDS_CHANGED:
            return
        self.stale = True
        self.misses.count += 1
        if type(error) is OtherKind:
            assert line.after is not None
            self.misses.results.add(line.after.pc - 1)
            self.tier.missed(self)
            return
        if place is None:
            places = {each for _, each in line.operations}
            if line.resume is not None:
                places.add(line.resume.pc)
        else:
            places = {place}
        for each in places:
            if each == SAME_CLOSURE:
                self.misses.closures = True
            elif each in (FIELDS_CHANGED, FIELD_FITS):
                continue
            elif each < 0:
                self.misses.guards.add(-1 - each)
            else:
                self.misses.places.setdefault(each, set()).add(type(error).__name__)
        self.tier.missed(self)


def _failing(line: Line, traceback: TracebackType) -> int | None:
    """The instruction of the innermost guess in a line that holds the failing part of it."""
    positions = _columns(traceback.tb_frame.f_code, traceback.tb_lasti)
    if positions is None:
        return None
    indent = 4 * line.indent
    first, last = positions[0] - indent, positions[1] - indent
    # Columns count bytes of UTF-8.
    encoded = line.text.encode("utf-8", "backslashreplace")
    best: tuple[int, int] | None = None
    for text, place in line.operations:
        part = text.encode("utf-8", "backslashreplace")
        start = encoded.find(part)
        while start >= 0:
            if start <= first and last <= start + len(part) and (best is None or len(part) < best[0]):
                best = len(part), place
            start = encoded.find(part, start + 1)
    return best[1] if best is not None else None


def _columns(code: CodeType, offset: int) -> tuple[int, int] | None:
    for at, (_, _, first, last) in enumerate(code.co_positions()):
        if at * 2 == offset:
            return None if first is None or last is None else (first, last)
    return None


def recover(fiber: Fiber, closure: Closure, error: BaseException, values: dict[str, Any], unit: Unit) -> Value:
    """Run the call of a translated function to its end in the interpreter; the value of the call."""
    frame = _frame(fiber, closure, error, values, unit)
    saved = fiber.frame
    try:
        return run(frame)
    finally:
        fiber.frame = saved


def recover_generator(
    fiber: Fiber, closure: Closure, error: BaseException, values: dict[str, Any], unit: Unit
) -> Iterator[Value]:
    """Go on with the body of a translated generator in the interpreter."""
    frame = _frame(fiber, closure, error, values, unit)
    values.clear()
    frame.caller = None
    frame.is_base = True
    signal = unit.function.module.runtime.scheduler.flag
    while True:
        assert signal.current is not None
        fiber = signal.current
        saved = fiber.frame
        frame.caller = saved
        frame.depth = saved.depth + 1 if saved is not None else 0
        frame.fiber = fiber
        try:
            signalled, value = step_frames(frame)
        finally:
            fiber.frame = saved
        frame.caller = None
        if signalled is not YIELDED:
            return
        yield value


def recover_direct(error: BaseException, values: dict[str, Any], unit: Unit) -> Value:
    """As recover, for callers that rely on the kinds of the result. Raises OtherKind if it has none of them."""
    direct = unit.direct
    assert direct is not None
    fiber = unit.function.module.runtime.scheduler.flag.current
    assert fiber is not None
    return direct.checked(recover(fiber, direct.closure, error, values, unit))


def _where(line: Line, error: BaseException) -> tuple[Resume, tuple[Value, ...]]:
    """Where the interpreter goes on after a wrong guess in a line, and what to push before."""
    if type(error) is OtherKind:
        assert line.after is not None
        return line.after, (error.value,)
    assert line.resume is not None
    return line.resume, ()


def _frame(fiber: Fiber, closure: Closure, error: BaseException, values: dict[str, Any], unit: Unit) -> Frame:
    traceback = error.__traceback__
    assert traceback is not None
    line = unit.line_of(traceback, error)
    if line is None or line.resume is None:
        raise error
    resume, values_on_top = _where(line, error)
    function = unit.function
    function.link()
    saved = fiber.frame
    for target, value in zip(function.capture_targets, closure.captures):
        values.setdefault(f"l{target}", value)
    slots = [values.get(f"l{slot}", UNSET) for slot in range(function.chunk.slot_count)]
    _join_strips(slots, values)
    frame = Frame(function, closure, slots, len(slots), saved, saved.depth + 1 if saved is not None else 0, fiber)
    frame.stack = [*(eval(text, unit.scope, values) for text in resume.stack), *values_on_top]
    frame.pc = function.step_of(resume.pc) + resume.head
    frame.defers = values.get("defers")
    unit.note_miss(line, traceback, error)
    error.__traceback__ = None
    return frame


# --- loops ---------------------------------------------------------------------------------------------------------------

# Where the interpreter goes on behind a translated loop: an instruction, whether inside a FOR, and what to push.
Exit = tuple[int, bool, tuple[Value, ...]]


def leave(slots: list[Value], values: dict[str, Any], pc: int, stack: tuple[Value, ...]) -> Exit:
    """Give the locals back to the frame and tell where to go on."""
    keep(slots, values)
    return pc, False, stack


def keep(slots: list[Value], values: dict[str, Any]) -> None:
    """Give the locals back to the frame."""
    for name, value in values.items():
        if name[0] == "l" and name[1:].isdigit():
            slots[int(name[1:])] = value
    _join_strips(slots, values)


def _join_strips(slots: list[Value], values: dict[str, Any]) -> None:
    """Where rounds are done in strips, let the slot of the loop have an iterator over all that are left."""
    for name, strips in values.items():
        if type(strips) is Strips:
            part = values[f"l{name[1:]}"]
            if type(part) is RANGE_ITERATOR:
                slots[int(name[1:])] = strips.beginning_with(part)


def recover_loop(fiber: Fiber, error: BaseException, values: dict[str, Any], slots: list[Value], unit: Unit) -> Exit:
    """As leave, because of a wrong guess."""
    traceback = error.__traceback__
    assert traceback is not None
    line = unit.line_of(traceback, error)
    keep(slots, values)
    if line is None or line.resume is None:
        raise error
    resume, values_on_top = _where(line, error)
    stack = (*(eval(text, unit.scope, values) for text in resume.stack), *values_on_top)
    unit.note_miss(line, traceback, error)
    error.__traceback__ = None
    return resume.pc, resume.head, stack


__all__ = [
    "GUESSED",
    "HarnError",
    "Unit",
    "keep",
    "leave",
    "recover",
    "recover_direct",
    "recover_generator",
    "recover_loop",
]
