"""The trace log: what every successful call took, kept while it is switched on (chapter 11 section 21.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.llm.observe import CallSucceeded, CompletionSucceeded, Event
from harnpy.llm.state import LlmState

if TYPE_CHECKING:
    from harnpy.vm.runtime import Runtime


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """One successful call. model is the one that answered."""

    model: str
    input_tokens: int
    output_tokens: int
    duration_ms: int


class TraceLog:
    """A runtime's log, empty and off until `switch_on`. entries are in the order in which the calls ended."""

    def __init__(self) -> None:
        self.entries: list[TraceEntry] = []
        self._on = False

    def switch_on(self, runtime: Runtime) -> None:
        """Log the calls of runtime, whose log this is, from now on."""
        if not self._on:
            self._on = True
            runtime.state(LlmState).bus.subscribe(self._record, only=(CallSucceeded, CompletionSucceeded))

    @property
    def input_tokens(self) -> int:
        return sum(entry.input_tokens for entry in self.entries)

    @property
    def output_tokens(self) -> int:
        return sum(entry.output_tokens for entry in self.entries)

    @property
    def duration_ms(self) -> int:
        return sum(entry.duration_ms for entry in self.entries)

    def _record(self, event: Event) -> None:
        if isinstance(event, CallSucceeded | CompletionSucceeded):
            result = event.result
            self.entries.append(
                TraceEntry(result["model"], result["input_tokens"], result["output_tokens"], event.duration_ms)
            )
