"""The tool `run`: a command in the workspace. It cannot be confined: a command can do whatever this process may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.agents.workspace.failures import ToolFailure, failed
from harnpy.agents.workspace.settings import Settings
from harnpy.agents.workspace.tool_arguments import ToolArguments
from harnpy.builtins.child_processes import context_environment, run_program
from harnpy.llm.state import LlmState
from harnpy.vm.child_processes import ProgramEnd, RunOptions
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
    keys = {"HARN_API_KEY", *(name for provider in providers for name in provider.auth_env)}
    environment = {**dict.fromkeys(sorted(keys)), **context_environment(fiber), **dict(settings.env)}
    options = RunOptions(
        timeout_ms=timeout_ms, max_output=settings.max_output, keeps_end=True, merges=True, kills_rest=True
    )
    try:
        end = run_program(fiber, words[0], words[1:], workspace.root, environment, options)
    except (OSError, ValueError) as error:
        raise failed("run", words[0], error) from None
    return _report(end, timeout_ms)


def _words(command: Value) -> list[str]:
    if type(command) is str and command.strip():
        return ["/bin/sh", "-c", command]
    if type(command) is list and command and all(type(word) is str for word in command) and command[0]:
        return command
    raise ToolFailure("'command' has to be a text for the shell, or a list of a program and its arguments")


def _report(end: ProgramEnd, timeout_ms: int) -> str:
    output = end.stdout
    head, tail = output.head.decode("utf-8", "replace"), output.tail.decode("utf-8", "replace")
    if output.cut:
        # What is left of a character at a cut is no character.
        head, tail = head.rstrip("\ufffd"), tail.lstrip("\ufffd")
        head += f"\n[... {output.cut} bytes of output not shown ...]\n"
    text = head + tail
    if text and not text.endswith("\n"):
        text += "\n"
    if end.timed_out:
        text += f"[killed with all its processes after {timeout_ms} ms]\n"
    elif end.status < 0:
        text += f"[killed by signal {-end.status}]\n"
    return f"{text}exit_code={max(end.status, -1)}"
