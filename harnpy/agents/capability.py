"""Capability policies: which tools, builtins and arguments are within a ceiling (chapter 12 section 12.8.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harnpy.agents.annotations import LEVELS, ToolAnnotations, read_annotations
from harnpy.agents.approval import ApprovalPolicy
from harnpy.agents.builtin_ceilings import beyond
from harnpy.agents.globs import matches
from harnpy.agents.path_scopes import admits
from harnpy.agents.policy_reader import PolicyReader
from harnpy.llm.tagged import quoted
from harnpy.vm.errors import Category, HarnError, categorized_error, runtime_error
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@dataclass(frozen=True, slots=True)
class ArgumentConstraint:
    """tool is a glob; None for arg_key means the tool's path parameters.

    path_params, by tool, are those of the policy that the constraint comes from, where another one has narrowed it;
    None for those of the policy that holds it.
    """

    tool: str
    arg_patterns: tuple[str, ...]
    arg_key: str | None = None
    path_params: Mapping[str, tuple[str, ...]] | None = None


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

    def admits(self, capability: str, operation: str) -> bool:
        """Whether an operation of a capability is within the policy; no operations stand for all."""
        if not self.capabilities:
            return True
        operations = self.capabilities.get(capability)
        return operations is not None and (not operations or operation in operations)

    def admits_level(self, level: str) -> bool:
        """Whether side effects of a level are within the policy."""
        return self.side_effect_level is None or _rank(level) <= _rank(self.side_effect_level)


def _rank(level: str) -> int:
    """Levels that nobody knows are above all others."""
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


# --- in force --------------------------------------------------------------------------------------------------------


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
    policies = fiber.task.get(ActivePolicies).capability
    return policies[-1] if policies else None


def active_approval(fiber: Fiber) -> ApprovalPolicy | None:
    """The innermost approval policy of the task."""
    policies = fiber.task.get(ActivePolicies).approval
    return policies[-1] if policies else None


@contextmanager
def policies_pushed(
    fiber: Fiber, capability: CapabilityPolicy | None, approval: ApprovalPolicy | None
) -> Iterator[None]:
    """Put policies in force for the body, whatever ends it; None pushes none of that sort."""
    active = fiber.task.get(ActivePolicies)
    before = active.capability, active.approval
    if capability is not None:
        active.capability = (*active.capability, capability)
        fiber.runtime.gate = check_builtin  # for good: tasks that inherit the policy may outlive the body
    if approval is not None:
        active.approval = (*active.approval, approval)
    try:
        yield
    finally:
        active.capability, active.approval = before


def check_builtin(fiber: Fiber, name: str, args: Sequence[Value]) -> None:
    """Raises HarnError of category tool_rejected for a call of a builtin beyond the policy of the task."""
    policy = active_capability(fiber)
    reason = beyond(policy, name, args) if policy is not None else None
    if reason is not None:
        raise _rejected(reason)


# --- reading and narrowing -------------------------------------------------------------------------------------------


def read_capability_policy(value: Value, option: str = "policy") -> CapabilityPolicy:
    """The policy that an option holds; nil is the empty one. Raises a thrown string that names a part of a wrong shape."""
    reader = PolicyReader(option, value)
    annotations = reader.part("tool_annotations")
    return CapabilityPolicy(
        tools=reader.texts("tools"),
        capabilities=reader.text_lists("capabilities"),
        side_effect_level=reader.text("side_effect_level"),
        workspace_roots=reader.texts("workspace_roots"),
        recursion_limit=reader.count("recursion_limit"),
        tool_arg_constraints=tuple(
            ArgumentConstraint(
                constraint.required_text("tool"), constraint.texts("arg_patterns"), constraint.text("arg_key")
            )
            for constraint in reader.part_list("tool_arg_constraints")
        ),
        tool_annotations={tool: read_annotations(annotations.part(tool)) for tool in annotations.names},
    )


def intersection(ceiling: CapabilityPolicy, request: CapabilityPolicy) -> CapabilityPolicy:
    """request narrowed by ceiling. Raises the runtime errors of section 12.8.2 for what exceeds it."""
    tools = _common_tools(ceiling.tools, request.tools)
    levels = [each for each in (ceiling.side_effect_level, request.side_effect_level) if each is not None]
    limits = [each for each in (ceiling.recursion_limit, request.recursion_limit) if each is not None]
    annotations = {**ceiling.tool_annotations, **request.tool_annotations}
    return CapabilityPolicy(
        tools=tools,
        capabilities=_common_capabilities(ceiling.capabilities, request.capabilities),
        side_effect_level=min(levels, key=_rank, default=None),
        workspace_roots=_narrowed(ceiling.workspace_roots, request.workspace_roots),
        recursion_limit=min(limits, default=None),
        tool_arg_constraints=(*_bound(ceiling), *_bound(request)),
        tool_annotations={tool: annotations[tool] for tool in tools if tool in annotations},
    )


def _narrowed(ceiling: tuple[str, ...], request: tuple[str, ...]) -> tuple[str, ...]:
    """The requested ones within a ceiling; an empty side restricts nothing."""
    if not ceiling or not request:
        return request or ceiling
    return tuple(each for each in request if each in ceiling)


def _common_tools(ceiling: tuple[str, ...], request: tuple[str, ...]) -> tuple[str, ...]:
    beyond_ceiling = [tool for tool in request if ceiling and tool not in ceiling]
    if beyond_ceiling:
        raise runtime_error(f"requested tools exceed host ceiling: {', '.join(beyond_ceiling)}")
    return _narrowed(ceiling, request)


def _common_capabilities(
    ceiling: Mapping[str, tuple[str, ...]], request: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    if not ceiling or not request:
        return request or ceiling
    common = {}
    for capability, operations in sorted(request.items()):
        admitted_operations = ceiling.get(capability)
        if admitted_operations is None:
            raise runtime_error(f"requested capability exceeds host ceiling: {capability}")
        more = [each for each in operations if admitted_operations and each not in admitted_operations]
        if more:
            raise runtime_error(f"requested capability operations exceed host ceiling: {capability}.{','.join(more)}")
        common[capability] = _narrowed(admitted_operations, operations)
    return common


def _bound(policy: CapabilityPolicy) -> Iterator[ArgumentConstraint]:
    """The constraints of a policy, each knowing its path parameters: the annotations of the result may be others."""
    path_params = {tool: annotations.path_params for tool, annotations in policy.tool_annotations.items()}
    for constraint in policy.tool_arg_constraints:
        yield constraint if constraint.path_params is not None else replace(constraint, path_params=path_params)


# --- checks of tool calls --------------------------------------------------------------------------------------------


def annotations_of(policy: CapabilityPolicy | None, tool: str) -> ToolAnnotations | None:
    """What policy says about a tool."""
    return policy.tool_annotations.get(tool) if policy is not None else None


def check_tool(policy: CapabilityPolicy, tool: str) -> None:
    """Raises HarnError of category tool_rejected for a tool beyond the policy."""
    if policy.tools and tool not in policy.tools:
        raise _rejected(f"tool '{tool}' exceeds tool ceiling")
    annotations = annotations_of(policy, tool)
    if annotations is None:
        return
    for capability, operations in annotations.capabilities.items():
        for operation in operations:
            if not policy.admits(capability, operation):
                raise _rejected(f"tool '{tool}' exceeds capability ceiling: {capability}.{operation}")
    if annotations.level != LEVELS[0] and not policy.admits_level(annotations.level):
        raise _rejected(f"tool '{tool}' exceeds side-effect ceiling: {annotations.level}")


def check_arguments(policy: CapabilityPolicy, tool: str, arguments: Value, warn: Callable[[str], None]) -> None:
    """Raises HarnError of category tool_rejected for arguments beyond the policy's constraints.

    warn is told of constraints that do not say which argument they are for.
    """
    annotations = annotations_of(policy, tool)
    for constraint in policy.tool_arg_constraints:
        if not constraint.arg_patterns or not matches(constraint.tool, tool):
            continue
        path_params = annotations.path_params if annotations is not None else ()
        if constraint.path_params is not None:
            path_params = constraint.path_params.get(tool, ())
        candidates = path_params if constraint.arg_key is None else (constraint.arg_key,)
        if not candidates:
            warn(
                f"the constraint on '{constraint.tool}' says nothing about tool '{tool}': it has no arg_key, and the "
                "tool no path parameters"
            )
            continue
        for key, texts in _constrained(candidates, arguments):
            for text in texts:
                _check_text(constraint, tool, key, text, is_path=key in path_params)


def _constrained(candidates: Sequence[str], arguments: Value) -> list[tuple[str, list[str]]]:
    """The argument that a constraint is for, at most one, and the texts in it: itself, or all those of a list."""
    if type(arguments) is str:
        return [("value", [arguments])]
    if type(arguments) is not dict:
        return []
    for key in candidates:
        value = arguments.get(key)
        if type(value) is str:
            return [(key, [value])]
    # A list in place of one text must not be the way around the patterns.
    for key in candidates:
        value = arguments.get(key)
        if type(value) is list and any(type(each) is str for each in value):
            return [(key, [each for each in value if type(each) is str])]
    return []


def _check_text(constraint: ArgumentConstraint, tool: str, key: str, text: str, is_path: bool) -> None:
    patterns = constraint.arg_patterns
    is_path = is_path or _names_path(key)
    if any(admits(each, text) if is_path or "/" in each else matches(each, text) for each in patterns):
        return
    listed = ", ".join(quoted(pattern, len(pattern)) for pattern in patterns)
    raise _rejected(
        f"tool '{tool}' {key} '{text}' does not match allowed patterns: [{listed}]. "
        f"The patterns are for the argument {key} alone, whatever the other arguments hold"
    )


def _names_path(key: str) -> bool:
    """Whether an argument that nobody has declared as a path is one by its name."""
    return key.lower().endswith(("path", "file", "filename", "dir", "directory", "folder"))


def _rejected(reason: str) -> HarnError:
    return categorized_error(Category.TOOL_REJECTED, reason)
