"""Trace builtins: spans that a program opens itself, and the spans that the runtime collects."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.display_json import display_json
from harnpy.builtins.logging_lines import write_log_line
from harnpy.builtins.open_spans import OpenSpan, OpenSpans
from harnpy.vm import span_log
from harnpy.vm.clock_readings import milliseconds
from harnpy.vm.display import display
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.span_log import Span, SpanLog
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_ID_DIGITS = 8


@builtin("trace_start(name: string) -> dict", effects={"clock", "random"})
def trace_start(fiber: Fiber, name: Value = "") -> dict[str, Value]:
    """Opens a span: `{trace_id, span_id, name, start_ms}`. Log lines name it until `trace_end`.

    A span inside another shares its trace_id; start_ms is in milliseconds since the Unix epoch.
    """
    spans = fiber.task.get(OpenSpans)
    world = fiber.runtime.world
    around = spans.innermost
    trace_id = fiber.effect(world.random_hex, _ID_DIGITS) if around is None else around.trace_id
    span_id = fiber.effect(world.random_hex, _ID_DIGITS)
    started = fiber.effect(world.wall_time)
    spans.stack = (*spans.stack, OpenSpan(trace_id, span_id, started))
    return {"trace_id": trace_id, "span_id": span_id, "name": display(name), "start_ms": milliseconds(started)}


@builtin("trace_end(span: dict) -> nil", effects={"clock", "output"})
def trace_end(fiber: Fiber, span: Value = None) -> None:
    """Ends a span and logs `span_end` with its name, its ids and its duration_ms at level info. Returns nil.

    Throws when span is not a dict.
    """
    if type(span) is not dict:
        raise thrown("trace_end: argument must be a span dict from trace_start")
    now = fiber.effect(fiber.runtime.world.wall_time)
    fields = {key: display(span.get(key, "")) for key in ("name", "span_id", "trace_id")}
    spans = fiber.task.get(OpenSpans)
    top = spans.innermost
    start_ms = span.get("start_ms")
    started = start_ms / 1000 if type(start_ms) is int else now
    if top is not None and top.span_id == fields["span_id"]:
        started = top.started
        spans.stack = spans.stack[:-1]
    write_log_line(fiber, "info", "span_end", {**fields, "duration_ms": milliseconds(now - started)})


@builtin("trace_id() -> string | nil")
def trace_id(fiber: Fiber) -> str | None:
    """The trace id of the innermost open span of this task, nil without one."""
    span = fiber.task.get(OpenSpans).innermost
    return None if span is None else span.trace_id


@builtin("enable_tracing(on: bool = true) -> nil", effects={"clock"})
def enable_tracing(fiber: Fiber, on: Value = True) -> None:
    """Begins to collect spans of the runtime, from none; `false` stops it. Returns nil."""
    if on is False:
        span_log.disable(fiber)
    else:
        span_log.enable(fiber)


@builtin("trace_spans() -> list")
def trace_spans(fiber: Fiber) -> list[Value]:
    """The completed spans, in the order in which they ended.

    Each is `{span_id, parent_id, kind, name, start_ms, duration_ms}` with start_ms since tracing was enabled, and
    `metadata` where there is some.
    """
    return [_as_dict(span) for span in _completed(fiber)]


@builtin("trace_summary() -> string")
def trace_summary(fiber: Fiber) -> str:
    """The completed spans as an indented tree, under a line with their number and the time of the outermost ones."""
    spans = _completed(fiber)
    if not spans:
        return "No spans recorded."
    children: dict[int | None, list[Span]] = {}
    for span in spans:
        children.setdefault(span.parent_id, []).append(span)
    total = sum(span.duration_ms or 0 for span in children.get(None, []))
    lines = [f"Trace: {len(spans)} spans, {total}ms total", ""]
    pending = [(span, 0) for span in reversed(children.get(None, []))]
    while pending:
        span, depth = pending.pop()
        lines.append("  " * depth + _summary_line(span))
        pending.extend((child, depth + 1) for child in reversed(children.get(span.span_id, [])))
    return "\n".join(lines)


def _completed(fiber: Fiber) -> list[Span]:
    collection = fiber.runtime.state(SpanLog).current
    return [] if collection is None else collection.completed


def _as_dict(span: Span) -> dict[str, Value]:
    shown: dict[str, Value] = {
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "kind": span.kind,
        "name": span.name,
        "start_ms": span.start_ms,
        "duration_ms": span.duration_ms,
    }
    if span.metadata:
        shown["metadata"] = dict(span.metadata)
    return shown


def _summary_line(span: Span) -> str:
    line = f"{span.kind} {span.name} {span.duration_ms}ms"
    if not span.metadata:
        return line
    shown = ", ".join([f"{key}={display_json(span.metadata[key])}" for key in sorted(span.metadata)])
    return f"{line} ({shown})"
