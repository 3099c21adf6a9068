"""Starting programs: exec, shell and their kin. Other tasks go on while a program runs; a task that is cancelled or
whose deadline passes takes its program with it.
"""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins.child_processes import context_directory, context_environment, outcome, run_program, run_words
from harnpy.builtins.file_access import refusal, resolve, source_directory
from harnpy.builtins.host_requests import run_command
from harnpy.builtins.process_options import read_process_options
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.child_processes import RunOptions, shell_words, signal_name
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harnpy.vm.fiber import Fiber

_DEFAULTS = RunOptions()


@builtin("exec(command: string, ...arguments: string) -> dict", effects={"host", "process"})
def exec_command(fiber: Fiber, command: Value = MISSING, *arguments: Value) -> Value:
    """Runs a program, found through PATH, with arguments that no shell looks at; waits for its end.

    `{stdout, stderr, status, success}`: what it has written, its exit code (-1 if a signal has ended it), and whether that
    is 0. It has no input. Throws when it cannot be started. See `exec_with` for time limits, input and more.
    """
    if command is MISSING:
        raise thrown("exec: command is required")
    if fiber.runtime.host is not None:
        return run_command(fiber, [command, *arguments])
    return _run(fiber, "exec", _texts([command, *arguments]), context_directory(fiber))


@builtin("shell(script: string) -> dict", effects={"host", "process"})
def shell(fiber: Fiber, script: Value = "") -> Value:
    """Runs a script by `sh -c` (on Windows by `cmd /C`) and waits for its end.

    `{stdout, stderr, status, success}` as `exec`. Throws when there is no script and when the shell cannot be started.
    """
    if fiber.runtime.host is not None:
        return run_command(fiber, [script])
    text = display(script)
    if not text:
        raise thrown("shell: command string is required")
    return _run(fiber, "shell", shell_words(text), context_directory(fiber))


@builtin("exec_at(directory: string, command: string, ...arguments: string) -> dict", effects={"process"})
def exec_at(fiber: Fiber, directory: Value = MISSING, command: Value = MISSING, *arguments: Value) -> dict[str, Value]:
    """Runs a program as `exec` does, in a directory.

    A relative directory starts from the execution context's, else from that of the source file whose code is running.
    """
    if command is MISSING:
        raise thrown("exec_at: directory and command are required")
    return _run(fiber, "exec", _texts([command, *arguments]), _directory(fiber, directory))


@builtin("shell_at(directory: string, script: string) -> dict", effects={"process"})
def shell_at(fiber: Fiber, directory: Value = MISSING, script: Value = MISSING) -> dict[str, Value]:
    """Runs a script as `shell` does, in a directory; a relative one starts from where that of `exec_at` does."""
    if script is MISSING:
        raise thrown("shell_at: directory and command string are required")
    text = display(script)
    if not text:
        raise thrown("shell_at: command string is required")
    return _run(fiber, "shell", shell_words(text), _directory(fiber, directory))


@builtin("exec_with(options: dict) -> dict", effects={"fs.read", "process"})
def exec_with(fiber: Fiber, options: Value = None) -> dict[str, Value]:
    """Runs a program with a time limit, input, a limit of output, variables or a directory of its own.

    Options: `command`, a list of the program and its arguments, or a string: the program alone, or with `shell: true` a
    script for the shell; `cwd`, its directory, relative ones from the execution root; `env`, a dict laid over the
    environment, in which nil removes a variable; `stdin`, a string (none: no input); `timeout`, a duration or int
    milliseconds, after which it is killed with all processes of its group (none: no limit); `max_output`, how many bytes of
    each stream are kept (none: all); `merge_stderr: true` sends standard error into `stdout`, in exact order.

    `{stdout, stderr, combined, status, success, signal, timed_out, truncated}`: `combined` is both streams in the order in
    which they came (writes within a moment of each other may change places); `status` is the exit code, -1 if a signal,
    named by `signal` (else nil), has ended it; `truncated` tells whether output was dropped.

    What the program leaves in the background goes on when it ends, but its output is read for one more second at most.
    Throws when an option makes no sense or the program cannot be started.
    """
    asked = read_process_options(options)
    directory = context_directory(fiber) if asked.directory is None else resolve(fiber, asked.directory)
    environment = {**context_environment(fiber), **asked.environment}
    program = asked.words[0]
    try:
        end = run_program(fiber, program, asked.words[1:], directory, environment, asked.run)
    except (OSError, ValueError) as error:
        in_directory = isinstance(error, OSError) and directory is not None and error.filename == directory
        named = f"cwd '{asked.directory or directory}'" if in_directory else f"command '{program}'"
        failure = refusal(f"exec_with failed: {named}", fiber.runtime.world.run_program, error)
        if not in_directory and asked.is_one_word and any(blank in program for blank in WHITE_SPACE):
            failure.value += "; a string is the name of a program: give its arguments in a list, or set shell: true"
        raise failure from None
    combined = end.stdout if asked.run.merges else end.combined
    return {
        **outcome(end),
        "combined": combined.text,
        "signal": signal_name(end.status),
        "timed_out": end.timed_out,
        "truncated": end.stdout.cut > 0 or end.stderr.cut > 0 or combined.cut > 0,
    }


def _run(fiber: Fiber, what: str, words: Sequence[str], directory: str | None) -> dict[str, Value]:
    return outcome(run_words(fiber, f"{what} failed", words, directory, _DEFAULTS))


def _directory(fiber: Fiber, directory: Value) -> str:
    return posixpath.join(context_directory(fiber) or source_directory(fiber), display(directory))


def _texts(values: Sequence[Value]) -> list[str]:
    return [display(value) for value in values]
