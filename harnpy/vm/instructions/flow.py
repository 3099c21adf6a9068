"""Handlers of branches, loops and short circuits."""

from __future__ import annotations

from harnpy.vm.errors import type_error
from harnpy.vm.frames import Frame
from harnpy.vm.iteration import loop_iterator
from harnpy.vm.values import (
    END,
    EnumVariant,
    Range,
    Value,
    is_callable,
    truthy,
    type_name,
)


def jump(frame: Frame, target: int) -> None:
    frame.pc = target


def jump_if_false(frame: Frame, target: int) -> None:
    value = frame.stack.pop()
    if value is False or (value is not True and not truthy(value)):
        frame.pc = target


def jump_if_true(frame: Frame, target: int) -> None:
    if truthy(frame.stack.pop()):
        frame.pc = target


def jump_cut(frame: Frame, operand: tuple[int, int, int]) -> None:
    target, height, arity = operand
    if frame.fiber.signal.pending:
        frame.fiber.attend(frame)
    stack = frame.stack
    if arity:
        value = stack[-1]
        del stack[height:]
        stack.append(value)
    else:
        del stack[height:]
    frame.pc = target


def back_edge(frame: Frame, target: int) -> None:
    if frame.fiber.signal.pending:
        frame.fiber.attend(frame)  # before the jump, so that an error belongs to the loop's own protected range
    frame.pc = target


def hot_back_edge(frame: Frame, operand: tuple[int, int]) -> None:
    """As back_edge; from here the compiled tier may take over the loop, which starts at that instruction."""
    target, start = operand
    if frame.fiber.signal.pending:
        frame.fiber.attend(frame)
    tier = frame.fiber.runtime.tier
    if tier is None or not tier.loop(frame, start):
        frame.pc = target


def back_edge_if_false(frame: Frame, target: int) -> None:
    if not truthy(frame.stack.pop()):
        back_edge(frame, target)


def and_(frame: Frame, end: int) -> None:
    if truthy(frame.stack.pop()):
        return
    frame.stack.append(False)
    frame.pc = end


def or_(frame: Frame, end: int) -> None:
    if truthy(frame.stack.pop()):
        frame.stack.append(True)
        frame.pc = end


def coalesce(frame: Frame, end: int) -> None:
    if frame.stack[-1] is None:
        frame.stack.pop()
    else:
        frame.pc = end


def callable_or(frame: Frame, end: int) -> None:
    if is_callable(frame.stack[-1]):
        frame.pc = end
    else:
        frame.stack.pop()


def check_result(value: Value) -> None:
    """Insist on a Result, which the postfix `?` wants."""
    if type(value) is not EnumVariant or value.enum != "Result":
        raise type_error(f"? operator requires a Result value, got {type_name(value)}")


def result_or(frame: Frame, end: int) -> None:
    value = frame.stack[-1]
    check_result(value)
    if value.variant == "Ok":
        frame.stack[-1] = value.fields[0] if value.fields else None
        frame.pc = end


def for_start(frame: Frame, slot: int) -> None:
    """Keep what steps the loop: a Python iterator where the items are at hand, else an Iter."""
    iterable = frame.stack.pop()
    kind = type(iterable)
    if kind is list:
        frame.slots[slot] = iter(iterable)
    elif kind is Range:
        frame.slots[slot] = iter(iterable.py)
    else:
        frame.slots[slot] = loop_iterator(frame.fiber, iterable)


def for_next(frame: Frame, operand: tuple[int, int]) -> None:
    slot, end = operand
    stepper = frame.slots[slot]
    if hasattr(stepper, "next_value"):
        frame.fiber.frame = frame
        item = stepper.next_value(frame.fiber)
    else:
        item = next(stepper, END)
    if item is END:
        frame.pc = end
    else:
        frame.stack.append(item)
