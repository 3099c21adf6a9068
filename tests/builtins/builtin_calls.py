"""Calling builtins and methods from Python as a program would: argument counts adjusted, callbacks called back."""

from __future__ import annotations

from collections.abc import Callable

from support import make_test_runtime

from harnpy.vm.display import display
from harnpy.vm.errors import HarnError
from harnpy.vm.iteration import lift
from harnpy.vm.values import Builtin, HarnSet, Iter, Value

RUNTIME = make_test_runtime()
FIBER = RUNTIME.main_fiber()


def call(name: str, *args: Value) -> Value:
    """`name(args)`"""
    function = RUNTIME.registry.get(name)
    assert function is not None, name
    return FIBER.call(function, *args)


def call_method(receiver: Value, name: str, *args: Value) -> Value:
    """`receiver.name(args)`"""
    return FIBER.run_method(receiver, name, list(args))


def callback(function: Callable[..., Value]) -> Builtin:
    """A Python function as a callable Harn value."""
    code = function.__code__
    return Builtin("callback", function, "", frozenset(), False, code.co_argcount, code.co_argcount, False)


def set_of(*values: Value) -> HarnSet:
    """A set of exactly these elements."""
    result = call("set", list(values))
    assert type(result) is HarnSet
    return result


def iter_of(value: Value) -> Iter:
    """`iter(value)`"""
    return lift(FIBER, value)


def caught(function: Callable[..., Value], *args: Value) -> Value:
    """What `catch` binds when the call fails."""
    try:
        result = function(*args)
    except HarnError as error:
        return error.caught
    raise AssertionError(f"expected an error, got {display(result)}")
