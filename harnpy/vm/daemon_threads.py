"""Running a function in a thread that nobody has to wait for: it holds up no program's end.

The threads of asyncio's own executor are waited for when Python ends, however long they take.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Thread

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")


def in_thread(function: Callable[[], T], name: str) -> asyncio.Future[T]:
    """Call function in a daemon thread of that name; what it returns or raises, as a future of the running event loop.

    A StopIteration, which nobody could await, comes out as a RuntimeError. The thread outlives whoever cancels the future,
    and the loop.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return  # cancelled meanwhile
        if isinstance(error, StopIteration):
            error = RuntimeError("StopIteration")
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # there is no error, so there is a result

    def work() -> None:
        result, failure = None, None
        try:
            result = function()
        except BaseException as error:
            failure = error
        with suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(settle, result, failure)

    Thread(target=work, name=name, daemon=True).start()
    return future
