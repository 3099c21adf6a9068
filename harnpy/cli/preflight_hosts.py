"""Which host operations a program may name: the built-in table, and the rules by which a project silences the check."""

from __future__ import annotations

from harnpy.cli.manifest import Capabilities

_TABLE = {
    "workspace": "apply_edit delete exists file_exists list project_root read_text roots write_text",
    "process": "exec",
    "template": "render",
    "interaction": "ask",
    "runtime": "approved_plan dry_run pipeline_input record_run set_result task",
    "project": "agent_instructions code_patterns compute_content_hash ide_context lessons mcp_config metadata_get "
    "metadata_refresh_hashes metadata_save metadata_set metadata_stale scan scope_test_command test_commands",
    "session": "active_roots changed_paths preread_get preread_read_many",
    "editor": "get_active_file get_selection get_visible_files",
    "diagnostics": "get_causal_traces get_errors",
    "git": "get_branch get_diff",
    "learning": "get_learned_rules report_correction",
}
BUILT_IN: Capabilities = {name: frozenset(operations.split()) for name, operations in _TABLE.items()}


def is_known(capability: str, operation: str, known: Capabilities) -> bool:
    """Whether the operation is declared somewhere."""
    return operation in known.get(capability, ())


def is_silenced(capability: str, operation: str, allow: tuple[str, ...]) -> bool:
    """Whether `preflight_allow` covers the operation: `cap.op`, `cap.*`, `cap` or `*`."""
    return not {"*", capability, f"{capability}.*", f"{capability}.{operation}"}.isdisjoint(allow)
