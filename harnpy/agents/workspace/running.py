"""The tool `run`: a command in the workspace. It cannot be confined: a command can do whatever this process may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.agents.workspace.failures import ToolFailure, failed
from harnpy.agents.workspace.processes import CommandEnd, Commands, RunningCommands
from harnpy.agents.workspace.settings import Settings
from harnpy.agents.workspace.tool_arguments import ToolArguments
from harnpy.builtins.file_access import ExecutionContext
from harnpy.llm.state import LlmState
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


def run(fiber: Fiber, settings: Settings, arguments: ToolArguments) -> str:
    """The output of a command, standard error with it, its middle left out if it is long; the last line is
    `exit_code=N`, with -1 for a command that a signal or the end of its time has killed.
    """
    words = _words(arguments.get("command"))
    timeout_ms = arguments.whole("timeout_ms", settings.timeout_ms, 1, settings.timeout_ms)
    workspace = settings.workspace(fiber)
    # What a command prints goes to the model: the keys by which models are called are none of its business.
    providers = fiber.runtime.state(LlmState).configuration.providers.values()
    keys = sorted({"HARN_API_KEY", *(name for provider in providers for name in provider.auth_env)})
    added = {**fiber.task.get(ExecutionContext).environment, **dict(settings.env)}
    commands = Commands(fiber.runtime.world.clock, running_commands(fiber))
    try:
        end: CommandEnd = fiber.effect(
            commands.run, words, workspace.root, added, keys, timeout_ms, settings.max_output
        )
    except (OSError, ValueError) as error:
        raise failed("run", words[0], error) from None
    return _report(end, timeout_ms)


def _words(command: Value) -> list[str]:
    if type(command) is str and command.strip():
        return ["/bin/sh", "-c", command]
    if type(command) is list and command and all(type(word) is str for word in command) and command[0]:
        return command
    raise ToolFailure("'command' has to be a text for the shell, or a list of a program and its arguments")


def running_commands(fiber: Fiber) -> RunningCommands:
    """The commands of the runtime; those that run at its end are killed then."""
    running = fiber.runtime.state(RunningCommands)
    if not running.is_watched:
        running.is_watched = True
        fiber.runtime.scheduler.on_close(running.close)
    return running


def _report(end: CommandEnd, timeout_ms: int) -> str:
    head, tail = end.head.decode("utf-8", "replace"), end.tail.decode("utf-8", "replace")
    if end.cut:
        # What is left of a character at a cut is no character.
        head, tail = head.rstrip("\ufffd"), tail.lstrip("\ufffd")
        head += f"\n[... {end.cut} bytes of output not shown ...]\n"
    text = head + tail
    if text and not text.endswith("\n"):
        text += "\n"
    if end.timed_out:
        text += f"[killed with all its processes after {timeout_ms} ms]\n"
    elif end.status < 0:
        text += f"[killed by signal {-end.status}]\n"
    return f"{text}exit_code={max(end.status, -1)}"
