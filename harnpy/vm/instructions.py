"""The handlers of the interpreter: one function a lowered instruction, called with the frame and its operand.

A handler returns None to go on in the same frame, another Frame to go on there, or one of the signals of
interpreter.py. Anything about meaning is delegated: operators, subscripts, properties, iteration, calls.
"""

from __future__ import annotations

import copy
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harnpy.bytecode.chunk import CaptureKind
from harnpy.vm import compare, operators
from harnpy.vm.calls import call_method, enter, invoke
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, bare_error, runtime_error, thrown, type_error
from harnpy.vm.frames import UNSET, Cell, Frame, Unset
from harnpy.vm.in_place import IN_PLACE
from harnpy.vm.iteration import loop_iterator
from harnpy.vm.properties import get_property, get_property_optional
from harnpy.vm.registry import call_builtin
from harnpy.vm.subscripts import get_index, slice_value
from harnpy.vm.values import (
    END,
    Builtin,
    Closure,
    EnumVariant,
    Generator,
    Range,
    StructInstance,
    Value,
    is_callable,
    truthy,
    type_name,
)

if TYPE_CHECKING:
    from harnpy.vm.linker import LinkedFunction
    from harnpy.vm.runtime import Runtime

# --- signals -----------------------------------------------------------------------------------------------------


