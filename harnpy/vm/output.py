"""Where a fiber's output goes: live to the world, or kept until the task is joined (chapter 03 section 1.2)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.effects import Repeat, operation

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


class Output:
    """Writes through the effect seam as the program goes."""

    __slots__ = ()

    def write(self, fiber: Fiber, text: str) -> None:
        fiber.effect(fiber.runtime.world.write, text)


class KeptOutput(Output):
    """Keeps a task's output until it is appended to that of the task which joins it."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[str] | None = None  # most tasks write nothing

    def write(self, fiber: Fiber, text: str) -> None:
        fiber.effect(self.keep, text)

    @operation("output", Repeat.COMMITTED)
    def keep(self, text: str) -> None:
        """Append to what is kept."""
        if self._parts is None:
            self._parts = []
        self._parts.append(text)

    def append_to(self, fiber: Fiber) -> None:
        """Hand over everything kept so far, once."""
        if self._parts:
            text = "".join(self._parts)
            self._parts = None
            fiber.write(text)
