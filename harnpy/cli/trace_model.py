"""What a run looked like: a tree of spans, from tests and agents down to attempts of calls, with what they used.

Pure data and questions about it. trace_builder makes the tree from events; trace_text and trace_html show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum


class Kind(Enum):
    """What a span is. A note is something that happened at one moment."""

    TEST = "test"
    AGENT = "agent"
    TURN = "turn"
    CALL = "call"
    ATTEMPT = "attempt"
    TOOL = "tool"
    NOTE = "note"


class Outcome(Enum):
    """How a span ended. UNFINISHED: the events end before it does."""

    OK = "ok"
    FAILED = "failed"
    RETRIED = "retried"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    UNFINISHED = "unfinished"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a span and all below it used. cost_usd sums known prices; unpriced counts answers without one.

    errors are calls and tools that failed or were refused; retries are attempts after the first ones.
    """

    turns: int = 0
    calls: int = 0
    tools: int = 0
    retries: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.turns + other.turns,
            self.calls + other.calls,
            self.tools + other.tools,
            self.retries + other.retries,
            self.errors + other.errors,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.cost_usd + other.cost_usd,
            self.unpriced + other.unpriced,
        )


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a span that people may want to read whole: an answer, arguments, an error."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """One thing that took time. start and end are seconds since the run began, end None if it is not in the events.

    id is that of the event, "" for what has none; status the word of the events for the outcome; gist one line about it;
    duration_ms what was measured. facts are pairs of a label and a value.
    """

    kind: Kind
    name: str
    id: str
    start: float
    end: float | None
    duration_ms: int
    outcome: Outcome
    status: str
    gist: str
    usage: Usage
    facts: tuple[tuple[str, str], ...]
    texts: tuple[Text, ...]
    children: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """A run. started is in Unix seconds, duration in seconds, events counts all of them.

    unknown counts events of types that this version does not know; problems are sentences about what could not be read.
    """

    started: float
    duration: float
    events: int
    usage: Usage
    spans: tuple[Span, ...]
    unknown: tuple[tuple[str, int], ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelTotal:
    """All calls of a model; duration_ms is the sum of theirs, also of those that ran side by side."""

    model: str
    duration_ms: int
    usage: Usage


def walk(spans: tuple[Span, ...], depth: int = 0) -> Iterator[tuple[int, Span]]:
    """All spans with their depth, each before its children."""
    for span in spans:
        yield depth, span
        yield from walk(span.children, depth + 1)


def agents_of(trace: Trace) -> list[tuple[int, Span]]:
    """The agents in order of their start, each with the number of agents above it."""
    found: list[tuple[int, Span]] = []

    def collect(spans: tuple[Span, ...], above: int) -> None:
        for span in spans:
            is_agent = span.kind is Kind.AGENT
            if is_agent:
                found.append((above, span))
            collect(span.children, above + is_agent)

    collect(trace.spans, 0)
    return found


def models_of(trace: Trace) -> list[ModelTotal]:
    """The totals of each model, in order of first use."""
    totals: dict[str, ModelTotal] = {}
    for _, span in walk(trace.spans):
        if span.kind is Kind.CALL:
            total = totals.get(span.name, ModelTotal(span.name, 0, Usage()))
            totals[span.name] = replace(
                total, duration_ms=total.duration_ms + span.duration_ms, usage=total.usage + span.usage
            )
    return list(totals.values())


def only_agent(trace: Trace, wanted: str) -> Trace | None:
    """The part of a run that agents of this name or id made, those started by them included; None without one.

    Its times begin with the first of them.
    """
    found: list[Span] = []

    def collect(spans: tuple[Span, ...]) -> None:
        for span in spans:
            if span.kind is Kind.AGENT and wanted in (span.name, span.id):
                found.append(span)
            else:
                collect(span.children)

    collect(trace.spans)
    if not found:
        return None
    begin = min(span.start for span in found)
    end = max(trace.duration if span.end is None else span.end for span in found)
    usage = sum((span.usage for span in found), Usage())
    spans = tuple(_earlier(span, begin) for span in found)
    return replace(trace, started=trace.started + begin, duration=max(0.0, end - begin), usage=usage, spans=spans)


def _earlier(span: Span, seconds: float) -> Span:
    return replace(
        span,
        start=span.start - seconds,
        end=None if span.end is None else span.end - seconds,
        children=tuple(_earlier(child, seconds) for child in span.children),
    )