class Signal:
    """What a handler returns to leave the loop of the interpreter."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


FINISHED = Signal("finished")  # the base frame has returned; its result is in frame.result
YIELDED = Signal("yielded")  # a generator frame has delivered frame.result and waits
STARTED = Signal("started")  # a generator frame has bound its parameters


# --- constants and variables -------------------------------------------------------------------------------------


def nil(frame: Frame, operand: None) -> None:
    frame.stack.append(None)


def true(frame: Frame, operand: None) -> None:
    frame.stack.append(True)


def false(frame: Frame, operand: None) -> None:
    frame.stack.append(False)


def push(frame: Frame, value: Value) -> None:
    frame.stack.append(value)


def data(frame: Frame, value: Value) -> None:
    frame.stack.append(copy.deepcopy(value))


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
    if frame.function.module.imported_function(name) is not None:
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
    name, hint, is_call = operand
    runtime = frame.fiber.runtime
    if name in runtime.globals:
        frame.stack.append(runtime.globals[name])
        return
    found = runtime.registry.get(name)
    if found is not None:
        frame.stack.append(found)
        return
    raise undefined_name(runtime, name, hint, is_call)


def undefined_name(runtime: Runtime, name: str, hint: str, is_call: int) -> HarnError:
    """The error of a name that nothing defines, with the suggestion found when compiling."""
    if is_call and name in runtime.denied:
        runtime.reject(name)
    what = f"Undefined {'builtin' if is_call else 'variable'}: {name}"
    return runtime_error(f"{what} (did you mean `{hint}`?)") if hint else bare_error(what)


def host(frame: Frame, name: str) -> None:
    runtime = frame.fiber.runtime
    frame.stack.append(runtime.parameters[name] if name in runtime.parameters else runtime.globals.get(name))


def pop(frame: Frame, operand: None) -> None:
    frame.stack.pop()


def dup(frame: Frame, operand: None) -> None:
    frame.stack.append(frame.stack[-1])


# --- operators ---------------------------------------------------------------------------------------------------


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
    frame.stack[-1] = not compare.equal(frame.stack[-1], b)


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
    text = "".join([display(value) for value in _take(frame, count)])
    frame.stack.append(text)


# --- making and reading collections ------------------------------------------------------------------------------


def _take(frame: Frame, count: int) -> list[Value]:
    """Pop count values, in the order in which they were pushed."""
    if not count:
        return []
    stack = frame.stack
    values = stack[-count:]
    del stack[-count:]
    return values


def list_(frame: Frame, count: int) -> None:
    values = _take(frame, count)
    frame.stack.append(values)


def list_expected(value: Value) -> HarnError:
    return type_error(f"cannot destructure {type_name(value)} with [...] pattern — expected list")


def dict_expected(value: Value) -> HarnError:
    return type_error(f"cannot destructure {type_name(value)} with {{...}} pattern — expected dict")


def _as_list(value: Value) -> list[Value]:
    if type(value) is not list:
        raise list_expected(value)
    return value


def _as_dict(value: Value) -> dict[str, Value]:
    if type(value) is not dict:
        raise dict_expected(value)
    return value


def list_extend(frame: Frame, operand: None) -> None:
    more = _as_list(_as_list(frame.stack.pop()))
    _as_list(frame.stack[-1]).extend(more)


def dict_(frame: Frame, count: int) -> None:
    parts = _take(frame, 2 * count)
    result = {}
    for at in range(0, len(parts), 2):
        key = parts[at]
        result[key if type(key) is str else display(key)] = parts[at + 1]
    frame.stack.append(result)


def dict_merge(frame: Frame, operand: None) -> None:
    more = _as_dict(frame.stack.pop())
    _as_dict(frame.stack[-1]).update(more)


def struct(frame: Frame, name: str) -> None:
    struct_type_ = frame.function.module.struct_type(name)
    frame.stack[-1] = StructInstance(struct_type_, _as_dict(frame.stack[-1]))


def struct_type(frame: Frame, name: str) -> None:
    module = frame.function.module
    frame.stack.append(Closure(None, (), module, module.struct_type(name)))


def impl(frame: Frame, operand: tuple[str, list[str], int]) -> None:
    name, names, count = operand
    methods = frame.function.module.struct_type(name).methods
    for method_name, closure_ in zip(names, _take(frame, count)):
        if type(closure_) is not Closure:
            raise type_error(f"expected callable, got {type_name(closure_)}")
        methods[method_name] = closure_


def enum(frame: Frame, operand: tuple[str, str, int]) -> None:
    name, variant, count = operand
    fields = tuple(_take(frame, count))
    frame.stack.append(EnumVariant(name, variant, fields))


def enum_extend(frame: Frame, operand: None) -> None:
    variant = frame.stack.pop()
    if type(variant) is not EnumVariant:
        raise type_error(f"expected enum, got {type_name(variant)}")
    frame.stack[-1] = EnumVariant(variant.enum, variant.variant, tuple(_as_list(frame.stack[-1])))


def index(frame: Frame, operand: None) -> None:
    key = frame.stack.pop()
    frame.stack[-1] = get_index(frame.stack[-1], key)


def slice_(frame: Frame, operand: None) -> None:
    end = frame.stack.pop()
    start = frame.stack.pop()
    frame.stack[-1] = slice_value(frame.stack[-1], start, end)


def prop(frame: Frame, name: str) -> None:
    frame.stack[-1] = get_property(frame.stack[-1], name)


def prop_optional(frame: Frame, name: str) -> None:
    frame.stack[-1] = get_property_optional(frame.stack[-1], name)


def check_dict(frame: Frame, operand: None) -> None:
    _as_dict(frame.stack[-1])


def check_list(frame: Frame, operand: None) -> None:
    _as_list(frame.stack[-1])


def dict_item(frame: Frame, key: str) -> None:
    frame.stack[-1] = _as_dict(frame.stack[-1]).get(key)


def list_item(frame: Frame, place: int) -> None:
    values = _as_list(frame.stack[-1])
    frame.stack[-1] = values[place] if place < len(values) else None


def dict_rest(frame: Frame, keys: list[str]) -> None:
    frame.stack[-1] = {key: value for key, value in _as_dict(frame.stack[-1]).items() if key not in keys}


def list_rest(frame: Frame, place: int) -> None:
    frame.stack[-1] = _as_list(frame.stack[-1])[place:]


def match_enum(frame: Frame, operand: tuple[str, str]) -> None:
    value = frame.stack[-1]
    frame.stack[-1] = type(value) is EnumVariant and value.variant == operand[1] and value.enum == operand[0]


def enum_field(frame: Frame, place: int) -> None:
    variant = frame.stack[-1]
    fields = variant.fields if type(variant) is EnumVariant else ()
    frame.stack[-1] = fields[place] if place < len(fields) else None


def is_dict(frame: Frame, operand: None) -> None:
    frame.stack[-1] = type(frame.stack[-1]) is dict


def is_list(frame: Frame, at_least: int) -> None:
    value = frame.stack[-1]
    frame.stack[-1] = type(value) is list and len(value) >= at_least


# --- stores that may work in place -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A variable: 0 local, 1 cell, 2 module variable."""

    kind: int
    number: int

    def holder(self, frame: Frame) -> Any:
        """The list or cell that holds the variable, and the key in it."""
        if self.kind == 0:
            return frame.slots
        if self.kind == 1:
            return frame.slots[self.number]
        return frame.function.module.variables

    def get(self, frame: Frame) -> Value:
        holder = self.holder(frame)
        return holder.value if self.kind == 1 else holder[self.number]

    def set(self, frame: Frame, value: Value) -> None:
        holder = self.holder(frame)
        if self.kind == 1:
            holder.value = value
        else:
            holder[self.number] = value

    def unset(self, frame: Frame) -> HarnError:
        """The error of using a module variable before its declaration has run; locals are checked by instructions."""
        names = frame.function.module.compiled.variables if self.kind == 2 else ()
        return bare_error(f"Undefined variable: {names[self.number]}" if names else "Undefined variable")


