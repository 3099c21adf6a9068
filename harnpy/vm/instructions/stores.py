"""Handlers of assignments that may work in place: a value changes where it is when its variable alone holds it."""

from __future__ import annotations

import sys

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.vm import operators
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, bare_error, runtime_error, type_error
from harnpy.vm.frames import UNSET, Frame
from harnpy.vm.in_place import IN_PLACE, NOT_IN_PLACE
from harnpy.vm.instructions.operands import take
from harnpy.vm.values import (
    PyObject,
    StructInstance,
    Value,
    type_name,
)

if TYPE_CHECKING:
    from typing import Any


class Place(Record):
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
    args = take(frame, count)
    value = place.get(frame)
    if value is UNSET:
        raise place.unset(frame)
    in_place = IN_PLACE.get(name, NOT_IN_PLACE).get(type(value))
    if in_place is not None and sys.getrefcount(value) == UNIQUE:
        place.set(frame, in_place(value, *args))
        return None
    frame.fiber.frame = frame
    place.set(frame, frame.fiber.run_method(value, name, args))
    return None


def store_path(frame: Frame, operand: tuple[Place, tuple[str | None, ...], int]) -> None:
    """Store into a part of a variable, copying each level that somebody else can see."""
    place, path, count = operand
    indexes = take(frame, count)
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
                container = container.copy()
                fields = container if kind is dict else container.fields
            fields[key] = None
            holder = [part]
            del part
            try:
                value = _descend(holder, steps, named, level, value)
            except HarnError:
                fields[key] = holder[0]
                raise
        else:
            if not unique:
                container = container.copy()
                fields = container if kind is dict else container.fields
            if kind is StructInstance:
                container.type.field_types.note_one(key, value)
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
    if kind is PyObject:
        from harnpy.vm.python.objects import read, store

        if not last:
            part = read(container, step, named[level])
            in_place = type(part) is PyObject
            value = _descend([part], steps, named, level, value)
            if in_place:
                return container  # as in Python, where nothing is put back
        store(container, step, named[level], value)
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
