"""Approval policies: which calls go ahead, are refused, or need somebody's consent (chapter 12 section 12.8.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


# Asks the host for consent to a call: tool name and arguments; None when there is no host.
Ask = Callable[[str, Value, Sequence[str]], Decision]


def read_approval_policy(value: Value) -> ApprovalPolicy:
    """The policy that an option holds; nil is the empty one. Raises a thrown string that names a part of a wrong shape."""
    raise NotImplementedError


def intersection(outer: ApprovalPolicy, inner: ApprovalPolicy) -> ApprovalPolicy:
    """What both policies admit."""
    raise NotImplementedError


def decide(policy: ApprovalPolicy, tool: str, arguments: Value, paths: Sequence[str], ask: Ask | None) -> Decision:
    """What becomes of a call that names these paths."""
    raise NotImplementedError
