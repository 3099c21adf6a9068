"""What a tool call has to pass before it runs: policies, approval, hooks, required arguments (section 12.5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from harnpy.agents import approval, hooks
from harnpy.agents.annotations import ToolAnnotations, declared_paths, mutation_class
from harnpy.agents.arguments import missing_arguments, normalized
from harnpy.agents.capability import (
    CapabilityPolicy,
    active_approval,
    active_capability,
    annotations_of,
    check_arguments,
    check_tool,
)
from harnpy.agents.host import permission_asker
from harnpy.agents.loop_state import LoopSetup
from harnpy.agents.read_only_tools import effective_arguments
from harnpy.llm.deltas import ToolCall
from harnpy.llm.json_values import Json, pretty_json, to_json
from harnpy.vm.errors import HarnError
from harnpy.vm.values import Value

_PARSE_ERROR = "__parse_error"
_HINT = " Use only declared tools, under exactly their names; further fields belong inside the arguments of the call."


@dataclass(slots=True)
class CheckedCall:
    """A call with its arguments as its tool gets them. refusal is the result of one that is not to run, else None.

    paths are those that the call declares. denied: the refusal came from a policy, an approval or a hook. approval is
    what the approval policy decided, where that is worth a note: `auto_denied`, `host_denied` or `host_granted`. reason
    is the refusal as one sentence for people. repetition_key belongs to the loop detection.
    """

    call: ToolCall
    arguments: Value
    annotations: ToolAnnotations | None
    paths: list[str]
    refusal: str | None = None
    denied: bool = False
    approval: str | None = None
    reason: str = ""
    repetition_key: str | bytes | None = None
    _json: Json = None

    @property
    def name(self) -> str:
        return self.call["name"]

    @property
    def id(self) -> str:
        return self.call["id"]

    @property
    def classification(self) -> str:
        return mutation_class(self.annotations)

    @property
    def json_arguments(self) -> Json:
        """The arguments for those who watch; to be asked for when they are settled."""
        if self._json is None:
            self._json = to_json(self.arguments)
        return self._json

    def deny(self, told: str, reason: str) -> CheckedCall:
        """A policy, an approval or a hook does not allow the call; told is what the model is told of the reason."""
        self.refusal = denied_text(self.name, told)
        self.reason = reason
        self.denied = True
        return self

    def refuse(self, reason: str) -> CheckedCall:
        """The call cannot run as it is."""
        self.refusal = f"ERROR: {reason}"
        self.reason = reason
        return self


def denied_text(tool: str, reason: str) -> str:
    """What the model is told about a call that was not allowed."""
    return pretty_json({"error": "permission_denied", "tool": tool, "reason": reason})


def checked(setup: LoopSetup, call: ToolCall) -> CheckedCall:
    """The call after all checks. Asking a host may suspend the fiber."""
    policy = active_capability(setup.fiber)
    annotations = annotations_of(policy, call["name"])
    arguments = normalized(call["arguments"], annotations)
    found = CheckedCall(call, arguments, annotations, [])
    if annotations is not None:
        found.paths = declared_paths(annotations, _decisive(setup, found))
    if type(arguments) is dict and type(arguments.get(_PARSE_ERROR)) is str:
        return found.refuse(arguments[_PARSE_ERROR])
    beyond = _beyond(setup, policy, found)
    if beyond is not None:
        return found.deny(f"{beyond.text}.{_HINT}", beyond.message)
    reason = _disapproved(setup, found) or hooks.denial(setup.fiber, found.name)
    if reason is not None:
        return found.deny(reason, reason)
    missing = missing_arguments(setup.tools.schema(found.name), found.arguments)
    return found if missing is None else found.refuse(missing)


def _beyond(setup: LoopSetup, policy: CapabilityPolicy | None, found: CheckedCall) -> HarnError | None:
    if policy is None:
        return None
    try:
        check_tool(policy, found.name)
        check_arguments(policy, found.name, _decisive(setup, found), setup.context.warn)
    except HarnError as error:
        return error
    return None


def _disapproved(setup: LoopSetup, found: CheckedCall) -> str | None:
    policy = active_approval(setup.fiber)
    if policy is None:
        return None
    host = setup.host
    ask = None if host is None else permission_asker(setup.fiber, host, found.id)
    decision = approval.decide(policy, found.name, found.arguments, found.paths, ask)
    if decision.status != "approved":
        found.approval = decision.status
    if decision.denied:
        return decision.reason
    if decision.arguments is not None:
        found.arguments = decision.arguments
        found.paths = declared_paths(found.annotations, _decisive(setup, found))
    return None


def _decisive(setup: LoopSetup, found: CheckedCall) -> Value:
    """The arguments that policies decide about."""
    if setup.tools.handled(found.name) is not None:
        return found.arguments
    return effective_arguments(found.name, found.arguments)
