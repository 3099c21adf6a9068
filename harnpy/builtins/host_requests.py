"""Requests to a host, for those builtins that a host does in the runtime's stead (chapter 14 section 14.5.8)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.child_processes import context_directory, outcome, run_words
from harnpy.builtins.json_form import to_json
from harnpy.vm.display import display
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.errors import thrown
from harnpy.vm.values import MISSING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from harnpy.vm.fiber import Fiber
    from harnpy.vm.host_bridge import HostBridge


def call_host(fiber: Fiber, name: str, arguments: Value) -> Value:
    """The result of a host operation. Raises the host's errors."""
    return fiber.effect(ask, _host(fiber), fiber, name, to_json(arguments))


def host_manifest(fiber: Fiber) -> dict[str, Value]:
    """What the host offers: capability -> dict, whose `ops` lists its operations if it is there."""
    answer = fiber.effect(ask_capabilities, _host(fiber), fiber)
    if not isinstance(answer, dict):
        return {}
    offered = {name: {"ops": offer} if isinstance(offer, list) else offer for name, offer in answer.items()}
    return {name: offer for name, offer in offered.items() if isinstance(offer, dict)}


def run_command(fiber: Fiber, words: Sequence[Value]) -> Value:
    """Run a command in a terminal of the host, or here if it has none.

    What the host answers, completed: `combined` is `stdout` and `stderr`, `status` what it calls the exit code, else -1,
    `success` whether that is 0. An answer that is no dict is given as it is.
    """
    texts = [display(word) for word in words if word is not MISSING]
    if not texts or not texts[0]:
        raise thrown("exec: command is required")
    ran, answer = fiber.effect(ask_terminal, _host(fiber), fiber, texts[0], texts[1:])
    if not ran:
        return _run_here(fiber, texts)
    if not isinstance(answer, dict):
        return answer
    code = next((answer[key] for key in ("status", "exit_code", "exitCode") if type(answer.get(key)) is int), -1)
    stdout, stderr = answer.get("stdout"), answer.get("stderr")
    return {
        "combined": display("" if stdout is None else stdout) + display("" if stderr is None else stderr),
        "status": code,
        "success": code == 0,
        **answer,
    }


def emit_response(fiber: Fiber, text: str) -> None:
    """Show a piece of the program's answer to the user of the host."""
    fiber.effect(show, _host(fiber), fiber, text)


@operation("host", Repeat.COMMITTED)
def ask(host: HostBridge, fiber: Fiber, name: str, arguments: Any) -> Any:
    """See HostBridge.call."""
    return host.call(fiber, name, arguments)


@operation("host", Repeat.PURE)
def ask_capabilities(host: HostBridge, fiber: Fiber) -> Any:
    """See HostBridge.capabilities."""
    return host.capabilities(fiber)


@operation("host", Repeat.COMMITTED)
def ask_terminal(host: HostBridge, fiber: Fiber, command: str, arguments: list[str]) -> tuple[bool, Any]:
    """See HostBridge.run_command."""
    return host.run_command(fiber, command, arguments)


@operation("host", Repeat.COMMITTED)
def show(host: HostBridge, fiber: Fiber, text: str) -> None:
    """See HostBridge.emit_response."""
    host.emit_response(fiber, text)


def _host(fiber: Fiber) -> HostBridge:
    host = fiber.runtime.host
    assert host is not None
    return host


def _run_here(fiber: Fiber, texts: Sequence[str]) -> dict[str, Value]:
    """The command is a script for the shell; further arguments are quoted for it."""
    import shlex

    from harnpy.vm.child_processes import RunOptions, shell_words

    words = shell_words(" ".join([texts[0], *map(shlex.quote, texts[1:])]))
    end = run_words(fiber, "exec failed", words, context_directory(fiber), RunOptions(combines=True))
    return {**outcome(end), "combined": end.combined.text}
