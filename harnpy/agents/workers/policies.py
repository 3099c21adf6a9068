"""What a worker may do: within what its parent may, and as plain data for its snapshot (chapter 13 section 13.15.1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from harnpy.agents import approval
from harnpy.agents.annotations import ToolAnnotations
from harnpy.agents.approval import read_approval_policy
from harnpy.agents.capability import (
    CapabilityPolicy,
    active_approval,
    active_capability,
    intersection,
    policies_pushed,
    read_capability_policy,
)
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


def requested_policy(config: dict[str, Value], carry: dict[str, Value]) -> CapabilityPolicy | None:
    """What the configuration of a worker asks for; None if it asks for nothing. Raises runtime errors."""
    explicit = carry["policy"] if "policy" in carry else config.get("policy")
    tools = carry["tools"] if "tools" in carry else config.get("tools")
    policy = None
    if explicit is not None:
        try:
            policy = read_capability_policy(explicit)
        except HarnError as error:
            raise runtime_error(f"spawn_agent: policy parse error: {error.value}") from None
    if tools is None:
        return policy
    shorthand = CapabilityPolicy(tools=_tool_names(tools))
    return shorthand if policy is None else narrowed(policy, shorthand, "spawn_agent")


def _tool_names(tools: Value) -> tuple[str, ...]:
    if type(tools) is not list or any(type(name) is not str for name in tools):
        raise runtime_error("spawn_agent: tools shorthand must be a list of strings")
    names = tuple(dict.fromkeys(name.strip(WHITE_SPACE) for name in tools if name.strip(WHITE_SPACE)))
    if not names:
        raise runtime_error("spawn_agent: tools shorthand must include at least one tool name")
    return names


def below_parent(fiber: Fiber, requested: CapabilityPolicy | None, name: str) -> CapabilityPolicy | None:
    """What a worker may do that fiber starts: no more than fiber itself. Raises the error of the builtin called name."""
    ceiling = active_capability(fiber)
    if ceiling is None or requested is None:
        return requested if ceiling is None else ceiling
    return narrowed(ceiling, requested, name)


def narrowed(ceiling: CapabilityPolicy, request: CapabilityPolicy, name: str) -> CapabilityPolicy:
    """request within ceiling. Raises the runtime error `NAME: <what exceeds it>`."""
    try:
        return intersection(ceiling, request)
    except HarnError as error:
        raise runtime_error(f"{name}: {error.message}") from None


@contextmanager
def worker_policies(fiber: Fiber, policy: CapabilityPolicy | None, approvals: Value) -> Iterator[None]:
    """Put these in force; approvals, the value of an approval policy or nil, only ever add to those around."""
    own = None if approvals is None else read_approval_policy(approvals)
    around = active_approval(fiber)
    if own is not None and around is not None:
        own = approval.intersection(around, own)
    with policies_pushed(fiber, policy, own):
        yield


# --- as data ---------------------------------------------------------------------------------------------------------


def policy_value(policy: CapabilityPolicy) -> dict[str, Value]:
    """A policy as a program would write it; constraints also say which arguments they are for."""
    return {
        "tools": list(policy.tools),
        "capabilities": {name: list(operations) for name, operations in policy.capabilities.items()},
        "side_effect_level": policy.side_effect_level,
        "workspace_roots": list(policy.workspace_roots),
        "recursion_limit": policy.recursion_limit,
        "tool_arg_constraints": [
            {
                "tool": each.tool,
                "arg_patterns": list(each.arg_patterns),
                "arg_key": each.arg_key,
                "path_params": None
                if each.path_params is None
                else {tool: list(names) for tool, names in each.path_params.items()},
            }
            for each in policy.tool_arg_constraints
        ],
        "tool_annotations": {tool: _annotations_value(each) for tool, each in policy.tool_annotations.items()},
    }


def policy_from_value(value: Value) -> CapabilityPolicy:
    """The policy that policy_value has written. Raises a thrown string for a wrong shape."""
    policy = read_capability_policy(value)
    given = value.get("tool_arg_constraints") if type(value) is dict else None
    if not given:
        return policy
    constraints = []
    for constraint, data in zip(policy.tool_arg_constraints, given, strict=True):
        params = data.get("path_params")
        known = None if type(params) is not dict else {tool: tuple(names) for tool, names in params.items()}
        constraints.append(replace(constraint, path_params=known))
    return replace(policy, tool_arg_constraints=tuple(constraints))


def _annotations_value(annotations: ToolAnnotations) -> dict[str, Value]:
    return {
        "kind": annotations.kind.value,
        "side_effect_level": annotations.level,
        "arg_schema": {
            "path_params": list(annotations.path_params),
            "arg_aliases": dict(annotations.arg_aliases),
            "required": list(annotations.required),
        },
        "capabilities": {name: list(operations) for name, operations in annotations.capabilities.items()},
    }
