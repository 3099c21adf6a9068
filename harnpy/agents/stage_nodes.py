"""Nodes: what one stage of work is to do, with which model, tools and policies (chapter 13 section 13.1.2)."""

from __future__ import annotations

from harnpy.agents.artifacts import CONTEXT_POLICY
from harnpy.agents.capability import read_capability_policy
from harnpy.agents.records import (
    ANYTHING,
    COUNT,
    DICT,
    LIST,
    OPTIONAL_COUNT,
    OPTIONAL_INTEGER,
    OPTIONAL_NUMBER,
    OPTIONAL_TEXT,
    TEXT_DICT,
    TEXTS,
    Mismatch,
    Table,
    converted,
    flag,
    mismatch_error,
    nested,
    optional,
    records,
    text,
)
from harnpy.vm.errors import HarnError
from harnpy.vm.values import Value

APPROVAL_POLICY: Table = {
    "auto_approve": TEXTS,
    "auto_deny": TEXTS,
    "require_approval": TEXTS,
    "write_path_allowlist": TEXTS,
}
_CONSTRAINT: Table = {"tool": text(), "arg_patterns": TEXTS, "arg_key": OPTIONAL_TEXT}
CAPABILITY_POLICY: Table = {
    "tools": TEXTS,
    "capabilities": DICT,
    "side_effect_level": OPTIONAL_TEXT,
    "workspace_roots": TEXTS,
    "recursion_limit": OPTIONAL_COUNT,
    "tool_arg_constraints": records(_CONSTRAINT),
    "tool_annotations": DICT,
}
_TURN_POLICY: Table = {
    "require_action_or_yield": flag(),
    "allow_done_sentinel": flag(True),
    "max_prose_chars": OPTIONAL_COUNT,
}
_MODEL_POLICY: Table = {
    "provider": OPTIONAL_TEXT,
    "model": OPTIONAL_TEXT,
    "model_tier": OPTIONAL_TEXT,
    "temperature": OPTIONAL_NUMBER,
    "max_tokens": OPTIONAL_INTEGER,
    "max_iterations": OPTIONAL_COUNT,
    "max_nudges": OPTIONAL_COUNT,
    "nudge": OPTIONAL_TEXT,
    "tool_examples": OPTIONAL_TEXT,
    "stop_after_successful_tools": optional(TEXTS),
    "require_successful_tools": optional(TEXTS),
    "turn_policy": optional(nested(_TURN_POLICY)),
}
_AUTO_COMPACT: Table = {
    "enabled": flag(),
    "token_threshold": OPTIONAL_COUNT,
    "tool_output_max_chars": OPTIONAL_COUNT,
    "compact_strategy": OPTIONAL_TEXT,
    "hard_limit_tokens": OPTIONAL_COUNT,
    "hard_limit_strategy": OPTIONAL_TEXT,
}
_CONTRACT: Table = {
    "input_kinds": TEXTS,
    "output_kinds": TEXTS,
    "min_inputs": OPTIONAL_COUNT,
    "max_inputs": OPTIONAL_COUNT,
    "require_transcript": flag(),
    "schema": ANYTHING,
}
_BRANCHES = (
    *("success", "failure", "verify_pass", "verify_fail", "condition_true", "condition_false"),
    *("loop_continue", "loop_exit", "escalation"),
)
NODE: Table = {
    "id": OPTIONAL_TEXT,
    "kind": text(),
    "mode": OPTIONAL_TEXT,
    "prompt": OPTIONAL_TEXT,
    "system": OPTIONAL_TEXT,
    "task_label": OPTIONAL_TEXT,
    "done_sentinel": OPTIONAL_TEXT,
    "exit_when_verified": flag(),
    "tools": ANYTHING,
    "model_policy": nested(_MODEL_POLICY),
    "auto_compact": nested(_AUTO_COMPACT),
    "output_visibility": OPTIONAL_TEXT,
    "context_policy": nested(CONTEXT_POLICY),
    "retry_policy": nested(
        {
            "max_attempts": COUNT,
            "verify": flag(),
            "repair": flag(),
            "backoff_ms": OPTIONAL_COUNT,
            "backoff_multiplier": OPTIONAL_NUMBER,
        }
    ),
    "capability_policy": nested(CAPABILITY_POLICY),
    "approval_policy": nested(APPROVAL_POLICY),
    "input_contract": nested(_CONTRACT),
    "output_contract": nested(_CONTRACT),
    "branch_semantics": nested(dict.fromkeys(_BRANCHES, OPTIONAL_TEXT)),
    "map_policy": nested(
        {
            "items": LIST,
            "item_artifact_kind": OPTIONAL_TEXT,
            "output_kind": OPTIONAL_TEXT,
            "max_items": OPTIONAL_COUNT,
            "max_concurrent": OPTIONAL_COUNT,
        }
    ),
    "join_policy": nested({"strategy": text(), "require_all_inputs": flag(), "min_completed": OPTIONAL_COUNT}),
    "reduce_policy": nested({"strategy": text(), "separator": OPTIONAL_TEXT, "output_kind": OPTIONAL_TEXT}),
    "escalation_policy": nested({"level": OPTIONAL_TEXT, "queue": OPTIONAL_TEXT, "reason": OPTIONAL_TEXT}),
    "verify": ANYTHING,
    "metadata": DICT,
}
MUTATION_SESSION: Table = {
    "session_id": text(),
    "parent_session_id": OPTIONAL_TEXT,
    "run_id": OPTIONAL_TEXT,
    "worker_id": OPTIONAL_TEXT,
    "execution_kind": OPTIONAL_TEXT,
    "mutation_scope": text(),
    "approval_policy": optional(nested(APPROVAL_POLICY)),
}
PROFILE: Table = {
    "cwd": OPTIONAL_TEXT,
    "env": TEXT_DICT,
    "worktree": optional(
        nested(
            {
                "repo": text(),
                "path": OPTIONAL_TEXT,
                "branch": OPTIONAL_TEXT,
                "base_ref": OPTIONAL_TEXT,
                "cleanup": OPTIONAL_TEXT,
            }
        )
    ),
}

