"""Calls that are made again and again with the same result (chapter 12 section 12.5.5)."""

from __future__ import annotations

from dataclasses import dataclass

from harnpy.agents.loop_options import LoopDetection
from harnpy.digest import blake2b
from harnpy.llm.json_values import compact_json, to_json
from harnpy.vm.values import Value

_DIGEST_SIZE = 16

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
    """The calls of one loop by tool and arguments; of arguments and results only digests are kept."""

    def __init__(self, thresholds: LoopDetection) -> None:
        self._thresholds = thresholds
        self._counts: dict[bytes, tuple[int, bytes]] = {}

    @property
    def enabled(self) -> bool:
        return self._thresholds.warn > 0

    def key(self, tool: str, arguments: Value) -> bytes:
        """What stands for a call in this table."""
        return _digest(f"{tool}\0{compact_json(to_json(arguments))}")

    def skip_count(self, key: bytes, pending: int = 0) -> int | None:
        """How often a call that is not to be executed any more has been made, itself included; None for others.

        pending are equal calls before it that have not been executed yet.
        """
        found = self._counts.get(key)
        if not self.enabled or (found is None and not pending):
            return None
        count = (0 if found is None else found[0]) + pending + 1
        return count if count >= self._thresholds.skip else None

    def note(self, key: bytes, tool: str, result: str) -> Intervention | None:
        """Count a call that was executed; what to do about its result, if anything."""
        if not self.enabled:
            return None
        digest = _digest(result)
        found = self._counts.get(key)
        if found is None or found[1] != digest:
            self._counts[key] = (1, digest)
            return None
        count = found[0] + 1
        self._counts[key] = (count, digest)
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
