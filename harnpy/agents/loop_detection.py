"""Calls that are made again and again with the same result (chapter 12 section 12.5.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.agents.loop_options import LoopDetection
from harnpy.digest import blake2b
from harnpy.llm.json_values import compact_json

if TYPE_CHECKING:
    from harnpy.agents.call_checks import CheckedCall

_DIGEST_SIZE = 16
# Up to this length a call takes no more room than its digest.
_SHORT = 48

WARN = "warn"
BLOCK = "block"
SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Intervention:
    """What becomes of the result of a repeated call. kind is `warn` or `block`; count includes this call."""

    kind: str
    count: int
    result: str


class RepeatedCalls:
    """The calls of one loop by tool and arguments, of which digests are kept where they are long.

    The last result of each is kept as it is: the transcript of the loop holds the same text.
    """

    def __init__(self, thresholds: LoopDetection) -> None:
        self._thresholds = thresholds
        self._results: dict[str | bytes, str] = {}
        self._repeated: dict[str | bytes, int] = {}  # only for what has given its last result more than once

    @property
    def enabled(self) -> bool:
        return self._thresholds.warn > 0

    def key_of(self, call: CheckedCall) -> str | bytes:
        """What stands for a call, whose arguments are settled, in this table; the call remembers it."""
        if not self.enabled:
            return ""
        if call.repetition_key is None:
            text = f"{call.name}\0{compact_json(call.json_arguments)}"
            call.repetition_key = text if len(text) <= _SHORT else _digest(text)
        return call.repetition_key

    def skip_count(self, key: str | bytes, pending: int = 0) -> int | None:
        """How often a call that is not to be executed any more has been made, itself included; None for others.

        pending are equal calls before it that have not been executed yet.
        """
        if not self.enabled or (key not in self._results and not pending):
            return None
        count = self._count(key) + pending + 1
        return count if count >= self._thresholds.skip else None

    def _count(self, key: str | bytes) -> int:
        """How often a call has given its last result in a row."""
        return self._repeated.get(key, 1) if key in self._results else 0

    def note(self, key: str | bytes, tool: str, result: str) -> Intervention | None:
        """Count a call that was executed; what to do about its result, if anything."""
        if not self.enabled:
            return None
        if self._results.get(key) != result:
            self._results[key] = result
            self._repeated.pop(key, None)
            return None
        count = self._repeated[key] = self._count(key) + 1
        if count >= self._thresholds.block:
            return Intervention(BLOCK, count, blocked_text(tool, count))
        if count >= self._thresholds.warn:
            return Intervention(WARN, count, result + warned_text(tool, count, result))
        return None


def warned_text(tool: str, count: int, result: str) -> str:
    """What is added to a result."""
    first = result.split("\n", 1)[0].removesuffix("\r") if result else "(empty)"
    return (
        f"\n[LOOP DETECTED] This exact {tool}() call has produced the same result {count} times. "
        f'The result says: "{first}". Try a DIFFERENT tool or DIFFERENT parameters.'
    )


def blocked_text(tool: str, count: int) -> str:
    """What replaces a result."""
    return (
        f"BLOCKED: {tool}() has failed {count} times identically. Another approach is a must: use another of the "
        "available tools, or other parameters."
    )


def skipped_text(tool: str, count: int) -> str:
    """What stands for the result of a call that was not executed."""
    return (
        f"BLOCKED: {tool}() was NOT executed (repeated {count} times identically). The call will not run any more with "
        "these arguments: the approach must change now."
    )


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_SIZE).digest()
