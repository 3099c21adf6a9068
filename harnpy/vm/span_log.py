"""Span collection: what took how long inside what, once `enable_tracing` has switched it on.

Everything that opens spans calls `open_span` and `close_span`; while collection is off they cost one comparison.
This file knows nothing of what spans are about, nor of builtins that show them.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harnpy.vm.fiber import Fiber


class Span:
    """kind is pipeline, llm_call, tool_call, import, parallel or spawn. Times in milliseconds, start_ms since enabling.

    duration_ms is None while the span is open.
    """

    __slots__ = ("collection", "duration_ms", "kind", "metadata", "name", "parent_id", "span_id", "start_ms", "started")

    def __init__(
        self,
        span_id: int,
        parent_id: int | None,
        kind: str,
        name: str,
        start_ms: int,
        started: float,
        collection: Collection,
    ) -> None:
        self.span_id = span_id
        self.parent_id = parent_id
        self.kind = kind
        self.name = name
        self.start_ms = start_ms
        self.started = started
        self.collection = collection
        self.duration_ms: int | None = None
        self.metadata: dict[str, Value] = {}


class Collection:
    """The spans since tracing was enabled. completed is in order of completion."""

    def __init__(self, enabled_at: float) -> None:
        self.enabled_at = enabled_at
        self.last_id = 0
        self.completed: list[Span] = []


class SpanLog:
    """The collection of a runtime. current outlives disabling, so that its spans can still be read."""

    def __init__(self) -> None:
        self.enabled = False
        self.current: Collection | None = None


class TracedSpans:
    """The spans that a task has open, outermost first. A child task starts with those of its parent."""

    def __init__(self, stack: tuple[Span, ...] = ()) -> None:
        self.stack = stack

    def innermost(self, collection: Collection | None) -> Span | None:
        """The innermost span of collection; spans from before tracing was enabled anew do not count."""
        return next((span for span in reversed(self.stack) if span.collection is collection), None)

    def inherit(self) -> TracedSpans:
        """What a child task begins with."""
        return TracedSpans(self.stack)


def enable(fiber: Fiber) -> None:
    """Begin a new, empty collection."""
    log = fiber.runtime.state(SpanLog)
    log.enabled = True
    log.current = Collection(fiber.effect(fiber.runtime.world.monotonic))


def disable(fiber: Fiber) -> None:
    """Open no more spans. What was collected stays."""
    fiber.runtime.state(SpanLog).enabled = False


def open_span(fiber: Fiber, kind: str, name: str) -> Span | None:
    """Open a span inside the innermost one of this task; None while collection is off."""
    log = fiber.runtime.state(SpanLog)
    collection = log.current
    if not log.enabled or collection is None:
        return None
    from harnpy.vm.clock_readings import milliseconds

    traced = fiber.task.get(TracedSpans)
    parent = traced.innermost(collection)
    now = fiber.effect(fiber.runtime.world.monotonic)
    collection.last_id += 1
    span = Span(
        collection.last_id,
        None if parent is None else parent.span_id,
        kind,
        name,
        milliseconds(now - collection.enabled_at),
        now,
        collection,
    )
    traced.stack = (*traced.stack, span)
    return span


def close_span(fiber: Fiber, span: Span | None) -> None:
    """Complete a span of this task, with all that was left open inside it. None is no span."""
    if span is None or span.duration_ms is not None:
        return
    from harnpy.vm.clock_readings import milliseconds

    traced = fiber.task.get(TracedSpans)
    if span in traced.stack:
        traced.stack = traced.stack[: traced.stack.index(span)]
    span.duration_ms = milliseconds(fiber.effect(fiber.runtime.world.monotonic) - span.started)
    span.collection.completed.append(span)


def annotate_span(fiber: Fiber, metadata: Mapping[str, Value]) -> None:
    """Add to the metadata of the innermost open span of this task, if there is one; later values replace earlier."""
    span = fiber.task.get(TracedSpans).innermost(fiber.runtime.state(SpanLog).current)
    if span is not None:
        span.metadata.update(metadata)


class traced_span:
    """A span around the body of the `with` statement, completed also when that raises."""

    __slots__ = ("_fiber", "_kind", "_name", "_span")

    def __init__(self, fiber: Fiber, kind: str, name: str) -> None:
        self._fiber = fiber
        self._kind = kind
        self._name = name

    def __enter__(self) -> Span | None:
        self._span = open_span(self._fiber, self._kind, self._name)
        return self._span

    def __exit__(self, *exc_info: object) -> None:
        close_span(self._fiber, self._span)
