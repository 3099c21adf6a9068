"""The namespace of translated code: what its generated source calls by name.

Everything here has the meaning of the interpreter's handlers, with operands as arguments instead of on a stack.
"""

from __future__ import annotations

import sys
from functools import cache

from harnpy import TYPE_CHECKING
from harnpy.jit.calls import ROOM
from harnpy.jit.recovery import GUESSED
from harnpy.jit.strips import Strips, range_of
from harnpy.vm import operators
from harnpy.vm.calls import adapted, pipe_target, stack_overflow
from harnpy.vm.compare import compare, equal
from harnpy.vm.display import display, display_int
from harnpy.vm.errors import (
    Cancelled,
    ExitProgram,
    HarnError,
    Origin,
    bare_error,
    runtime_error,
    thrown,
    type_error,
)
from harnpy.vm.frames import UNSET, Cell
from harnpy.vm.in_place import IN_PLACE, NOT_IN_PLACE
from harnpy.vm.instructions.calls import captured, selected
from harnpy.vm.instructions.flow import check_result
from harnpy.vm.instructions.operands import as_list
from harnpy.vm.instructions.stores import UNIQUE_ARGUMENT, store_into
from harnpy.vm.instructions.tasks import run_deferred
from harnpy.vm.instructions.values import as_dict
from harnpy.vm.instructions.variables import global_value, host_value, refuse_imported
from harnpy.vm.interpreter import catches
from harnpy.vm.iteration import loop_iterator
from harnpy.vm.properties import get_property, get_property_optional
from harnpy.vm.registry import call_builtin
from harnpy.vm.stack_walk import note_translated, passed_entries
from harnpy.vm.subscripts import get_index, slice_value
from harnpy.vm.values import (
    END,
    MISSING,
    Builtin,
    Closure,
    EnumVariant,
    Generator,
    HarnSet,
    Iter,
    Pair,
    PyObject,
    Range,
    StructInstance,
    Value,
    is_callable,
    truthy,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from harnpy.jit.recovery import Unit
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.linker import LinkedFunction
    from harnpy.vm.modules import ModuleInstance


_METHODS_OF: dict[type, str] = {list: "list", str: "string", dict: "dict"}


# What a body returns to have its caller make the call in fiber.tail, a callee and a list of arguments, in its place.
TAIL = object()


def trampoline(raw: Any) -> Any:
    """A body that makes the tail calls which raw leaves behind, one after the other, at constant depth."""

    def body(fiber: Fiber, closure: Closure, *args: Value) -> Value:
        result = raw(fiber, closure, *args)
        return result if result is not TAIL else make_tail_calls(fiber, closure)

    return body


def make_tail_calls(fiber: Fiber, closure: Closure) -> Value:
    """Make the call in fiber.tail, and those that it leaves behind, one after the other, at constant depth.

    closure is what has made the first of them, in whose place they are: for those who look at the stack.
    """
    result = TAIL
    while result is TAIL:
        callee, more = fiber.tail
        function = callee.function if type(callee) is Closure else None
        if function is None:
            result = call_value(fiber, callee, more)
        elif function.arity == len(more):
            result = function.raw_body(fiber, callee, *more)  # type: ignore[misc]  # it has an arity, so it has one
        else:
            fiber.runtime.warm(function, more, callee)
            if function.raw_body is not None:
                result = function.raw_body(fiber, callee, *adapted(function, more))
            else:
                result = call_value(fiber, callee, more)
    return result


@cache
def outermost(count: int) -> Any:
    """A function, to be run with the scope of a Direct, that calls inner with so many arguments and makes what it leaves."""
    names = "".join(f"a{place}, " for place in range(count))
    source = f"""def call({names}):
    result = inner({names}{ROOM})
    return result if result is not TAIL else make_tail_calls(current, direct.closure)
"""
    scope: dict[str, Any] = {}
    exec(source, scope)
    return scope["call"]


def call_struct_method(fiber: Fiber, unit: Unit, site: str, receiver: Value, name: str, args: list[Value]) -> Value:
    """`receiver.name(args)` for a struct; the place, called site, remembers the method if it is translated."""
    found = receiver.type.methods.get(name)
    function = found.function if type(found) is Closure else None
    if function is not None and function.arity == len(args) + 1:
        unit.tier.remember_method(unit, site, receiver.type, found)
    return fiber.run_method(receiver, name, args)


def call_value(fiber: Fiber, callee: Value, args: list[Value]) -> Value:
    """Call anything with a list of arguments."""
    kind = type(callee)
    if kind is Closure or kind is Builtin or kind is PyObject:
        return fiber.call(callee, *args)
    raise type_error(f"Cannot call {display(callee)}")


def call_method(fiber: Fiber, receiver: Value, name: str, args: list[Value]) -> Value:
    """`receiver.name(args)`; nil for an unknown method."""
    methods = _METHODS_OF.get(type(receiver))
    if methods is not None:
        method = fiber.runtime.registry.methods(methods).get(name)
        if method is not None:
            count = len(args) + 1
            if not method.effects and method.max_args is not None and method.min_args <= count <= method.max_args:
                if method.wants_fiber:
                    return method.fn(fiber, receiver, *args)
                return method.fn(receiver, *args)
    return fiber.run_method(receiver, name, args)


def entry_closure(
    closure: Closure, module: ModuleInstance, children: dict[str, LinkedFunction], slots: dict[int, Value]
) -> Closure:
    """The closure of the selected pipeline."""
    function = selected(module, children)
    return Closure(function, captured(function, closure, slots), module)


def cell_value(value: Value) -> Value:
    return value.value if type(value) is Cell else value


def deepcopy(value: Value) -> Value:
    """A copy of nested data."""
    from copy import deepcopy as copy_all

    return copy_all(value)


def check_parameter(name: str, value: Value, schema: Value) -> None:
    """Raise the error of an argument that does not fit its parameter's annotation."""
    from harnpy.vm.schema import check_parameter as check

    check(name, value, schema)


def attend(fiber: Fiber) -> None:
    """Answer the flag."""
    fiber.attend(fiber.frame)


def iterate(fiber: Fiber, iterable: Value) -> Any:
    """What steps a `for` loop, as the interpreter keeps it: a Python iterator or an Iter."""
    kind = type(iterable)
    if kind is list:
        return iter(iterable)
    if kind is Range:
        return iter(iterable.py)
    return loop_iterator(fiber, iterable)


def stepper(fiber: Fiber, iterator: Any) -> Any:
    """A Python iterator over the items that iterator, from iterate, still has; both move on together."""
    if type(iterator) is not Iter:
        return iterator
    return _own_steps(iterator) or iterator.pulled_by(fiber)


def paused_stepper(fiber: Fiber, iterator: Any) -> Any:
    """As stepper, in the body of a generator: where the loop goes on, another fiber may pull, or be inside of the iter."""
    if type(iterator) is not Iter:
        return iterator
    return _own_steps(iterator) or _stream(fiber.signal, iterator)


def halves(fiber: Fiber, iterator: Any) -> Any:
    """As stepper, with pairs as tuples; anything that is no pair comes with NO_PAIR for its second half."""
    if type(iterator) is Iter and iterator.halves is not None:
        return iterator.halves
    return _taken_apart(stepper(fiber, iterator))


def _taken_apart(items: Any) -> Iterator[tuple[Value, Value]]:
    for item in items:
        yield (item.first, item.second) if type(item) is Pair else (item, NO_PAIR)


NO_PAIR = object()


def _own_steps(iterator: Iter) -> Any:
    """The Python generator whose values an Iter gives, if a loop may step it itself."""
    generator = iterator.generator
    if generator is None or not generator.plain or generator.running is not None:
        return None
    return generator.frame


def _stream(signal: Any, iterator: Iter) -> Iterator[Value]:
    while (item := iterator.next_value(signal.current)) is not END:
        yield item


def spread(value: Value) -> list[Value]:
    """The arguments that `...value` stands for."""
    return list(as_list(value))


def optional_spread(fiber: Fiber, receiver: Value, name: str, more: Value) -> Value:
    """`receiver?.name(...more)`."""
    args = spread(more)
    return None if receiver is None else call_method(fiber, receiver, name, args)


def own_list(value: Value) -> tuple[Value, bool]:
    """value as a list that nobody else holds, if it is a list: the caller's local holds it."""
    if type(value) is not list:
        return value, False
    return (value if sys.getrefcount(value) <= UNIQUE_ARGUMENT else list(value)), True


def own_dict(value: Value) -> tuple[Value, bool]:
    """As own_list, for a dict."""
    if type(value) is not dict:
        return value, False
    return (value if sys.getrefcount(value) <= UNIQUE_ARGUMENT else dict(value)), True


def own_structinstance(value: Value) -> tuple[Value, bool]:
    """As own_list, for a struct."""
    if type(value) is not StructInstance:
        return value, False
    if sys.getrefcount(value) <= UNIQUE_ARGUMENT:
        return value, True
    return value.copy(), True


def make_inclusive_range(start: Value, end: Value) -> Range:
    return operators.make_range(start, end, True)


def make_exclusive_range(start: Value, end: Value) -> Range:
    return operators.make_range(start, end, False)


range_iterator = type(iter(range(0)))
new = object.__new__

# Called to say that a guess is wrong.
bad: None = None


# --- variables and errors -----------------------------------------------------------------------------------------


THROWN = Origin.THROWN


def undefined(name: str) -> HarnError:
    return bare_error(f"Undefined variable: {name}")


def caught(fiber: Fiber, error: BaseException) -> HarnError:
    """The error that a handler deals with, with the way that it has come.

    Most handlers do not ask for that way, so it is looked up by the first who does. Until then, or until the error is
    forgotten, the frames that it has passed live on.
    """
    traceback = error.__traceback__
    assert traceback is not None
    # Python would walk along the errors behind it whenever a handler raises another one.
    error.__context__ = None
    if type(error) is HarnError:
        error.__traceback__ = None
        if not error.trace_is_complete:
            error.put_off((passed_entries, fiber.runtime, traceback))
        return error
    failure = stack_overflow()
    note_translated(fiber, failure, traceback)
    return failure


# --- collections --------------------------------------------------------------------------------------------------


def key_text(key: Value) -> str:
    return key if type(key) is str else display(key)


def list_extend(items: list[Value], more: Value) -> None:
    items.extend(as_list(more))


def dict_merge(entries: dict[str, Value], more: Value) -> None:
    entries.update(as_dict(more))


def dict_rest(entries: dict[str, Value], keys: list[str]) -> dict[str, Value]:
    return {key: value for key, value in entries.items() if key not in keys}


def list_item(items: list[Value], place: int) -> Value:
    return items[place] if place < len(items) else None


def enum_field(variant: EnumVariant, place: int) -> Value:
    return variant.fields[place] if place < len(variant.fields) else None


def add_methods(module: ModuleInstance, name: str, names: list[str], closures: list[Closure]) -> None:
    methods = module.struct_type(name).methods
    for method_name, closure in zip(names, closures):
        methods[method_name] = closure
    if module.runtime.tier is not None:
        module.runtime.tier.methods_changed()


# --- stores that may work in place. The caller's local and the argument hold the value: see UNIQUE_ARGUMENT. --------


def _calibrate_local() -> int:
    value: list[Value] = []
    return sys.getrefcount(value)


def _calibrate_part() -> int:
    holder: list[Any] = [[]]
    part = holder[0]
    return sys.getrefcount(part)


# The reference count of a value that one local holds, asked from there; and of one that its container holds, too.
UNIQUE_LOCAL = _calibrate_local()
UNIQUE_PART = _calibrate_part()
getrefcount = sys.getrefcount


def add_in_place(value: Value, more: Value) -> Value:
    """value + more, in value itself when nobody else holds it."""
    kind = type(value)
    if kind is type(more) and sys.getrefcount(value) <= UNIQUE_ARGUMENT:
        if kind is list:
            value.extend(more)
            return value
        if kind is dict:
            value.update(more)
            return value
    return operators.add(value, more)


def method_in_place(fiber: Fiber, value: Value, name: str, args: list[Value]) -> Value:
    """value.name(args), in value itself when it has a method for that and nobody else holds it."""
    in_place = IN_PLACE.get(name, NOT_IN_PLACE).get(type(value))
    if in_place is not None and sys.getrefcount(value) <= UNIQUE_ARGUMENT:
        return in_place(value, *args)
    return call_method(fiber, value, name, args)


def _get(holder: Any, key: int | None) -> Value:
    return holder.value if key is None else holder[key]


def _set(holder: Any, key: int | None, value: Value) -> None:
    if key is None:
        holder.value = value
    else:
        holder[key] = value


def add_to(holder: Any, key: int | None, more: Value) -> None:
    """x = x + more for a variable in a cell or of the module."""
    value = _get(holder, key)
    _set(holder, key, None)
    try:
        value = add_in_place(value, more)
    finally:
        _set(holder, key, value)


def method_to(fiber: Fiber, holder: Any, key: int | None, name: str, args: list[Value]) -> None:
    value = _get(holder, key)
    in_place = IN_PLACE.get(name, NOT_IN_PLACE).get(type(value))
    if in_place is None:
        _set(holder, key, call_method(fiber, value, name, args))
        return
    _set(holder, key, None)
    try:
        value = method_in_place(fiber, value, name, args)
    finally:
        _set(holder, key, value)


def store_part(holder: Any, key: int | None, steps: list[Value], named: list[bool], value: Value) -> None:
    root = _get(holder, key)
    _set(holder, key, None)
    try:
        root = store_into(root, steps, named, 0, value)
    finally:
        _set(holder, key, root)


# Ways out on which finally bodies do not run: the end of the program, a task or generator that is dropped, and a wrong
# guess, after which the interpreter runs them.
def _skips() -> tuple[type[BaseException], ...]:
    try:
        from greenlet import GreenletExit
    except ImportError:
        return (ExitProgram, GeneratorExit, *GUESSED)
    return (ExitProgram, GeneratorExit, GreenletExit, *GUESSED)


SKIPS_FINALLY = _skips()

add = operators.add
subtract = operators.subtract
multiply = operators.multiply
divide = operators.divide
modulo = operators.modulo
power = operators.power
negate = operators.negate
not_equal = operators.not_equal
contains = operators.contains

__all__ = [
    "bare_error",
    "runtime_error",
    "type_error",
    "as_dict",
    "as_list",
    "check_result",
    "Strips",
    "range_of",
    "global_value",
    "host_value",
    "pipe_target",
    "refuse_imported",
    "run_deferred",
    "MISSING",
    "Pair",
    "UNSET",
    "Builtin",
    "Cancelled",
    "Cell",
    "Closure",
    "EnumVariant",
    "Generator",
    "HarnError",
    "HarnSet",
    "StructInstance",
    "TAIL",
    "call_builtin",
    "catches",
    "check_parameter",
    "compare",
    "deepcopy",
    "display",
    "display_int",
    "equal",
    "get_index",
    "get_property",
    "get_property_optional",
    "is_callable",
    "slice_value",
    "thrown",
    "truthy",
]
