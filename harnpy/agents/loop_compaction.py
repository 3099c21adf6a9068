"""Compaction in agent loops and sessions: its options, its callbacks and when it is due (chapter 12 section 12.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.llm.compaction import Compacted, CompactionSettings
from harnpy.llm.options import LlmOptions
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@dataclass(frozen=True, slots=True)
class LoopCompaction:
    """Settings and callbacks; a callback that is None does nothing."""

    settings: CompactionSettings
    custom: Value = None
    mask: Value = None
    compress: Value = None

    def compact(self, fiber: Fiber, messages: list[Value], options: LlmOptions | None) -> Compacted | None:
        """The messages compacted; None if there is nothing to archive. options are those of the loop's model calls.

        Raises runtime errors of the callbacks, and the error of the model call.
        """
        raise NotImplementedError

    def shortened_output(self, fiber: Fiber, tool: str, output: str) -> str:
        """The result of a tool as the model sees it (section 12.5.4)."""
        raise NotImplementedError


def read_loop_compaction(options: dict[str, Value]) -> LoopCompaction | None:
    """What the options of agent_loop ask for; None without `auto_compact`. Raises for an unknown strategy."""
    raise NotImplementedError


def joined_summary(old: str | None, new: str) -> str:
    """The summary of a transcript after one more compaction."""
    raise NotImplementedError
