"""A trace as one page that needs nothing else: no script, no image, no address; `<details>` open and close its parts.

Every text of the events passes _text or _attribute; a policy in the page forbids scripts and loading all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from harnpy.cli.trace_format import (
    answer_of,
    cost,
    counted,
    duration,
    overview,
    remarks,
    title,
    tokens,
    visible,
)
from harnpy.cli.trace_model import Kind, Outcome, Span, Text, Trace, agents_of, models_of, walk

# With more spans than this, turns are closed at first, but for those in which something went wrong.
_MANY_SPANS = 400

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_BAD = frozenset({Outcome.FAILED, Outcome.REJECTED})
_QUARTERS = 4
# Colours of trace.css and what they stand for.
_LEGEND = (
    ("agent", "agent"),
    ("turn", "turn"),
    ("call", "model call"),
    ("tool", "tool"),
    ("note", "event"),
    ("retry", "tried again"),
    ("bad", "failed"),
)
_SHOWN_ANSWER = 500


def trace_html(trace: Trace, source: str) -> str:
    """The page. source is the name of the file."""
    return "\n".join(_page(trace, source)) + "\n"


def _page(trace: Trace, source: str) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_text(source)} · harn trace</title>"
    yield f"<style>\n{Path(__file__).with_name('trace.css').read_text(encoding='utf-8')}</style></head><body>"
    yield f"<h1>{_text(source)}</h1>"
    # The moment, or that there was nothing, stands apart from the figures.
    first, *figures = overview(trace)
    yield f'<p class="when">{_text(first)} · {counted(trace.events, "event")}</p>'
    yield '<ul class="totals">'
    for part in figures:
        bad = ' class="bad"' if part.endswith((" error", " errors")) else ""
        yield f"<li{bad}>{_text(part)}</li>"
    yield "</ul>"
    for remark in remarks(trace):
        yield f'<p class="remark">{_text(remark)}</p>'
    yield from _agents(trace)
    yield from _models(trace)
    if trace.spans:
        yield from _timeline(trace)
    yield "</body></html>"


def _agents(trace: Trace) -> Iterator[str]:
    agents = agents_of(trace)
    if not agents:
        return
    nested = any(above for above, _ in agents)
    yield "<h2>Agents</h2>"
    if nested:
        yield '<p class="when">What an agent used includes what the agents that it started used.</p>'
    yield '<div class="scroll"><table><tr><th>Agent</th><th class="left">State</th><th>Turns</th><th>Calls</th>'
    yield '<th>Tools</th><th>Time</th><th>Tokens in/out</th><th>Cost</th><th class="left">Last answer</th></tr>'
    for above, agent in agents:
        used = agent.usage
        quality = "good" if agent.outcome is Outcome.OK else "bad"
        answer = answer_of(agent)
        shown = answer if len(answer) <= _SHOWN_ANSWER else answer[:_SHOWN_ANSWER] + "…"
        yield (
            f'<tr><td style="padding-left:{0.7 + min(above, 8)}rem">{_text(agent.name)}</td>'
            f'<td class="left {quality}">{_text(agent.status) or "?"}</td>'
            f"<td>{used.turns}</td><td>{used.calls}</td><td>{used.tools}</td><td>{duration(agent.duration_ms)}</td>"
            f'<td>{tokens(used)}</td><td>{_text(cost(used))}</td><td class="answer">{_text(shown)}</td></tr>'
        )
    yield "</table></div>"


def _models(trace: Trace) -> Iterator[str]:
    models = models_of(trace)
    if not models:
        return
    yield '<h2>Models</h2><div class="scroll"><table><tr><th>Model</th><th>Calls</th><th>Retries</th><th>Errors</th>'
    yield "<th>Time</th><th>Tokens in</th><th>Tokens out</th><th>From cache</th><th>Cost</th></tr>"
    for total in models:
        used = total.usage
        yield (
            f"<tr><td>{_text(total.model) or '?'}</td><td>{used.calls:,}</td><td>{used.retries:,}</td>"
            f"<td>{used.errors:,}</td><td>{duration(total.duration_ms)}</td><td>{used.input_tokens:,}</td>"
            f"<td>{used.output_tokens:,}</td><td>{used.cache_read_tokens:,}</td><td>{_text(cost(used))}</td></tr>"
        )
    yield "</table></div>"


def _timeline(trace: Trace) -> Iterator[str]:
    bad = _spans_with_bad(trace.spans)
    yield "<h2>Timeline</h2>"
    yield '<div class="legend">' + "".join(
        f'<span><i style="background:var(--{colour})"></i>{label}</span>' for colour, label in _LEGEND
    )
    if bad:
        yield '<label class="only"><input type="checkbox" id="only-bad"> only what went wrong</label>'
    yield "</div>"
    yield '<div class="chart"><div class="timeline">'
    ticks = "".join(
        f'<b style="left:{100 * quarter / _QUARTERS:g}%">{duration(trace.duration * 1000 * quarter / _QUARTERS)}</b>'
        for quarter in range(_QUARTERS + 1)
    )
    yield (
        f'<div class="row head"><span>Span</span><span class="axis">{ticks}</span><span class="number">Time</span>'
        '<span class="number">In/out</span><span class="number">Cost</span></div>'
    )
    opens_turns = sum(1 for _ in walk(trace.spans)) <= _MANY_SPANS
    for span in trace.spans:
        yield from _span(span, 0, trace.duration, bad, opens_turns)
    yield "</div></div>"


def _spans_with_bad(spans: tuple[Span, ...]) -> frozenset[int]:
    """The identities of the spans in which something went wrong, or that went wrong themselves."""
    found: set[int] = set()

    def look(span: Span) -> bool:
        # A list: every child has to be looked at.
        below = any([look(child) for child in span.children])
        if below or span.outcome in _BAD:
            found.add(id(span))
        return id(span) in found

    for span in spans:
        look(span)
    return frozenset(found)


def _span(span: Span, depth: int, total: float, bad: frozenset[int], opens_turns: bool) -> Iterator[str]:
    marked = " has-bad" if id(span) in bad else ""
    # Deep nesting would leave no room for names.
    shown_depth = min(depth, 12)
    style = f'style="--d:{shown_depth}"'
    row = _row(span, total)
    classes = f"span {span.kind.value} {span.outcome.value}{marked}"
    if not (span.children or span.facts or span.texts):
        yield f'<div class="{classes} leaf" {style}><div class="row">{row}</div></div>'
        return
    is_open = bool(span.children) and (span.kind is not Kind.TURN or opens_turns or bool(marked))
    leaf = "" if span.children else " leaf"
    yield f'<details class="{classes}{leaf}" {style}{" open" if is_open else ""}><summary class="row">{row}</summary>'
    if span.facts or span.texts:
        yield from _body(span)
    for child in span.children:
        yield from _span(child, depth + 1, total, bad, opens_turns)
    yield "</details>"


def _row(span: Span, total: float) -> str:
    name = title(span)
    status = f' <span class="status">{_text(span.status)}</span>' if span.status else ""
    gist = f' <span class="gist">{_text(span.gist)}</span>' if span.gist else ""
    end = total if span.end is None else span.end
    left, width = (100 * span.start / total, 100 * (end - span.start) / total) if total > 0 else (0.0, 100.0)
    until = "…" if span.end is None else duration(span.end * 1000)
    took = "" if span.kind is Kind.NOTE else duration(span.duration_ms)
    return (
        f'<span class="label"><span class="name" title="{escape(name)}">{escape(name)}</span>{status}{gist}</span>'
        f'<span class="axis"><i class="bar" style="--s:{min(left, 99.7):.3f}%;--w:{width:.3f}%" '
        f'title="{_attribute(f"{duration(span.start * 1000)} to {until}")}"></i></span>'
        f'<span class="number">{took}</span><span class="number">{tokens(span.usage)}</span>'
        f'<span class="number">{_text(cost(span.usage))}</span>'
    )


def _body(span: Span) -> Iterator[str]:
    yield '<div class="body">'
    if span.facts:
        facts = " · ".join(f"{_text(label)} <b>{_text(value)}</b>" for label, value in span.facts)
        yield f'<p class="facts">{facts}</p>'
    # The texts of what has parts are folded away, together: they would push these apart.
    gathers = len(span.texts) > 1 and bool(span.children)
    if gathers:
        yield f'<details class="text"><summary>{_gathered(span.texts)}</summary>'
    for text in span.texts:
        yield _folded(text, is_open=gathers or not span.children)
    if gathers:
        yield "</details>"
    yield "</div>"


def _gathered(texts: tuple[Text, ...]) -> str:
    """What several texts are called: `4 messages`, or their labels."""
    if all(text.label.endswith("message") for text in texts):
        return counted(len(texts), "message")
    return _text(", ".join(text.label for text in texts))


def _folded(text: Text, is_open: bool) -> str:
    # A line break right behind <pre> is dropped, so the text keeps its own.
    pre = f"<pre>\n{_text(text.text)}</pre>"
    return f'<details class="text"{" open" if is_open else ""}><summary>{_text(text.label)}</summary>{pre}</details>'


def _text(text: str) -> str:
    return escape(visible(text, kept="\n\t"))


def _attribute(text: str) -> str:
    return escape(visible(text))
