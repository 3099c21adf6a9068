"""The reference tier: steps through linked code, one frame at a time, with frames on the heap.

A run goes from a base frame to its return. Builtins that call back start a run of their own, whose base frame has
the calling frame as caller, so that stack traces and the depth limit see one chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.vm.calls import stack_overflow
from harnpy.vm.errors import Cancelled, HarnError, Origin
from harnpy.vm.frames import Frame, stack_trace
from harnpy.vm.instructions import FINISHED, STARTED, YIELDED, Signal
from harnpy.vm.values import END, EnumVariant, Generator, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


def run(frame: Frame) -> Value:
    """Run a base frame to its end; its value (a Generator when the function is one).

    Raises HarnError and Cancelled with the trace of the place where they arose; every finally body and deferred
    block between there and here has run.
    """
    frame.is_base = True
    return _loop(frame)[1]


def resume(fiber: Fiber, generator: Generator) -> Value:
    """The next value that generator yields, or END. An error in the body ends it and is raised here, once."""
    frame = generator.frame
    if frame is None:
        return END
    if generator.running:
        raise _already_running()
    frame.caller = fiber.frame
    frame.depth = fiber.frame.depth + 1 if fiber.frame is not None else 0
    frame.fiber = fiber
    generator.running = True
    saved = fiber.frame
    signal = FINISHED
    try:
        signal, value = _loop(frame)
    finally:
        generator.running = False
        fiber.frame = saved
        if signal is not YIELDED:
            generator.frame = None
    frame.caller = None
    return value if signal is YIELDED else END


def _already_running() -> HarnError:
    return HarnError(Origin.RUNTIME, "generator is already running")


def _loop(frame: Frame) -> tuple[Signal, Value]:
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
        except RecursionError:
            failure = stack_overflow()
        if isinstance(failure, HarnError) and failure.trace is None:
            failure.trace = stack_trace(frame)
        failure.__traceback__ = None
        frame = _unwind(frame, failure)
        fiber.frame = frame


def _unwind(frame: Frame, failure: HarnError | Cancelled) -> Frame:
    """The frame that goes on after a failure, set to its handler; re-raises when this run has none."""
    while True:
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
            if isinstance(failure, HarnError) and _catches(region.type_name, failure):
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


def _catches(type_name: str, failure: HarnError) -> bool:
    """Whether a catch clause takes the failure: a typed one only takes an enum value of that enum's name."""
    if not type_name:
        return True
    value = failure.caught
    return type(value) is EnumVariant and value.enum == type_name
