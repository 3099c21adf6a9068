"""The span around one tool execution, for programs that have enabled tracing (chapter 12 section 12.13.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harnpy.vm.compare import utf8_length
from harnpy.vm.span_log import Span, close_span, open_span

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

SPAN_KIND = "tool_call"


class tool_span:
    """A span around the body of the `with` statement, completed also when that raises.

    call_id is that of the model call that asked for the tool; classification its mutation class. The body tells the
    span how the tool ended: `with tool_span(...) as span: ...; span.ended(text, rejected=False)`. A tool that did not
    end leaves a span without a status.
    """

    __slots__ = ("_fiber", "_metadata", "_name", "_span")

    def __init__(
        self,
        fiber: Fiber,
        name: str,
        *,
        tool_use_id: str,
        call_id: str | None,
        iteration: int,
        classification: str,
        declared_paths: Sequence[str] = (),
    ) -> None:
        self._fiber = fiber
        self._name = name
        self._metadata = (tool_use_id, call_id, iteration, classification, declared_paths)
        self._span: Span | None = None

    def __enter__(self) -> tool_span:
        span = self._span = open_span(self._fiber, SPAN_KIND, self._name)
        if span is not None:
            tool_use_id, call_id, iteration, classification, declared_paths = self._metadata
            span.metadata.update(
                tool_name=self._name,
                tool_use_id=tool_use_id,
                call_id=call_id,
                iteration=iteration,
                classification=classification,
                declared_paths=list(declared_paths),
            )
        return self

    def ended(self, result: str, *, rejected: bool) -> None:
        """The tool has ended with this result, or was rejected by what runs it."""
        if self._span is not None:
            status = "rejected" if rejected else "ok"
            self._span.metadata.update(status=status, result_chars=utf8_length(result))

    def __exit__(self, *exc_info: object) -> None:
        close_span(self._fiber, self._span)
