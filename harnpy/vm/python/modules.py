"""The touches of the world here: importing a module of Python's, and running a function in a thread."""

from __future__ import annotations

import sys
from importlib import import_module

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import Future
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
    from asyncio import get_running_loop
    from threading import Thread

    loop = get_running_loop()
    future: Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if isinstance(error, StopIteration):
            error = RuntimeError("StopIteration")
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def work() -> None:
        result, failure = None, None
        try:
            result = function(*args)
        except BaseException as error:
            failure = error
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:  # the program has ended
            return

    Thread(target=work, name="harn-py-thread", daemon=True).start()
    return await future
