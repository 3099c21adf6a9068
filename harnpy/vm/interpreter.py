"""The reference tier: steps through linked code, one frame at a time, with frames on the heap.

A run goes from a base frame to its return. Builtins that call back start a run of their own, whose base frame has
the calling frame as caller, so that stack traces and the depth limit see one chain.
"""

from __future__ import annotations

from harnpy.vm.calls import stack_overflow
from harnpy.vm.errors import Cancelled, HarnError
from harnpy.vm.frames import Frame, note_frame
from harnpy.vm.instructions.signals import FINISHED, STARTED, Signal
from harnpy.vm.stack_walk import note_translated
from harnpy.vm.values import EnumVariant, Value


def run(frame: Frame) -> Value:
    """Run a base frame to its end; its value (a Generator when the function is one).

    Raises HarnError and Cancelled with the trace of the place where they arose; every finally body and deferred
    block between there and here has run.
    """
    frame.is_base = True
    return step_frames(frame)[1]


def step_frames(frame: Frame) -> tuple[Signal, Value]:
    """Step from frame until its run is over: FINISHED with the value, or YIELDED with what a generator delivers."""
    fiber = frame.fiber
    while True:
        code = frame.function.code
        assert code is not None
        try:
            while True:
                handler, operand = code[frame.pc]
                frame.pc += 1
                switch = handler(frame, operand)
                if switch is not None:
                    if type(switch) is Signal:
                        return (FINISHED if switch is STARTED else switch), frame.result
                    frame = switch
                    code = frame.function.code
                    assert code is not None
        except (HarnError, Cancelled) as error:
            failure: HarnError | Cancelled = error
            traceback = error.__traceback__
        except RecursionError as error:
            failure = stack_overflow()
            traceback = error.__traceback__
        if fiber.runtime.tier is not None and isinstance(failure, HarnError):
            note_translated(fiber, failure, traceback)
        traceback = None
        failure.__traceback__ = None
        frame = _unwind(frame, failure)
        fiber.frame = frame


def _unwind(frame: Frame, failure: HarnError | Cancelled) -> Frame:
    """The frame that goes on after a failure, set to its handler; re-raises when this run has none."""
    while True:
        if isinstance(failure, HarnError) and not failure.trace_is_complete:
            note_frame(failure, frame)
        pc = frame.pc - 1
        for region in frame.function.regions:
            if not region.start <= pc < region.end:
                continue
            if region.is_finally:
                frame.slots[region.slot] = failure
                del frame.stack[region.height :]
                frame.stack.append(None)
                frame.pc = region.handler
                return frame
            if isinstance(failure, HarnError) and catches(region.type_name, failure):
                frame.slots[region.slot] = failure
                del frame.stack[region.height :]
                frame.stack.append(failure.caught)
                frame.pc = region.handler
                return frame
        if frame.is_base:
            raise failure
        caller = frame.caller
        assert caller is not None
        frame = caller


def catches(type_name: str, failure: HarnError) -> bool:
    """Whether a catch clause takes the failure: a typed one only takes an enum value of that enum's name."""
    if not type_name:
        return True
    value = failure.caught
    return type(value) is EnumVariant and value.enum == type_name
