"""assert, assert_eq and assert_ne: they return nil or throw the message as a string."""

from __future__ import annotations

from harnpy.vm.compare import equal
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value, truthy


@builtin('assert(condition: any, message: string = "Assertion failed") -> nil')
def assert_truthy(condition: Value, message: Value = MISSING) -> None:
    """Throws message unless condition is truthy."""
    if not truthy(condition):
        raise _failure(message, "Assertion failed")


@builtin("assert_eq(actual: any, expected: any, message: string = nil) -> nil")
def assert_equal(actual: Value = MISSING, expected: Value = MISSING, message: Value = MISSING) -> None:
    """Throws message, by default one that shows both values, unless they are equal."""
    if expected is MISSING:
        raise thrown("assert_eq requires at least 2 arguments")
    if not equal(actual, expected):
        raise _failure(message, f"Assertion failed: expected {display(expected)}, got {display(actual)}")


@builtin("assert_ne(actual: any, unexpected: any, message: string = nil) -> nil")
def assert_not_equal(actual: Value = MISSING, unexpected: Value = MISSING, message: Value = MISSING) -> None:
    """Throws message, by default one that shows the value, if both are equal."""
    if unexpected is MISSING:
        raise thrown("assert_ne requires at least 2 arguments")
    if equal(actual, unexpected):
        raise _failure(message, f"Assertion failed: values should not be equal: {display(actual)}")


def _failure(message: Value, default: str) -> HarnError:
    return thrown(default if message is MISSING else display(message))
