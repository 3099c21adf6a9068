"""Capability policies: which tools, builtins and arguments are within a ceiling (chapter 12 section 12.8.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harnpy.agents.annotations import ToolAnnotations
from harnpy.agents.approval import ApprovalPolicy
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@dataclass(frozen=True, slots=True)
class ArgumentConstraint:
    """tool is a glob; None for arg_key means the tool's path parameters."""

    tool: str
    arg_patterns: tuple[str, ...]
    arg_key: str | None = None


@dataclass(frozen=True, slots=True)
class CapabilityPolicy:
    """Empty collections and None restrict nothing."""

    tools: tuple[str, ...] = ()
    capabilities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    side_effect_level: str | None = None
    workspace_roots: tuple[str, ...] = ()
    recursion_limit: int | None = None
    tool_arg_constraints: tuple[ArgumentConstraint, ...] = ()
    tool_annotations: Mapping[str, ToolAnnotations] = field(default_factory=dict)


class ActivePolicies:
    """The policies in force for a task, innermost last; child tasks begin with those of their parent."""

    def __init__(
        self, capability: tuple[CapabilityPolicy, ...] = (), approval: tuple[ApprovalPolicy, ...] = ()
    ) -> None:
        self.capability = capability
        self.approval = approval

    def inherit(self) -> ActivePolicies:
        """What a child task begins with."""
        return ActivePolicies(self.capability, self.approval)


def active_capability(fiber: Fiber) -> CapabilityPolicy | None:
    """The innermost capability policy of the task."""
    raise NotImplementedError


def active_approval(fiber: Fiber) -> ApprovalPolicy | None:
    """The innermost approval policy of the task."""
    raise NotImplementedError


@contextmanager
def policies_pushed(
    fiber: Fiber, capability: CapabilityPolicy | None, approval: ApprovalPolicy | None
) -> Iterator[None]:
    """Put policies in force for the body, whatever ends it; None pushes none of that sort."""
    raise NotImplementedError
    yield


def read_capability_policy(value: Value) -> CapabilityPolicy:
    """The policy that an option holds; nil is the empty one. Raises a thrown string that names a part of a wrong shape."""
    raise NotImplementedError


def intersection(ceiling: CapabilityPolicy, request: CapabilityPolicy) -> CapabilityPolicy:
    """request narrowed by ceiling. Raises the runtime errors of section 12.8.2 for what exceeds it."""
    raise NotImplementedError


def annotations_of(policy: CapabilityPolicy | None, tool: str) -> ToolAnnotations | None:
    """What policy says about a tool."""
    raise NotImplementedError


def check_tool(policy: CapabilityPolicy, tool: str) -> None:
    """Raises HarnError of category tool_rejected for a tool beyond the policy."""
    raise NotImplementedError


def check_arguments(policy: CapabilityPolicy, tool: str, arguments: Value, warn: Callable[[str], None]) -> None:
    """Raises HarnError of category tool_rejected for arguments beyond the policy's constraints."""
    raise NotImplementedError
