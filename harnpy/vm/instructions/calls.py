"""Handlers of calls, closures, returns, generators and parameters."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.bytecode.chunk import CaptureKind
from harnpy.vm.calls import call_method, enter, invoke, pipe_target
from harnpy.vm.frames import Cell, Frame
from harnpy.vm.instructions.operands import as_list, take
from harnpy.vm.instructions.signals import FINISHED, STARTED, YIELDED, Signal
from harnpy.vm.values import (
    MISSING,
    Closure,
    Generator,
    Value,
)

if TYPE_CHECKING:
    from typing import Any

    from harnpy.vm.linker import LinkedFunction
    from harnpy.vm.modules import ModuleInstance


def call(frame: Frame, count: int) -> Frame | None:
    stack = frame.stack
    callee = stack.pop()
    if count:
        args = stack[-count:]
        del stack[-count:]
    else:
        args = []
    if type(callee) is Closure and callee.function is not None:
        return enter(frame, callee, args)
    return invoke(frame, callee, args)


def call_spread(frame: Frame, operand: None) -> Frame | None:
    callee = frame.stack.pop()
    return invoke(frame, callee, list(as_list(frame.stack.pop())))


def tail_call(frame: Frame, count: int) -> Frame | None:
    callee = frame.stack.pop()
    return _replace(frame, callee, take(frame, count))


def tail_call_spread(frame: Frame, operand: None) -> Frame | None:
    callee = frame.stack.pop()
    return _replace(frame, callee, list(as_list(frame.stack.pop())))


def _replace(frame: Frame, callee: Value, args: list[Value]) -> Frame | None:
    if type(callee) is not Closure or callee.function is None or callee.function.is_generator:
        return invoke(frame, callee, args)
    if frame.fiber.signal.pending:
        frame.fiber.attend(frame)
    frame.hidden = True
    new = enter(frame, callee, args)
    if new is None:
        return None
    new.caller = frame.caller
    new.depth = frame.depth
    new.is_base = frame.is_base
    new.directory = frame.source_directory()
    return new


def method(frame: Frame, operand: tuple[str, int]) -> Frame | None:
    name, count = operand
    args = take(frame, count)
    return call_method(frame, frame.stack.pop(), name, args)


def method_optional(frame: Frame, operand: tuple[str, int]) -> Frame | None:
    name, count = operand
    args = take(frame, count)
    if frame.stack[-1] is None:
        return None
    return call_method(frame, frame.stack.pop(), name, args)


def method_spread(frame: Frame, name: str) -> Frame | None:
    args = list(as_list(frame.stack.pop()))
    return call_method(frame, frame.stack.pop(), name, args)


def method_spread_optional(frame: Frame, name: str) -> Frame | None:
    args = list(as_list(frame.stack.pop()))
    if frame.stack[-1] is None:
        return None
    return call_method(frame, frame.stack.pop(), name, args)


def pipe(frame: Frame, operand: None) -> Frame | None:
    target = pipe_target(frame.fiber, frame.stack.pop())
    return invoke(frame, target, [frame.stack.pop()])


def tail_pipe(frame: Frame, operand: None) -> Frame | None:
    target = pipe_target(frame.fiber, frame.stack.pop())
    return _replace(frame, target, [frame.stack.pop()])


def closure(frame: Frame, function: LinkedFunction) -> None:
    frame.stack.append(make_closure(frame, function))


def make_closure(frame: Frame, function: LinkedFunction) -> Closure:
    """A closure of function with what it captures from frame."""
    return Closure(function, captured(function, frame.closure, frame.slots), function.module)


def captured(function: LinkedFunction, around: Closure, slots: Any) -> tuple[Value, ...]:
    """What function captures from the call of the closure around it, whose locals slots holds by number."""
    values: list[Value] = []
    for kind, source in function.capture_kinds:
        if kind is CaptureKind.SELF:
            values.append(around)
        elif kind is CaptureKind.MODULE_VALUE:
            values.append(function.module.variables[source])
        else:
            value = slots[source]
            values.append(value.value if kind is CaptureKind.CELL_VALUE and type(value) is Cell else value)
    return tuple(values)


def selected(module: ModuleInstance, children: dict[str, LinkedFunction]) -> LinkedFunction:
    """The pipeline to run: the one asked for, else `default`, else the first."""
    name = module.entry_pipeline
    if name is None or name not in children:
        name = "default" if "default" in children else next(iter(children))
    return children[name]


def entry(frame: Frame, children: dict[str, LinkedFunction]) -> Frame | None:
    """Run the selected pipeline in place of the main function, so that it is the outermost frame."""
    return _replace(frame, make_closure(frame, selected(frame.function.module, children)), [])


def return_(frame: Frame, operand: None) -> Frame | Signal:
    value = frame.stack.pop()
    if frame.is_base:
        frame.result = value
        return FINISHED
    caller = frame.caller
    assert caller is not None
    caller.stack.append(value)
    return caller


def generator(frame: Frame, operand: None) -> Frame | Signal:
    made = Generator(frame)
    caller = frame.caller
    frame.caller = None
    frame.result = made
    if frame.is_base:
        return STARTED
    assert caller is not None
    frame.is_base = True
    caller.stack.append(made)
    return caller


def yield_(frame: Frame, operand: None) -> Signal:
    frame.result = frame.stack.pop()
    return YIELDED


def if_missing(frame: Frame, operand: tuple[int, int]) -> None:
    place, end = operand
    if frame.argc > place and frame.slots[place] is not MISSING:
        frame.pc = end


def check_param(frame: Frame, operand: tuple[int, Any, str, Value]) -> None:
    slot, accepts, name, schema = operand
    value = frame.slots[slot]
    if not accepts(value):
        from harnpy.vm.schema import check_parameter

        check_parameter(name, value, schema)
