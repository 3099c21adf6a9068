"""Policies as options hold them: defaults, unknown keys, and errors that name a part of a wrong shape."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harnpy.agents.annotations import ToolAnnotations, ToolKind, declared_paths, mutation_class
from harnpy.agents.approval import ApprovalPolicy, read_approval_policy
from harnpy.agents.capability import ArgumentConstraint, CapabilityPolicy, read_capability_policy
from harnpy.agents.turn_policy import TurnPolicy, read_turn_policy
from harnpy.vm.errors import HarnError, Origin
from harnpy.vm.values import Value


@pytest.mark.parametrize("value", [None, {}, {"unknown": 1, "tools": None}])
def test_nothing_said_restricts_nothing(value: Value) -> None:
    assert read_capability_policy(value) == CapabilityPolicy()
    assert read_approval_policy(value) == ApprovalPolicy()
    assert read_turn_policy(value) == TurnPolicy(False, True, None)


def test_every_part_of_a_capability_policy_is_read() -> None:
    found = read_capability_policy(
        {
            "tools": ["edit"],
            "capabilities": {"workspace": ["list", "read_text"], "process": []},
            "side_effect_level": "read_only",
            "workspace_roots": ["/w"],
            "recursion_limit": 3,
            "tool_arg_constraints": [{"tool": "ed*", "arg_patterns": ["src/*"]}, {"tool": "x", "arg_key": "k"}],
            "tool_annotations": {
                "edit": {
                    "kind": "edit",
                    "side_effect_level": "workspace_write",
                    "arg_schema": {"path_params": ["path"], "arg_aliases": {"file": "path"}, "required": ["path"]},
                    "capabilities": {"workspace": ["write_text"]},
                },
                "plain": {},
            },
        }
    )
    assert found == CapabilityPolicy(
        tools=("edit",),
        capabilities={"process": (), "workspace": ("list", "read_text")},
        side_effect_level="read_only",
        workspace_roots=("/w",),
        recursion_limit=3,
        tool_arg_constraints=(ArgumentConstraint("ed*", ("src/*",)), ArgumentConstraint("x", (), "k")),
        tool_annotations={
            "edit": ToolAnnotations(
                ToolKind.EDIT,
                "workspace_write",
                ("path",),
                {"file": "path"},
                ("path",),
                {"workspace": ("write_text",)},
            ),
            "plain": ToolAnnotations(),
        },
    )


def test_an_empty_allowlist_that_a_program_writes_restricts_nothing() -> None:
    assert read_approval_policy({"write_path_allowlist": []}).write_path_allowlist is None
    assert read_approval_policy({"write_path_allowlist": ["a*"]}).write_path_allowlist == ("a*",)


KINDS = "read, edit, delete, move, search, execute, think, fetch, other"


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (read_capability_policy, 5, "policy must be a dict, got int"),
        (read_capability_policy, [], "policy must be a dict, got list"),
        (read_capability_policy, {"tools": 5}, "policy.tools must be a list of strings, got int"),
        (read_capability_policy, {"tools": "edit"}, "policy.tools must be a list of strings, got string"),
        (read_capability_policy, {"tools": ["a", 1.5]}, "policy.tools[1] must be a string, got float"),
        (read_capability_policy, {"capabilities": ["a"]}, "policy.capabilities must be a dict, got list"),
        (
            read_capability_policy,
            {"capabilities": {"workspace": "list"}},
            "policy.capabilities.workspace must be a list of strings, got string",
        ),
        (read_capability_policy, {"side_effect_level": 1}, "policy.side_effect_level must be a string, got int"),
        (read_capability_policy, {"recursion_limit": "8"}, "policy.recursion_limit must be an int, got string"),
        (read_capability_policy, {"recursion_limit": True}, "policy.recursion_limit must be an int, got bool"),
        (read_capability_policy, {"recursion_limit": -1}, "policy.recursion_limit must not be negative, got -1"),
        (
            read_capability_policy,
            {"tool_arg_constraints": {}},
            "policy.tool_arg_constraints must be a list of dicts, got dict",
        ),
        (
            read_capability_policy,
            {"tool_arg_constraints": [{"tool": "a"}, None]},
            "policy.tool_arg_constraints[1] must be a dict, got nil",
        ),
        (
            read_capability_policy,
            {"tool_arg_constraints": [{"arg_patterns": ["*"]}]},
            "policy.tool_arg_constraints[0].tool must be a string, got nil",
        ),
        (
            read_capability_policy,
            {"tool_annotations": {"edit": "edit"}},
            "policy.tool_annotations.edit must be a dict, got string",
        ),
        (
            read_capability_policy,
            {"tool_annotations": {"edit": {"kind": "Edit"}}},
            f'policy.tool_annotations.edit.kind must be one of {KINDS}, got "Edit"',
        ),
        (
            read_capability_policy,
            {"tool_annotations": {"edit": {"side_effect_level": "high"}}},
            "policy.tool_annotations.edit.side_effect_level must be one of none, read_only, workspace_write, "
            'process_exec, network, got "high"',
        ),
        (
            read_capability_policy,
            {"tool_annotations": {"edit": {"arg_schema": {"arg_aliases": {"a": 1}}}}},
            "policy.tool_annotations.edit.arg_schema.arg_aliases.a must be a string, got int",
        ),
        (read_approval_policy, "x", "approval_policy must be a dict, got string"),
        (read_approval_policy, {"auto_deny": "rm"}, "approval_policy.auto_deny must be a list of strings, got string"),
        (read_turn_policy, True, "turn_policy must be a dict, got bool"),
        (
            read_turn_policy,
            {"require_action_or_yield": "yes"},
            "turn_policy.require_action_or_yield must be a bool, got string",
        ),
        (read_turn_policy, {"allow_done_sentinel": 0}, "turn_policy.allow_done_sentinel must be a bool, got int"),
        (read_turn_policy, {"max_prose_chars": -5}, "turn_policy.max_prose_chars must not be negative, got -5"),
        (read_turn_policy, {"max_prose_chars": 1.0}, "turn_policy.max_prose_chars must be an int, got float"),
    ],
)
def test_a_wrong_shape_is_a_thrown_string(read: Callable[[Value], object], value: Value, message: str) -> None:
    with pytest.raises(HarnError) as caught:
        read(value)
    assert caught.value.origin is Origin.THROWN
    assert caught.value.caught == message


def test_kinds_tell_what_a_tool_may_do() -> None:
    classes = {kind.value: kind.mutation_class for kind in ToolKind}
    assert classes == {
        "read": "read_only",
        "search": "read_only",
        "think": "read_only",
        "fetch": "read_only",
        "edit": "workspace_write",
        "delete": "destructive",
        "move": "destructive",
        "execute": "ambient_side_effect",
        "other": "other",
    }
    assert {kind.value for kind in ToolKind if kind.read_only} == {"read", "search", "think", "fetch"}
    assert mutation_class(None) == "other"
    assert mutation_class(ToolAnnotations(ToolKind.MOVE)) == "destructive"


def test_declared_paths_are_sorted_and_unique() -> None:
    annotations = ToolAnnotations(path_params=("from", "to", "absent", "number"))
    arguments: Value = {"from": "b", "to": "a", "number": 5, "paths": ["c", "a", "", 7, None], "other": "z"}
    assert declared_paths(annotations, arguments) == ["a", "b", "c"]
    assert declared_paths(annotations, {"from": ""}) == []
    assert declared_paths(annotations, "text") == []
    assert declared_paths(None, arguments) == []
