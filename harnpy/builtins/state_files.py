"""Where a program keeps its state, and how files there are changed beside other processes that change them too."""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins.file_access import refusal
from harnpy.builtins.places import project_above, state_root
from harnpy.vm.errors import runtime_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from harnpy.vm.fiber import Fiber

# Seconds: how often one looks whether another process is done with a file, and when one gives up.
_PAUSE = 0.01
_LONGEST_WAIT = 30.0


class StatePlaces:
    """The directories of a program's state, fixed when they are first asked for.

    base is the project root of the entry file's directory, else that directory; root is where the files are.
    """

    def __init__(self) -> None:
        self._found: tuple[str, str] | None = None

    def base(self, fiber: Fiber) -> str:
        return self._places(fiber)[0]

    def root(self, fiber: Fiber) -> str:
        return self._places(fiber)[1]

    def _places(self, fiber: Fiber) -> tuple[str, str]:
        if self._found is None:
            working = fiber.effect(fiber.runtime.world.working_directory)
            entry = posixpath.normpath(posixpath.join(working, posixpath.dirname(fiber.runtime.entry_path)))
            base = project_above(fiber, entry) or entry
            self._found = (base, state_root(fiber, base))
        return self._found


def patiently(fiber: Fiber, operation: Callable[..., Any], *args: Any) -> Any:
    """The result of an operation on a state file, once no other process is writing it; other tasks run meanwhile.

    Raises OSError, also if the other process takes longer than anybody should.
    """
    waited = 0.0
    while True:
        try:
            return fiber.effect(operation, *args)
        except BlockingIOError:
            if waited >= _LONGEST_WAIT:
                raise OSError("another process does not let go of the file") from None
        fiber.effect(fiber.runtime.world.sleep, _PAUSE)
        waited += _PAUSE


def attempt(fiber: Fiber, failure: str, operation: Callable[..., Any], *args: Any) -> Any:
    """As patiently. Raises the runtime error `<failure>: <reason>` when the system refuses."""
    try:
        return patiently(fiber, operation, *args)
    except (OSError, ValueError) as error:
        raise refusal(failure, operation, error, runtime_error) from None
