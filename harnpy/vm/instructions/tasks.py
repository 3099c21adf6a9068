"""Handlers of tasks, deadlines, the lock of mutex blocks, and deferred blocks."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import HarnError
from harnpy.vm.frames import Frame
from harnpy.vm.instructions.operands import take

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.values import Closure


def deadline_enter(frame: Frame, operand: None) -> None:
    frame.fiber.enter_deadline(frame.stack.pop())


def deadline_exit(frame: Frame, operand: None) -> None:
    frame.fiber.exit_deadline()


def may_retry(frame: Frame, operand: None) -> None:
    frame.stack.append(not frame.fiber.has_passed_deadline)


def mutex_enter(frame: Frame, operand: None) -> None:
    frame.fiber.frame = frame
    frame.fiber.runtime.mutex.acquire(frame.fiber)


def mutex_exit(frame: Frame, operand: None) -> None:
    frame.fiber.runtime.mutex.release(frame.fiber)


def parallel(frame: Frame, mode: str) -> None:
    limit, operand, body = take(frame, 3)
    frame.fiber.frame = frame
    frame.stack.append(frame.fiber.parallel(mode, operand, body, limit))


def spawn(frame: Frame, operand: None) -> None:
    frame.fiber.frame = frame
    frame.stack[-1] = frame.fiber.spawn(frame.stack[-1])


def defer(frame: Frame, operand: None) -> None:
    body = frame.stack.pop()
    if frame.defers is None:
        frame.defers = []
    frame.defers.append(body)


def run_defers(frame: Frame, operand: None) -> None:
    frame.fiber.frame = frame
    if frame.defers:
        run_deferred(frame.fiber, frame.defers)


def run_deferred(fiber: Fiber, bodies: list[Closure]) -> None:
    """Last registered first; an error in one does not keep the others from running, and the last error wins."""
    failure: HarnError | None = None
    while bodies:
        try:
            fiber.call(bodies.pop())
        except HarnError as error:
            failure = error
    if failure is not None:
        raise failure
