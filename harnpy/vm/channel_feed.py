"""The sending end of a channel that a coroutine fills. It knows when nobody can take anything out any more."""

from __future__ import annotations

import weakref

from harnpy import TYPE_CHECKING
from harnpy.vm.channels import Channel
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable


class Feed:
    """Fills a channel without keeping it alive.

    abandoned is called, possibly on another thread, when the program has dropped the channel or closed it: what comes
    from then on is wanted by nobody.
    """

    def __init__(self, channel: Channel, abandoned: Callable[[], object]) -> None:
        self._channel = weakref.ref(channel, lambda _: abandoned())
        channel.on_close = abandoned

    async def put(self, value: Value) -> bool:
        """Enqueue value, waiting for room; False when it is not wanted any more."""
        import asyncio

        while True:
            channel = self._channel()
            if channel is None or channel.closed:
                return False
            room = asyncio.Event()
            if channel.offer(value, room.set):
                return True
            del channel  # while this waits, only the program holds it
            try:
                await room.wait()
            except BaseException:
                self._withdraw(room.set)
                raise

    def close(self) -> None:
        """Close the channel after the last value; abandoned is not called for that."""
        channel = self._channel()
        if channel is not None:
            channel.on_close = None
            channel.close()

    def _withdraw(self, wake: Callable[[], object]) -> None:
        channel = self._channel()
        if channel is not None:
            channel.withdraw(wake)
