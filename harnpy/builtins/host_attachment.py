"""Attaching a host to a runtime, with the builtins that programs have only then."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.host_requests import call_host, emit_response, run_command
from harnpy.vm.display import display
from harnpy.vm.values import MISSING, Builtin, Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber
    from harnpy.vm.host_bridge import HostBridge
    from harnpy.vm.runtime import Runtime


def attach_host(runtime: Runtime, host: HostBridge) -> None:
    """Let programs of runtime work for host; before they are compiled, since names are looked up then."""
    runtime.host = host
    for each in _HOST_BUILTINS:
        runtime.registry.define(each)


def _ask_user(fiber: Fiber, question: Value = "", kind: Value = None) -> Value:
    arguments = {"question": display(question)}
    if kind is not None:
        arguments["type"] = display(kind)
    return call_host(fiber, "ask_user", arguments)


def _run_command(fiber: Fiber, command: Value = MISSING) -> Value:
    return run_command(fiber, [command])


def _emit_response(fiber: Fiber, text: Value = "") -> None:
    emit_response(fiber, display(text))


_HOST = frozenset({"host"})
_HOST_BUILTINS = (
    Builtin("ask_user", _ask_user, "ask_user(question: string, type?: string) -> any", _HOST, True, 0, 2, False),
    Builtin("run_command", _run_command, "run_command(command: string) -> any", _HOST | {"process"}, True, 0, 1, False),
    Builtin("emit_response", _emit_response, "emit_response(text: string) -> nil", _HOST, True, 0, 1, False),
)
