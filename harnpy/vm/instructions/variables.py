"""Handlers of constants, locals, cells, module variables, globals and imported names."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import bare_error, runtime_error
from harnpy.vm.frames import UNSET, Cell, Frame
from harnpy.vm.values import (
    Value,
    is_callable,
)

if TYPE_CHECKING:
    from harnpy.vm.modules import ModuleInstance
    from harnpy.vm.runtime import Runtime


def nil(frame: Frame, operand: None) -> None:
    frame.stack.append(None)


def true(frame: Frame, operand: None) -> None:
    frame.stack.append(True)


def false(frame: Frame, operand: None) -> None:
    frame.stack.append(False)


def push(frame: Frame, value: Value) -> None:
    frame.stack.append(value)


def data(frame: Frame, value: Value) -> None:
    from copy import deepcopy

    frame.stack.append(deepcopy(value))


def load(frame: Frame, slot: int) -> None:
    frame.stack.append(frame.slots[slot])


def store(frame: Frame, slot: int) -> None:
    frame.slots[slot] = frame.stack.pop()


def clear(frame: Frame, slot: int) -> None:
    frame.slots[slot] = UNSET


def load_checked(frame: Frame, operand: tuple[int, str]) -> None:
    slot, name = operand
    value = frame.slots[slot]
    if value is UNSET:
        raise bare_error(f"Undefined variable: {name}")
    frame.stack.append(value)


def new_cell(frame: Frame, slot: int) -> None:
    frame.slots[slot] = Cell()


def load_cell(frame: Frame, slot: int) -> None:
    frame.stack.append(frame.slots[slot].value)


def store_cell(frame: Frame, slot: int) -> None:
    frame.slots[slot].value = frame.stack.pop()


def late(frame: Frame, operand: tuple[tuple[int, int], int]) -> None:
    """Push the function in a cell and skip the block; data that is no function does not count."""
    (slot, is_data), end = operand
    value = frame.slots[slot].value
    if value is UNSET or (is_data and not is_callable(value)):
        return
    frame.stack.append(value)
    frame.pc = end


def imported(frame: Frame, operand: tuple[str, int]) -> None:
    name, end = operand
    value = frame.function.module.imported_function(name)
    if value is not None:
        frame.stack.append(value)
        frame.pc = end


def check_imported(frame: Frame, name: str) -> None:
    refuse_imported(frame.function.module, name)


def refuse_imported(module: ModuleInstance, name: str) -> None:
    """Raise the error of declaring a name that an import has bound."""
    if module.imported_function(name) is not None:
        raise runtime_error(
            f"Cannot redeclare immutable variable '{name}' in the same scope (use 'var' for mutable bindings)"
        )


def self_(frame: Frame, operand: None) -> None:
    frame.stack.append(frame.closure)


def load_module(frame: Frame, operand: tuple[int, str]) -> None:
    number, name = operand
    value = frame.function.module.variables[number]
    if value is UNSET:
        raise bare_error(f"Undefined variable: {name}")
    frame.stack.append(value)


def store_module(frame: Frame, number: int) -> None:
    frame.function.module.variables[number] = frame.stack.pop()


def global_(frame: Frame, operand: tuple[str, str, int]) -> None:
    """A global of the runtime; the error of an unknown name carries the suggestion found when compiling."""
    frame.stack.append(global_value(frame.fiber.runtime, *operand))


def global_value(runtime: Runtime, name: str, hint: str, is_call: int) -> Value:
    """A global or builtin of the runtime; hint is the suggestion for the error when there is none of that name."""
    if name in runtime.globals:
        return runtime.globals[name]
    found = runtime.registry.get(name)
    if found is not None:
        return found
    if is_call and name in runtime.denied:
        runtime.reject(name)
    what = f"Undefined {'builtin' if is_call else 'variable'}: {name}"
    raise runtime_error(f"{what} (did you mean `{hint}`?)") if hint else bare_error(what)


def host(frame: Frame, name: str) -> None:
    frame.stack.append(host_value(frame.fiber.runtime, name))


def host_value(runtime: Runtime, name: str) -> Value:
    """What the host gives to a pipeline parameter, or nil."""
    return runtime.parameters[name] if name in runtime.parameters else runtime.globals.get(name)


def pop(frame: Frame, operand: None) -> None:
    frame.stack.pop()


def dup(frame: Frame, operand: None) -> None:
    frame.stack.append(frame.stack[-1])
