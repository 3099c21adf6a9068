"""Handlers of operators, on the two values on top of the stack, and of interpolation."""

from __future__ import annotations

from harnpy.vm import compare, operators
from harnpy.vm.display import display
from harnpy.vm.frames import Frame
from harnpy.vm.instructions.operands import take
from harnpy.vm.values import (
    truthy,
)


def add(frame: Frame, operand: None) -> None:
    stack = frame.stack
    b = stack.pop()
    a = stack[-1]
    stack[-1] = a + b if type(a) is int and type(b) is int else operators.add(a, b)


def subtract(frame: Frame, operand: None) -> None:
    stack = frame.stack
    b = stack.pop()
    a = stack[-1]
    stack[-1] = a - b if type(a) is int and type(b) is int else operators.subtract(a, b)


def multiply(frame: Frame, operand: None) -> None:
    b = frame.stack.pop()
    frame.stack[-1] = operators.multiply(frame.stack[-1], b)


def divide(frame: Frame, operand: None) -> None:
    b = frame.stack.pop()
    frame.stack[-1] = operators.divide(frame.stack[-1], b)


def modulo(frame: Frame, operand: None) -> None:
    b = frame.stack.pop()
    frame.stack[-1] = operators.modulo(frame.stack[-1], b)


def power(frame: Frame, operand: None) -> None:
    b = frame.stack.pop()
    frame.stack[-1] = operators.power(frame.stack[-1], b)


def negate(frame: Frame, operand: None) -> None:
    frame.stack[-1] = operators.negate(frame.stack[-1])


def not_(frame: Frame, operand: None) -> None:
    frame.stack[-1] = not truthy(frame.stack[-1])


def equal(frame: Frame, operand: None) -> None:
    b = frame.stack.pop()
    frame.stack[-1] = compare.equal(frame.stack[-1], b)


def not_equal(frame: Frame, operand: None) -> None:
    b = frame.stack.pop()
    a = frame.stack[-1]
    result = compare.equal(a, b)
    frame.stack[-1] = not result if type(result) is bool else operators.in_python("!=", a, b)


def less(frame: Frame, operand: None) -> None:
    stack = frame.stack
    b = stack.pop()
    a = stack[-1]
    stack[-1] = a < b if type(a) is int and type(b) is int else compare.compare(a, b) < 0


def greater(frame: Frame, operand: None) -> None:
    b = frame.stack.pop()
    frame.stack[-1] = compare.compare(frame.stack[-1], b) > 0


def less_equal(frame: Frame, operand: None) -> None:
    b = frame.stack.pop()
    frame.stack[-1] = compare.compare(frame.stack[-1], b) <= 0


def greater_equal(frame: Frame, operand: None) -> None:
    b = frame.stack.pop()
    frame.stack[-1] = compare.compare(frame.stack[-1], b) >= 0


def contains(frame: Frame, operand: None) -> None:
    collection = frame.stack.pop()
    frame.stack[-1] = operators.contains(frame.stack[-1], collection)


def to_bool(frame: Frame, operand: None) -> None:
    frame.stack[-1] = truthy(frame.stack[-1])


def range_(frame: Frame, inclusive: int) -> None:
    end = frame.stack.pop()
    frame.stack[-1] = operators.make_range(frame.stack[-1], end, bool(inclusive))


def concat(frame: Frame, count: int) -> None:
    text = "".join([display(value) for value in take(frame, count)])
    frame.stack.append(text)
