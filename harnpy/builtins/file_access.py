"""What builtins that touch files share: the execution root, relative paths, and failures as Harn errors."""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.vm.effects import Repeat, operation_of
from harnpy.vm.errors import HarnError, thrown
from harnpy.vm.os_errors import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from harnpy.vm.fiber import Fiber


class ExecutionContext:
    """Where a task works, as a test runner, an editor or a delegating agent sets it; child tasks inherit it.

    directory is the execution root, None for the working directory of the process. environment goes before that of
    the process.
    """

    def __init__(self, directory: str | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.environment: Mapping[str, str] = environment or {}

    def inherit(self) -> ExecutionContext:
        """What a child task begins with; changing it does not reach back."""
        return ExecutionContext(self.directory, self.environment)


def execution_root(fiber: Fiber) -> str:
    """The directory that relative paths of file builtins start from."""
    directory = fiber.task.get(ExecutionContext).directory
    return directory if directory is not None else str(fiber.effect(fiber.runtime.world.working_directory))


def resolve(fiber: Fiber, path: str) -> str:
    """path from the execution root, joined as text: nothing is normalized, so error texts show what was asked for."""
    return path if posixpath.isabs(path) else posixpath.join(execution_root(fiber), path)


def attempt(fiber: Fiber, failure: str, operation: Callable[..., Any], *args: Any) -> Any:
    """The result of an operation on files. Throws `<failure>: <reason>` when the system refuses."""
    try:
        return fiber.effect(operation, *args)
    except (OSError, ValueError) as error:
        raise refusal(failure, operation, error) from None


def refusal(
    failure: str,
    operation: Callable[..., Any],
    error: OSError | ValueError,
    kind: Callable[[str], HarnError] = thrown,
) -> HarnError:
    """The error `<failure>: <reason>`, of the given kind, of an operation that had begun."""
    made = kind(f"{failure}: {reason(error)}")
    made.begun = True
    made.repeatable = operation_of(operation).repeat is not Repeat.COMMITTED
    return made


def read_text(fiber: Fiber, path: str) -> str:
    """The whole of a UTF-8 file, newlines as they are. Raises OSError and UnicodeDecodeError."""
    data: bytes = fiber.effect(fiber.runtime.world.read_bytes, path)
    return data.decode("utf-8")
