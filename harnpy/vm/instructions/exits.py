"""Handlers of errors and of finally: what is pending while a finally body runs, and how it goes on."""

from __future__ import annotations

from harnpy.records import Record
from harnpy.vm.errors import bare_error, runtime_error, thrown, type_error
from harnpy.vm.frames import UNSET, Frame, Unset
from harnpy.vm.instructions.calls import return_
from harnpy.vm.instructions.flow import back_edge
from harnpy.vm.instructions.signals import Signal
from harnpy.vm.values import (
    Value,
)


def throw(frame: Frame, operand: None) -> None:
    raise thrown(frame.stack.pop())


def rethrow(frame: Frame, slot: int) -> None:
    raise frame.slots[slot]


def raise_(frame: Frame, operand: tuple[int, str]) -> None:
    raise (type_error, runtime_error, bare_error)[operand[0]](operand[1])


class FinallyExit(Record):
    """A branch on its way through finally bodies: (slot, step, height) of each that is left, then the target."""

    exits: tuple[tuple[int, int, int], ...]
    target: int
    height: int
    arity: int


class PendingBranch(Record):
    exit: FinallyExit
    done: int
    value: Value


class PendingReturn(Record):
    exits: tuple[tuple[int, int, int], ...]
    done: int
    value: Value


def enter_finally(frame: Frame, slot: int) -> None:
    """The body has ended normally: nothing is pending."""
    frame.slots[slot] = None


def _divert(frame: Frame, exit: tuple[int, int, int], pending: Value) -> None:
    """Go to a finally body, keeping what is pending in its slot; a nil stands for the value of the body."""
    slot, step, height = exit
    frame.slots[slot] = pending
    del frame.stack[height:]
    frame.stack.append(None)
    frame.pc = step


def leave_by_branch(frame: Frame, operand: FinallyExit) -> None:
    value = frame.stack.pop() if operand.arity else None
    _divert(frame, operand.exits[0], PendingBranch(operand, 1, value))


def leave_by_return(frame: Frame, exits: tuple[tuple[int, int, int], ...]) -> None:
    _divert(frame, exits[0], PendingReturn(exits, 1, frame.stack.pop()))


def end_finally(frame: Frame, slot: int) -> Frame | Signal | None:
    """Resume what was pending when the finally body began."""
    pending = frame.slots[slot]
    frame.slots[slot] = UNSET
    if pending is None or isinstance(pending, Unset):
        return None
    if isinstance(pending, BaseException):
        raise pending
    if isinstance(pending, PendingReturn):
        if pending.done < len(pending.exits):
            _divert(frame, pending.exits[pending.done], PendingReturn(pending.exits, pending.done + 1, pending.value))
            return None
        frame.stack.append(pending.value)
        return return_(frame, None)
    exit = pending.exit
    if pending.done < len(exit.exits):
        _divert(frame, exit.exits[pending.done], PendingBranch(exit, pending.done + 1, pending.value))
        return None
    del frame.stack[exit.height :]
    if exit.arity:
        frame.stack.append(pending.value)
    back_edge(frame, exit.target)
    return None
