"""What calls with named arguments come down to."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm import named_calls
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("__call_named(args: list, named: dict, callee: any)")
def call_named(fiber: Fiber, args: list[Value], named: dict[str, Value], callee: Value) -> Value:
    """`callee(args, named)`. Type error for a name that callee has no parameter for, and for builtins."""
    return named_calls.call_named(fiber, callee, args, named)


@builtin("__call_method_named(receiver: any, args: list, named: dict, name: string, optional: bool)")
def call_method_named(
    fiber: Fiber, receiver: Value, args: list[Value], named: dict[str, Value], name: str, optional: bool
) -> Value:
    """`receiver.name(args, named)`; with optional nil for nil. Type error as for `__call_named`."""
    if optional and receiver is None:
        return None
    return named_calls.call_method_named(fiber, receiver, name, args, named)
