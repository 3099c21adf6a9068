"""Asking the user: a line of standard input."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin('prompt_user(message: string = "") -> string | nil', effects={"input", "output"})
def prompt_user(fiber: Fiber, message: Value = None) -> str | None:
    """Prints the message, reads one line and returns it without trailing white space.

    "" at the end of the input, nil when it cannot be read.
    """
    world = fiber.runtime.world
    if message is not None:
        # Not fiber.write: what a child task writes is kept back, and a prompt has to be seen before the answer.
        fiber.effect(world.write, display(message))
    world.flush()
    line = ""
    try:
        with world.reading():
            # A signal that came before has found nothing to end.
            if not fiber.runtime.interrupted:
                line = fiber.effect(world.read_line)
    except (OSError, ValueError):  # ValueError: not UTF-8, or standard input is closed
        fiber.attend(fiber.frame)
        return None
    fiber.attend(fiber.frame)
    return line.rstrip(WHITE_SPACE)
