"""Approval policies: which calls go ahead, are refused, or need somebody's consent (chapter 12 section 12.8.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harnpy.agents.globs import first_match
from harnpy.agents.path_scopes import admitted
from harnpy.agents.policy_reader import PolicyReader
from harnpy.vm.errors import HarnError
from harnpy.vm.values import Value


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Lists of globs. Without a write_path_allowlist (None) paths are not restricted; an empty one admits none."""

    auto_approve: tuple[str, ...] = ()
    auto_deny: tuple[str, ...] = ()
    require_approval: tuple[str, ...] = ()
    write_path_allowlist: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """status is `approved`, `auto_denied`, `host_denied` or `host_granted`; reason is "" unless denied.

    arguments are what the host put in place of the call's, None for no change.
    """

    status: str
    reason: str = ""
    arguments: Value = None

    @property
    def denied(self) -> bool:
        return self.status.endswith("denied")


# Asks the host for consent to a call: tool name, arguments and the paths that it names. The host's own answer counts.
Ask = Callable[[str, Value, Sequence[str]], Decision]

_APPROVED = Decision("approved")
_NOBODY_TO_ASK = Decision("host_denied", "approval required but no host bridge is available")
_FAILED = Decision("host_denied", "approval request failed or host does not implement session/request_permission")


def read_approval_policy(value: Value) -> ApprovalPolicy:
    """The policy that an option holds; nil is the empty one. Raises a thrown string that names a part of a wrong shape."""
    reader = PolicyReader("approval_policy", value)
    return ApprovalPolicy(
        auto_approve=reader.texts("auto_approve"),
        auto_deny=reader.texts("auto_deny"),
        require_approval=reader.texts("require_approval"),
        write_path_allowlist=reader.texts("write_path_allowlist") or None,
    )


def intersection(outer: ApprovalPolicy, inner: ApprovalPolicy) -> ApprovalPolicy:
    """What both policies admit."""
    paths = outer.write_path_allowlist
    if paths is None:
        paths = inner.write_path_allowlist
    elif inner.write_path_allowlist is not None:
        paths = _common(paths, inner.write_path_allowlist)
    return ApprovalPolicy(
        auto_approve=_common(outer.auto_approve, inner.auto_approve)
        if outer.auto_approve and inner.auto_approve
        else outer.auto_approve or inner.auto_approve,
        auto_deny=outer.auto_deny + inner.auto_deny,
        require_approval=outer.require_approval + inner.require_approval,
        write_path_allowlist=paths,
    )


def _common(patterns: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern for pattern in patterns if pattern in others)


def decide(policy: ApprovalPolicy, tool: str, arguments: Value, paths: Sequence[str], ask: Ask | None) -> Decision:
    """What becomes of a call that names these paths. What nobody can be asked about is denied."""
    pattern = first_match(policy.auto_deny, tool)
    if pattern is not None:
        return Decision("auto_denied", f"tool '{tool}' matches deny pattern '{pattern}'")
    if policy.write_path_allowlist is not None:
        for path in paths:
            if not admitted(policy.write_path_allowlist, path):
                reason = f"tool '{tool}' writes to '{path}' which is not in the write-path allowlist"
                return Decision("auto_denied", reason)
    if first_match(policy.auto_approve, tool) is not None or first_match(policy.require_approval, tool) is None:
        return _APPROVED
    if ask is None:
        return _NOBODY_TO_ASK
    try:
        return ask(tool, arguments, paths)
    except HarnError:
        return _FAILED
