"""The touches of the world here: importing a module of Python's, and running a function in a thread."""

from __future__ import annotations

import sys
from importlib import import_module

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


def import_python(name: str, directory: str) -> ModuleType:
    """The Python module of a dotted name. Raises whatever importing it raises.

    Modules in directory can be imported, too, from now on; they come last, so that none stands in for an installed one.
    """
    if directory and directory not in sys.path:
        sys.path.append(directory)
    return import_module(name)


async def call_in_thread(function: Callable[..., Any], args: list[Any]) -> Any:
    """function(*args) in a thread of its own. Raises what it raises; a StopIteration, which nobody could await, as a
    RuntimeError. The thread outlives a caller that stops waiting.
    """
    from harnpy.vm.daemon_threads import in_thread

    return await in_thread(lambda: function(*args), "harn-py-thread")
