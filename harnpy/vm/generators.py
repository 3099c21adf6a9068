"""Resuming generators: one step of a paused frame, on the fiber that pulls.

What a generator's body has entered and not yet left (deadlines, the lock) belongs to the generator, not to who pulls:
it is put aside while the generator is paused, and taken up again by the next pull.
"""

from __future__ import annotations

import sys

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.frames import Frame
from harnpy.vm.instructions.signals import FINISHED, YIELDED, Signal
from harnpy.vm.interpreter import step_frames
from harnpy.vm.values import END, Generator, Value

if TYPE_CHECKING:
    from types import FrameType, GeneratorType

    from harnpy.vm.fiber import Fiber


# How often a fiber asks whether another one, which it cannot wait for, is through with a step of a generator.
_RETRY_SECONDS = 0.001


def resume(fiber: Fiber, generator: Generator) -> Value:
    """The next value that generator yields, or END. An error in the body ends it and is raised here, once.

    Waits while another fiber pulls; raises a runtime error when this one does, further out.
    """
    if generator.running is not None:
        _wait_for_turn(fiber, generator)
    frame = generator.frame
    if frame is None:
        return END
    while getattr(frame, "gi_running", False):
        # A loop that steps the Python generator itself is in the middle of it.
        if _is_inside(frame.gi_frame):
            raise _already_running()
        fiber.sleep(_RETRY_SECONDS)
    outside = fiber.scopes()
    if generator.scopes is not None:
        fiber.take_up(generator.scopes)
        generator.scopes = None
    generator.running = fiber
    saved = fiber.frame
    signal = FINISHED
    try:
        signal, value = _step(fiber, frame)
    finally:
        generator.running = None
        fiber.frame = saved
        if signal is not YIELDED:
            generator.frame = None
        if generator.pullers:
            _wake_one(generator)
    if signal is not YIELDED:
        return END
    if fiber.scopes() != outside:
        generator.scopes = fiber.put_aside(outside)
    return value


def _is_inside(frame: FrameType | None) -> bool:
    """Whether the running code was called, at some distance, from a Python frame."""
    each: FrameType | None = sys._getframe(1)
    while each is not None:
        if each is frame:
            return True
        each = each.f_back
    return False


def _step(fiber: Fiber, frame: Frame | GeneratorType[Value, None, None]) -> tuple[Signal, Value]:
    """One step of an interpreted frame, or of the Python generator of a translated function."""
    if not isinstance(frame, Frame):
        try:
            return YIELDED, next(frame)
        except StopIteration:
            return FINISHED, None
    frame.caller = fiber.frame
    frame.depth = fiber.frame.depth + 1 if fiber.frame is not None else 0
    frame.fiber = fiber
    result = step_frames(frame)
    frame.caller = None
    return result


def _wait_for_turn(fiber: Fiber, generator: Generator) -> None:
    while generator.running is not None:
        if generator.running is fiber:
            raise _already_running()
        generator.pullers.append(fiber)
        try:
            fiber.park()
        except BaseException:
            if fiber in generator.pullers:
                generator.pullers.remove(fiber)
            else:
                _wake_one(generator)  # this fiber was woken and does not come
            raise
        if fiber in generator.pullers:
            generator.pullers.remove(fiber)


def _wake_one(generator: Generator) -> None:
    while generator.pullers:
        if generator.pullers.pop(0).unpark():
            return


def _already_running() -> HarnError:
    return runtime_error("generator is already running")
