"""What builtins need of a capability policy (the table of chapter 12 section 12.8.2): one row for each builtin.

Builtins of later versions are in it, so that they obey from their first day. A builtin has to declare effects to be
checked at all, see `call_builtin`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.vm.display import display
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.agents.capability import CapabilityPolicy


@dataclass(frozen=True, slots=True)
class Need:
    """A capability with its operation, and a level of side effects; None for none. ceiling is what messages call it."""

    ceiling: str
    capability: tuple[str, str] | None = None
    level: str | None = None


def _workspace(operation: str, level: str | None = None) -> Need:
    return Need(f"workspace.{operation}", ("workspace", operation), level)


_READ = _workspace("read_text")
_LIST = _workspace("list")
_EXISTS = _workspace("exists")
_WRITE = Need("workspace write", ("workspace", "write_text"), "workspace_write")
_PROCESS = Need("process.exec", ("process", "exec"), "process_exec")
_NETWORK = Need("network", None, "network")

NEEDS = {
    "read_file": _READ,
    "read_file_result": _READ,
    "render": _READ,
    "render_prompt": _READ,
    "list_dir": _LIST,
    "scan_directory": _LIST,
    "file_exists": _EXISTS,
    "stat": _EXISTS,
    "write_file": _WRITE,
    "append_file": _WRITE,
    "mkdir": _WRITE,
    "copy_file": _WRITE,
    "delete_file": _workspace("delete", "workspace_write"),
    "apply_edit": _workspace("apply_edit", "workspace_write"),
    "exec": _PROCESS,
    "exec_at": _PROCESS,
    "exec_with": _PROCESS,
    "run_command": _PROCESS,
    "shell": _PROCESS,
    "shell_at": _PROCESS,
    "mcp_connect": _PROCESS,
    "mcp_call": _PROCESS,
    "mcp_list_tools": _PROCESS,
    "mcp_list_resources": _PROCESS,
    "mcp_list_resource_templates": _PROCESS,
    "mcp_read_resource": _PROCESS,
    "mcp_list_prompts": _PROCESS,
    "mcp_get_prompt": _PROCESS,
    "mcp_server_info": _PROCESS,
    "mcp_disconnect": _PROCESS,
    "http_get": _NETWORK,
    "http_post": _NETWORK,
    "http_put": _NETWORK,
    "http_patch": _NETWORK,
    "http_delete": _NETWORK,
    "http_request": _NETWORK,
    # The handlers of the workspace tools.
    "workspace_read": _READ,
    "workspace_list": _LIST,
    "workspace_search": _READ,
    "workspace_edit": _WRITE,
    "workspace_write": _WRITE,
    "workspace_run": _PROCESS,
}

# Levels of what `host_call` names; read_only for the others.
_HOST_LEVELS = {
    "workspace.write_text": "workspace_write",
    "workspace.apply_edit": "workspace_write",
    "workspace.delete": "workspace_write",
    "process.exec": "process_exec",
}


def beyond(policy: CapabilityPolicy, name: str, args: Sequence[Value]) -> str | None:
    """Why policy does not admit a call of the builtin called name; None if it does."""
    if name == "host_call":
        return _host_call_beyond(policy, display(args[0]) if args else "")
    for need in _needs_of(name, args):
        if (need.capability is not None and not policy.admits(*need.capability)) or (
            need.level is not None and not policy.admits_level(need.level)
        ):
            return f"builtin '{name}' exceeds {need.ceiling} ceiling"
    return None


def _needs_of(name: str, args: Sequence[Value]) -> list[Need]:
    need = NEEDS.get(name)
    if need is None:
        return []
    if need is not _NETWORK:
        return [need]
    from harnpy.builtins.http_options import reads_files, writes_file  # most policies never see such a call

    # What reads and writes files does so under whatever name.
    return [need, *([_WRITE] if writes_file(name, args) else []), *([_READ] if reads_files(name, args) else [])]


def _host_call_beyond(policy: CapabilityPolicy, operation: str) -> str | None:
    capability, _, rest = operation.partition(".")
    if not capability or not rest:
        return f"host_call '{operation}' must use capability.operation naming"
    if not policy.admits(capability, rest):
        return f"host_call {operation} exceeds capability ceiling"
    if not policy.admits_level(_HOST_LEVELS.get(operation, "read_only")):
        return f"host_call {operation} exceeds side-effect ceiling"
    return None
