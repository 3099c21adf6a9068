"""Clock readings in whole milliseconds, which is what programs see."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


def milliseconds(seconds: float) -> int:
    """seconds, or a difference of two readings, cut to whole milliseconds.

    Rounded to microseconds first: floats of this size are no more exact, and 0.005 may arrive as 0.00499999.
    """
    return round(seconds * 1_000_000) // 1000


def unix_milliseconds(fiber: Fiber) -> int:
    """Milliseconds since the Unix epoch, now."""
    return milliseconds(fiber.effect(fiber.runtime.world.wall_time))
