"""What builtins that start programs share: one way to run them, which the runtime's end cleans up after."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.file_access import ExecutionContext, refusal
from harnpy.vm.errors import runtime_error
from harnpy.vm.os_errors import reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harnpy.vm.child_processes import ProgramEnd, RunOptions
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.values import Value


class _Ending:
    """Whether the end of the runtime ends the programs that still run."""

    is_arranged = False


def run_program(
    fiber: Fiber,
    program: str,
    arguments: Sequence[str],
    directory: str | None,
    environment: Mapping[str, str | None],
    options: RunOptions,
) -> ProgramEnd:
    """Run a program to its end while other tasks go on; it is killed with its process group when fiber is cancelled.

    directory is None for the working directory of the process; environment is laid over the variables of the process, a
    name with None is taken away. Raises OSError and ValueError when the program cannot be started.
    """
    world = fiber.runtime.world
    ending = fiber.runtime.state(_Ending)
    if not ending.is_arranged:
        ending.is_arranged = True
        fiber.runtime.scheduler.on_close(world.end_programs)
    end: ProgramEnd = fiber.effect(world.run_program, program, list(arguments), directory, dict(environment), options)
    return end


def run_words(
    fiber: Fiber, failure: str, words: Sequence[str], directory: str | None, options: RunOptions
) -> ProgramEnd:
    """As run_program, for a program with its arguments. Throws `<failure>: <reason>` when it cannot be started."""
    try:
        return run_program(fiber, words[0], words[1:], directory, context_environment(fiber), options)
    except (OSError, ValueError) as error:
        raise refusal(failure, fiber.runtime.world.run_program, error) from None


def run_login_script(fiber: Fiber, failure: str, script: str, options: RunOptions) -> ProgramEnd:
    """Run a script by a login shell. Raises the runtime error `<failure>: <reason>` when that cannot be started."""
    directory, environment = context_directory(fiber), context_environment(fiber)
    try:
        return run_program(fiber, "/bin/sh", ["-lc", script], directory, environment, options)
    except (OSError, ValueError) as error:
        raise runtime_error(f"{failure}: {reason(error)}") from None


def context_directory(fiber: Fiber) -> str | None:
    """Where programs run unless a directory is named; None for the working directory of the process."""
    return fiber.task.get(ExecutionContext).directory or None


def context_environment(fiber: Fiber) -> dict[str, str]:
    """The variables that the execution context adds for programs."""
    return dict(fiber.task.get(ExecutionContext).environment)


def outcome(end: ProgramEnd) -> dict[str, Value]:
    """How a program ended, as programs see it."""
    return {
        "stdout": end.stdout.text,
        "stderr": end.stderr.text,
        "status": max(end.status, -1),
        "success": end.status == 0,
    }
