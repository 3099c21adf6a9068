"""What a model call adds to the metadata of the span around it (chapter 11 section 21.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.deltas import RawResult
from harnpy.llm.observe import Status
from harnpy.llm.options import LlmOptions
from harnpy.vm.errors import HarnError
from harnpy.vm.span_log import SpanLog, TracedSpans, annotate_span
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

SPAN_KIND = "llm_call"


def current_span_id(fiber: Fiber) -> int | None:
    """The number of the innermost span that the task has open; None without tracing."""
    traced = fiber.task.get(TracedSpans)
    span = traced.innermost(fiber.runtime.state(SpanLog).current) if traced.stack else None
    return None if span is None else span.span_id


def annotate_start(fiber: Fiber, call_id: str, options: LlmOptions, attempt: int, iteration: int | None) -> None:
    """An attempt begins; iteration is None outside of agent loops."""
    if not fiber.task.get(TracedSpans).stack:
        return
    metadata: dict[str, Value] = {
        "call_id": call_id,
        "model": options.model,
        "provider": options.provider,
        "prompt_chars": prompt_chars(options),
    }
    if iteration is not None:
        metadata |= {"iteration": iteration, "llm_attempt": attempt}
    annotate_span(fiber, metadata)


def prompt_chars(options: LlmOptions) -> int:
    """The length of what a call says as texts, as observers are told it; the unit is the byte."""
    contents = [message.get("content") for message in options.messages]
    return sum(len(text.encode("utf-8", "replace")) for text in contents if isinstance(text, str))


def annotate_success(fiber: Fiber, result: RawResult) -> None:
    tokens = {"input_tokens": result["input_tokens"], "output_tokens": result["output_tokens"]}
    annotate_span(fiber, {"status": Status.OK.value, **tokens})


def annotate_failure(fiber: Fiber, status: Status, error: HarnError, retryable: bool, attempt: int) -> None:
    annotate_span(fiber, {"status": status.value, "error": error.text, "retryable": retryable, "attempt": attempt})