# What of a node is no data of the record, and what the program has passed is kept of: closures and the like.
_KEPT = {
    "model_policy": ("session_id", "task_ledger", "post_turn_callback"),
    "auto_compact": ("compress_callback", "mask_callback", "custom_compactor"),
}


def read_node(value: Value, label: str) -> dict[str, Value]:
    """A whole node; tools and callbacks in it are those of value. Raises runtime errors for a wrong shape."""
    node = converted(NODE, value, label)
    _check_policy(node, value, label)
    for key, names in _KEPT.items():
        given = value.get(key)
        if type(given) is dict:
            node[key] |= {name: given[name] for name in names if given.get(name) is not None}
    return node


def restored_node(value: Value, label: str) -> dict[str, Value]:
    """A node from its JSON form, where the texts that stand for closures mean nothing. Raises as read_node does."""
    node = read_node(value, label)
    node["model_policy"].pop("post_turn_callback", None)
    for name in _KEPT["auto_compact"]:
        node["auto_compact"].pop(name, None)
    node["tools"] = _without_handlers(node["tools"])
    return node


def _without_handlers(tools: Value) -> Value:
    if type(tools) is list:
        return [_without_handlers(entry) for entry in tools]
    if type(tools) is not dict:
        return tools
    if type(tools.get("tools")) is list:
        return {**tools, "tools": _without_handlers(tools["tools"])}
    return {key: value for key, value in tools.items() if key != "handler"}


def _check_policy(node: dict[str, Value], value: Value, label: str) -> None:
    try:
        read_capability_policy(node["capability_policy"], "capability_policy")
    except HarnError as error:
        place, _, rest = str(error.value).partition(" must ")
        raise mismatch_error(Mismatch(place, f"must {rest}"), value, label) from None
