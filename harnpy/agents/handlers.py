"""Running the handler of a tool (chapter 12 sections 12.5.3 and 12.6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


def call_handler(fiber: Fiber, entry: dict[str, Value], arguments: Value) -> Value:
    """The handler's value. It gets the argument dict; that of a declared `tool` its parameters by name.

    Raises what the handler raises.
    """
    raise NotImplementedError
