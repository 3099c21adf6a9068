"""What a loop asks of each turn of its model (chapter 12 section 12.8.4)."""

from __future__ import annotations

from dataclasses import dataclass

from harnpy.agents.policy_reader import PolicyReader
from harnpy.vm.values import Value


@dataclass(frozen=True, slots=True)
class TurnPolicy:
    """max_prose_chars counts characters; None for no limit."""

    require_action_or_yield: bool = False
    allow_done_sentinel: bool = True
    max_prose_chars: int | None = None


def read_turn_policy(value: Value) -> TurnPolicy:
    """The policy that an option holds; nil is the default. Raises a thrown string that names a part of a wrong shape."""
    reader = PolicyReader("turn_policy", value)
    return TurnPolicy(
        require_action_or_yield=reader.flag("require_action_or_yield", False),
        allow_done_sentinel=reader.flag("allow_done_sentinel", True),
        max_prose_chars=reader.count("max_prose_chars"),
    )