def _calibrate() -> int:
    """The reference count of an object held by one container and one local variable, in this interpreter."""
    holder: list[Any] = [[]]
    value = holder[0]
    return sys.getrefcount(value)


# A value is uniquely held by its variable when the count, asked from a local, is this.
UNIQUE = _calibrate()


def add_store_local(frame: Frame, slot: int) -> None:
    """x = x + top for a local: the idiom of every loop that collects, in place when x holds the only reference."""
    slots = frame.slots
    more = frame.stack.pop()
    value = slots[slot]
    kind = type(value)
    if kind is int and type(more) is int:
        slots[slot] = value + more
    elif kind is str and type(more) is str:
        slots[slot] = None
        value += more  # with a single reference CPython extends the string in place
        slots[slot] = value
    elif kind is list and type(more) is list and sys.getrefcount(value) == UNIQUE:
        value.extend(more)
    elif kind is dict and type(more) is dict and sys.getrefcount(value) == UNIQUE:
        value.update(more)
    else:
        slots[slot] = operators.add(value, more)


def add_store(frame: Frame, place: Place) -> None:
    """The same for cells and module variables."""
    more = frame.stack.pop()
    value = place.get(frame)
    if value is UNSET:
        raise place.unset(frame)
    kind = type(value)
    if kind is list and type(more) is list and sys.getrefcount(value) == UNIQUE:
        value.extend(more)
    elif kind is dict and type(more) is dict and sys.getrefcount(value) == UNIQUE:
        value.update(more)
    else:
        place.set(frame, operators.add(value, more))


def method_store(frame: Frame, operand: tuple[Place, str, int]) -> Frame | None:
    """x = x.name(args): the copying method, or its twin that changes x when nobody else can see it."""
    place, name, count = operand
    args = _take(frame, count)
    value = place.get(frame)
    if value is UNSET:
        raise place.unset(frame)
    in_place = IN_PLACE.get((type_name(value), name))
    if in_place is not None and sys.getrefcount(value) == UNIQUE:
        place.set(frame, in_place(value, *args))
        return None
    frame.fiber.frame = frame
    place.set(frame, frame.fiber.run_method(value, name, args))
    return None


def store_path(frame: Frame, operand: tuple[Place, tuple[str | None, ...], int]) -> None:
    """Store into a part of a variable, copying each level that somebody else can see."""
    place, path, count = operand
    indexes = _take(frame, count)
    value = frame.stack.pop()
    indexes.reverse()
    steps = [indexes.pop() if step is None else step for step in path]
    named = [step is not None for step in path]
    root = place.get(frame)
    if root is UNSET:
        raise place.unset(frame)
    place.set(frame, None)  # so that the variable's own reference does not count
    try:
        root = store_into(root, steps, named, 0, value)
    finally:
        place.set(frame, root)


