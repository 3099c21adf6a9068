"""Calling builtins and methods from Python as a program would: argument counts adjusted, callbacks called back."""

from __future__ import annotations

import types as python_types
from collections.abc import Callable
from typing import Any

from harnpy.builtins import (
    assertions,
    case_conversion,
    dict_methods,
    errors,
    iter_combinators,
    iter_sinks,
    iterators,
    list_callbacks,
    list_methods,
    numbers,
    ranges,
    results,
    set_methods,
    sets,
    string_methods,
    strings,
    types,
)
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError
from harnpy.vm.iteration import lift
from harnpy.vm.registry import call_builtin, declarations_of, make_builtin
from harnpy.vm.values import Builtin, HarnSet, Iter, Value, type_name
from harnpy.vm.world import World

FAMILIES = (
    assertions,
    case_conversion,
    dict_methods,
    errors,
    iter_combinators,
    iter_sinks,
    iterators,
    list_callbacks,
    list_methods,
    numbers,
    ranges,
    results,
    set_methods,
    sets,
    string_methods,
    strings,
    types,
)

TABLE = {
    (declaration.receiver, declaration.name): make_builtin(declaration)
    for family in FAMILIES
    for declaration in declarations_of(family)
}


class CallingFiber:
    """A fiber that can call builtins and do operations, and nothing else."""

    runtime = python_types.SimpleNamespace(denied=frozenset(), world=World())
    builtin = ""

    def call(self, callee: Builtin, *args: Value) -> Value:
        return call_builtin(self, callee, list(args))  # type: ignore[arg-type]

    def effect(self, operation: Callable[..., Any], *args: Any) -> Any:
        return operation(*args)


FIBER: Any = CallingFiber()


def call(name: str, *args: Value) -> Value:
    """`name(args)`"""
    return FIBER.call(TABLE["", name], *args)


def call_method(receiver: Value, name: str, *args: Value) -> Value:
    """`receiver.name(args)`"""
    return FIBER.call(TABLE[type_name(receiver), name], receiver, *args)


def callback(function: Callable[..., Value]) -> Builtin:
    """A Python function as a callable Harn value."""
    code = function.__code__
    return Builtin("callback", function, "", frozenset(), False, code.co_argcount, code.co_argcount, False)


def set_of(*values: Value) -> HarnSet:
    result = call("set", list(values))
    assert type(result) is HarnSet
    return result


def iter_of(value: Value) -> Iter:
    return lift(FIBER, value)


def caught(function: Callable[..., Value], *args: Value) -> Value:
    """What `catch` binds when the call fails."""
    try:
        result = function(*args)
    except HarnError as error:
        return error.caught
    raise AssertionError(f"expected an error, got {display(result)}")
