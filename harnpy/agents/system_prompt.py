"""The system prompt of a loop's model calls (chapter 12 section 12.1.3)."""

from __future__ import annotations

from harnpy.agents.feedback import persistence_text
from harnpy.agents.loop_options import LoopOptions
from harnpy.builtins.white_space import WHITE_SPACE


def system_prompt(system: str | None, contract: str, options: LoopOptions) -> str | None:
    """The caller's prompt, the tool contract and what keeps a persistent loop going; None if there is nothing to say."""
    parts = (part.strip(WHITE_SPACE) for part in (system or "", contract, _persistence(options)))
    return "\n\n".join(filter(None, parts)) or None


def _persistence(options: LoopOptions) -> str:
    if not options.persistent:
        return ""
    policy = options.turn_policy
    may_finish = policy is None or policy.allow_done_sentinel
    return persistence_text(options.done_sentinel, verified=options.exit_when_verified, may_finish=may_finish)
