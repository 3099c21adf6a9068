"""Host operations that the runtime itself offers where there is no host (chapter 07 section 15)."""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins.arguments import milliseconds_or
from harnpy.builtins.child_processes import outcome, run_login_script
from harnpy.builtins.environment import variable
from harnpy.builtins.file_access import source_directory
from harnpy.builtins.prompting import prompt_user
from harnpy.builtins.templates import rendered
from harnpy.vm.child_processes import RunOptions
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

# What `host_capabilities` tells: capability -> its description, and that of each operation.
LISTED = {
    "process": ("Process execution.", {"exec": "Execute a shell command."}),
    "template": ("Template rendering.", {"render": "Render a template file."}),
    "interaction": ("User interaction.", {"ask": "Ask the user a question."}),
}


def perform(fiber: Fiber, capability: str, operation: str, params: dict[str, Value]) -> Value:
    """The result of a built-in operation. Throws for one that does not exist and for a required parameter that is missing."""
    match f"{capability}.{operation}":
        case "process.exec":
            return _exec(fiber, params)
        case "template.render":
            path = posixpath.join(source_directory(fiber), _required(params, "path"))
            failure = f"host_call template.render: failed to read template {path}"
            return rendered(fiber, path, params.get("bindings"), failure)
        case "interaction.ask":
            return prompt_user(fiber, _required(params, "question"))
        case "runtime.task":
            return variable(fiber, "HARN_TASK") or ""
        case "runtime.set_result":
            return None
    raise thrown(f"host_call: unsupported operation {capability}.{operation}")


def _exec(fiber: Fiber, params: dict[str, Value]) -> dict[str, Value]:
    """`{stdout, stderr, combined, status, success}`, and `timed_out` if it was killed because its time was over."""
    command = _required(params, "command")
    options = RunOptions(timeout_ms=_milliseconds(params.get("timeout")))
    end = run_login_script(fiber, "host_call process.exec", command, options)
    result = {**outcome(end), "combined": end.stdout.text + end.stderr.text}
    return {**result, "timed_out": True} if end.timed_out else result


def _required(params: dict[str, Value], key: str) -> str:
    value = params.get(key)
    text = "" if value is None else display(value)
    if not text:
        raise thrown(f"host_call: missing required parameter '{key}'")
    return text


def _milliseconds(value: Value) -> int | None:
    """The time limit of a command; None unless it is one."""
    ms = milliseconds_or(value, 0)
    return ms if ms > 0 else None
