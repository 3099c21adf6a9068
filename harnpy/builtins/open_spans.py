"""The spans that a task has open through `trace_start`. Log lines name the innermost one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """started is the exact clock reading of the span's start_ms, in seconds since the Unix epoch."""

    trace_id: str
    span_id: str
    started: float


class OpenSpans:
    """The spans that a task has open, outermost first. A child task starts with those of its parent."""

    def __init__(self, stack: tuple[OpenSpan, ...] = ()) -> None:
        self.stack = stack

    @property
    def innermost(self) -> OpenSpan | None:
        return self.stack[-1] if self.stack else None

    def inherit(self) -> OpenSpans:
        """What a child task begins with."""
        return OpenSpans(self.stack)
