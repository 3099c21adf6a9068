"""A trace as JSON, for other programs: the tree of docs/events.md, times in milliseconds since the run began."""

from __future__ import annotations

import json
from typing import Any

from harnpy.cli.trace_model import Span, Trace, Usage, agents_of, models_of


def trace_json(trace: Trace) -> str:
    """One object, indented, in ASCII only: no text of the events can control a terminal."""
    return json.dumps(
        {
            "started": round(trace.started, 6),
            "duration_ms": _milliseconds(trace.duration),
            "events": trace.events,
            "usage": _usage(trace.usage),
            "models": [
                {"model": total.model, "duration_ms": total.duration_ms, "usage": _usage(total.usage)}
                for total in models_of(trace)
            ],
            "agents": [
                {"id": agent.id, "name": agent.name, "status": agent.status, "outcome": agent.outcome.value}
                for _, agent in agents_of(trace)
            ],
            "spans": [_span(span) for span in trace.spans],
            "unknown": dict(trace.unknown),
            "problems": list(trace.problems),
        },
        indent=2,
    )


def _span(span: Span) -> dict[str, Any]:
    return {
        "kind": span.kind.value,
        "name": span.name,
        "id": span.id or None,
        "start_ms": _milliseconds(span.start),
        "end_ms": None if span.end is None else _milliseconds(span.end),
        "duration_ms": span.duration_ms,
        "outcome": span.outcome.value,
        "status": span.status or None,
        "gist": span.gist,
        "usage": _usage(span.usage),
        "facts": dict(span.facts),
        "texts": [{"label": text.label, "text": text.text} for text in span.texts],
        "children": [_span(child) for child in span.children],
    }


def _usage(usage: Usage) -> dict[str, int | float]:
    return {
        "turns": usage.turns,
        "calls": usage.calls,
        "tools": usage.tools,
        "retries": usage.retries,
        "errors": usage.errors,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cost_usd": round(usage.cost_usd, 10),
        "unpriced": usage.unpriced,
    }


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
