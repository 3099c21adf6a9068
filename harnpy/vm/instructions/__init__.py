"""The handlers of the interpreter: one function a lowered instruction, called with the frame and its operand.

A handler returns None to go on in the same frame, another Frame to go on there, or a signal to leave the loop. Anything
about meaning is delegated: operators, subscripts, properties, iteration, calls.
"""

from __future__ import annotations

import sys

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class Family:
    """A module of handlers that is loaded once one of them is linked; its attributes stand for the handlers."""

    def __init__(self, name: str) -> None:
        self._module = f"{__name__}.{name}"

    def __getattr__(self, name: str) -> Deferred:
        return Deferred(self._module, name)


class Deferred:
    """A handler whose module may not be loaded yet."""

    __slots__ = ("_module", "_name")

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def load(self) -> Any:
        """The handler."""
        __import__(self._module)
        return getattr(sys.modules[self._module], self._name)
