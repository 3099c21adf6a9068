"""Calling builtins that wait, each in a runtime of its own: only one event loop can run in a thread."""

from __future__ import annotations

from support import make_test_runtime

from harnpy.vm.errors import HarnError
from harnpy.vm.values import Value


def call(name: str, *args: Value) -> Value:
    """`name(args)` in a fresh runtime."""
    runtime = make_test_runtime()
    function = runtime.registry.get(name)
    assert function is not None, name
    try:
        return runtime.main_fiber().call(function, *args)
    finally:
        runtime.close()


def error_of(name: str, *args: Value) -> Value:
    """What `catch` binds when the call fails."""
    try:
        result = call(name, *args)
    except HarnError as error:
        return error.caught
    raise AssertionError(f"expected an error, got {result}")
