"""The lock of mutex blocks (chapter 03)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


class Mutex:
    """The one lock of all mutex blocks of a runtime; a task that holds it may enter again."""

    def __init__(self) -> None:
        self._owner: Fiber | None = None
        self._depth = 0
        self._waiting: list[Fiber] = []  # in the order in which they came

    def acquire(self, fiber: Fiber) -> None:
        """Take the lock, waiting for it if another task holds it."""
        while self._owner is not None and self._owner is not fiber:
            self._waiting.append(fiber)
            try:
                fiber.park()
            except BaseException:
                if fiber in self._waiting:
                    self._waiting.remove(fiber)
                elif self._owner is None:
                    self._wake_one()  # this fiber was woken and does not come
                raise
            if fiber in self._waiting:
                self._waiting.remove(fiber)
        self._owner = fiber
        self._depth += 1

    def depth_of(self, fiber: Fiber) -> int:
        """How often fiber has entered it."""
        return self._depth if self._owner is fiber else 0

    def release(self, fiber: Fiber) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._owner = None
            self._wake_one()

    def _wake_one(self) -> None:
        while self._waiting:
            if self._waiting.pop(0).unpark():
                break
