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

    from harnpy.vm.directory_entries import Entry
    from harnpy.vm.fiber import Fiber


class ExecutionContext:
    """Where a task works, as a test runner, an editor or a delegating agent sets it; child tasks inherit it.

    directory is the execution root, None for the working directory of the process. source_directory is that of a program
    that comes from no file. environment goes before that of the process, for the program and for what it starts.
    The rest is a record of a worktree: adapter is what has made it, repo_path, worktree_path, branch, base_ref and cleanup
    are as delegated workers have them (chapter 13 section 13.15.4).
    """

    def __init__(
        self,
        directory: str | None = None,
        environment: Mapping[str, str] | None = None,
        *,
        source_directory: str | None = None,
        adapter: str | None = None,
        repo_path: str | None = None,
        worktree_path: str | None = None,
        branch: str | None = None,
        base_ref: str | None = None,
        cleanup: str | None = None,
    ) -> None:
        self.directory = directory
        self.environment: Mapping[str, str] = environment or {}
        self.source_directory = source_directory
        self.adapter = adapter
        self.repo_path = repo_path
        self.worktree_path = worktree_path
        self.branch = branch
        self.base_ref = base_ref
        self.cleanup = cleanup

    def inherit(self) -> ExecutionContext:
        """What a child task begins with; changing it does not reach back."""
        child = ExecutionContext()
        child.__dict__.update(self.__dict__)
        return child


def execution_root(fiber: Fiber) -> str:
    """The directory that relative paths of file builtins start from."""
    return fiber.task.get(ExecutionContext).directory or str(fiber.effect(fiber.runtime.world.working_directory))


def source_directory(fiber: Fiber) -> str:
    """The directory of the module whose code is executing; what the context says for a program from no file."""
    if fiber.runtime.entry_path and not fiber.runtime.entry_path.startswith("<"):
        return fiber.source_dir()
    context = fiber.task.get(ExecutionContext)
    return context.source_directory or context.directory or fiber.source_dir()


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


def entries_of(fiber: Fiber, path: str) -> list[Entry]:
    """What is directly in a directory, by code point of the names; nothing if it cannot be read."""
    try:
        found: list[Entry] = fiber.effect(fiber.runtime.world.entries, path)
    except (OSError, ValueError):
        return []
    return found


def read_text(fiber: Fiber, path: str) -> str:
    """The whole of a UTF-8 file, newlines as they are. Raises OSError and UnicodeDecodeError."""
    data: bytes = fiber.effect(fiber.runtime.world.read_bytes, path)
    return data.decode("utf-8")