def store_into(container: Value, steps: list[Value], named: list[bool], level: int, value: Value) -> Value:
    """container with the part at steps[level:] replaced; container itself when nobody else holds it.

    Walks down once; references are those of this function's locals and arguments, see UNIQUE_ARGUMENT.
    """
    unique = sys.getrefcount(container) <= UNIQUE_ARGUMENT
    step = steps[level]
    last = level == len(steps) - 1
    kind = type(container)
    if kind is dict or (kind is StructInstance and named[level]):
        key = step if type(step) is str else display(step)
        fields = container if kind is dict else container.fields
        if not last:
            # Taken out of its container, a part is held by the walk alone, unless somebody else has it too.
            part = fields.get(key)
            if part is None and key not in fields:
                _missing_part(steps, named, level)
            if not unique:
                fields = dict(fields)
                container = fields if kind is dict else StructInstance(container.type, fields)
                unique = True
            fields[key] = None
            holder = [part]
            del part
            try:
                value = _descend(holder, steps, named, level, value)
            except HarnError:
                fields[key] = holder[0]
                raise
        elif not unique:
            fields = dict(fields)
            container = fields if kind is dict else StructInstance(container.type, fields)
        fields[key] = value
        return container
    if kind is list and not named[level] and type(step) is int:
        size = len(container)
        place = step + size if step < 0 else step
        if not 0 <= place < size:
            raise runtime_error(f"Index {display(step)} out of bounds for list of length {size}")
        if not unique:
            container = list(container)
        if not last:
            holder = [container[place]]
            container[place] = None
            try:
                value = _descend(holder, steps, named, level, value)
            except HarnError:
                container[place] = holder[0]
                raise
        container[place] = value
        return container
    if named[level]:
        raise type_error(f"cannot set property `{step}` on {type_name(container)}")
    raise type_error(f"cannot index into {type_name(container)} with {type_name(step)}")


def _descend(holder: list[Value], steps: list[Value], named: list[bool], level: int, value: Value) -> Value:
    """store_into one level down; on an error holder[0] is the part as it was."""
    part = holder[0]
    holder[0] = None
    try:
        return store_into(part, steps, named, level + 1, value)
    except HarnError:
        holder[0] = part
        raise


def _missing_part(steps: list[Value], named: list[bool], level: int) -> None:
    if named[level + 1]:
        raise type_error(f"cannot set property `{steps[level + 1]}` on nil")
    raise type_error(f"cannot index into nil with {type_name(steps[level + 1])}")


def _calibrate_argument() -> int:
    """As _calibrate, for a value that a caller's local and this function's argument hold, as store_into sees it."""

    def inner(container: Value) -> int:
        return sys.getrefcount(container)

    def outer() -> int:
        part: list[Any] = []
        return inner(part)

    return outer()


UNIQUE_ARGUMENT = _calibrate_argument()


# --- calls -------------------------------------------------------------------------------------------------------


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
    return invoke(frame, callee, list(_as_list(frame.stack.pop())))


def tail_call(frame: Frame, count: int) -> Frame | None:
    callee = frame.stack.pop()
    return _replace(frame, callee, _take(frame, count))


def tail_call_spread(frame: Frame, operand: None) -> Frame | None:
    callee = frame.stack.pop()
    return _replace(frame, callee, list(_as_list(frame.stack.pop())))


def _replace(frame: Frame, callee: Value, args: list[Value]) -> Frame | None:
    if type(callee) is not Closure or callee.function is None or callee.function.is_generator:
        return invoke(frame, callee, args)
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
    args = _take(frame, count)
    return call_method(frame, frame.stack.pop(), name, args)


def method_optional(frame: Frame, operand: tuple[str, int]) -> Frame | None:
    name, count = operand
    args = _take(frame, count)
    if frame.stack[-1] is None:
        return None
    return call_method(frame, frame.stack.pop(), name, args)


def method_spread(frame: Frame, name: str) -> Frame | None:
    args = list(_as_list(frame.stack.pop()))
    return call_method(frame, frame.stack.pop(), name, args)


def method_spread_optional(frame: Frame, name: str) -> Frame | None:
    args = list(_as_list(frame.stack.pop()))
    if frame.stack[-1] is None:
        return None
    return call_method(frame, frame.stack.pop(), name, args)


def _pipe_target(frame: Frame) -> Value:
    target = frame.stack.pop()
    if type(target) is str:
        found = frame.fiber.runtime.registry.get(target)
        if found is None:
            raise bare_error(f"Undefined builtin: {target}")
        return found
    if not is_callable(target):
        raise type_error(f"cannot pipe into {type_name(target)}")
    return target


def pipe(frame: Frame, operand: None) -> Frame | None:
    target = _pipe_target(frame)
    return invoke(frame, target, [frame.stack.pop()])


def tail_pipe(frame: Frame, operand: None) -> Frame | None:
    target = _pipe_target(frame)
    return _replace(frame, target, [frame.stack.pop()])


def closure(frame: Frame, function: LinkedFunction) -> None:
    frame.stack.append(make_closure(frame, function))


def make_closure(frame: Frame, function: LinkedFunction) -> Closure:
    """A closure of function with what it captures from frame."""
    captures: list[Value] = []
    for kind, source in function.capture_kinds:
        if kind is CaptureKind.SELF:
            captures.append(frame.closure)
        elif kind is CaptureKind.MODULE_VALUE:
            captures.append(function.module.variables[source])
        else:
            value = frame.slots[source]
            captures.append(value.value if kind is CaptureKind.CELL_VALUE and type(value) is Cell else value)
    return Closure(function, tuple(captures), function.module)


def entry(frame: Frame, children: dict[str, LinkedFunction]) -> Frame | None:
    """Run the selected pipeline in place of the main function, so that it is the outermost frame."""
    name = frame.function.module.entry_pipeline
    if name is None or name not in children:
        name = "default" if "default" in children else next(iter(children))
    return _replace(frame, make_closure(frame, children[name]), [])


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
    if frame.argc > place:
        frame.pc = end


def check_param(frame: Frame, operand: tuple[int, Any, str, Value]) -> None:
    slot, accepts, name, schema = operand
    value = frame.slots[slot]
    if not accepts(value):
        from harnpy.vm.schema import check_parameter

        check_parameter(name, value, schema)


# --- control flow ------------------------------------------------------------------------------------------------


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


def result_or(frame: Frame, end: int) -> None:
    value = frame.stack[-1]
    if type(value) is not EnumVariant or value.enum != "Result":
        raise type_error(f"? operator requires a Result value, got {type_name(value)}")
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


# --- errors and exits --------------------------------------------------------------------------------------------


def throw(frame: Frame, operand: None) -> None:
    raise thrown(frame.stack.pop())


def rethrow(frame: Frame, slot: int) -> None:
    raise frame.slots[slot]


def raise_(frame: Frame, operand: tuple[int, str]) -> None:
    raise (type_error, runtime_error, bare_error)[operand[0]](operand[1])


@dataclass(frozen=True, slots=True)
class FinallyExit:
    """A branch on its way through finally bodies: (slot, step, height) of each that is left, then the target."""

    exits: tuple[tuple[int, int, int], ...]
    target: int
    height: int
    arity: int


@dataclass(frozen=True, slots=True)
class PendingBranch:
    exit: FinallyExit
    done: int
    value: Value


@dataclass(frozen=True, slots=True)
class PendingReturn:
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


# --- tasks and scopes of time -------------------------------------------------------------------------------------


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
    limit, operand, body = _take(frame, 3)
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
    """Last registered first; an error in one does not keep the others from running, and the last error wins."""
    failure: HarnError | None = None
    while frame.defers:
        body = frame.defers.pop()
        frame.fiber.frame = frame
        try:
            frame.fiber.call(body)
        except HarnError as error:
            failure = error
    if failure is not None:
        raise failure


__all__ = ["FINISHED", "STARTED", "YIELDED", "Builtin", "FinallyExit", "Place", "Signal", "call_builtin"]
