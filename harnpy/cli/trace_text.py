"""A trace as lines for a terminal: a row for each span with a bar on the time axis, then totals and final states.

Bars differ in form as well as in colour. Nothing of the events reaches the terminal as a control character.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from harnpy.cli.terminal import Paint
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
from harnpy.cli.trace_model import Kind, Outcome, Span, Trace, agents_of, models_of, walk

NARROWEST = 60
# Beyond this, bars are longer than anybody needs.
WIDEST = 200

_DURATION, _TOKENS, _COST = 7, 9, 9
_SHORTEST_LABEL, _LONGEST_LABEL = 20, 52

_MARKS = {
    Outcome.OK: " ",
    Outcome.NOTE: "·",
    Outcome.FAILED: "✗",
    Outcome.REJECTED: "✗",
    Outcome.RETRIED: "↻",
    Outcome.CANCELLED: "-",
    Outcome.UNFINISHED: "…",
}
_BARS = {
    Kind.TEST: "─",
    Kind.AGENT: "━",
    Kind.TURN: "─",
    Kind.CALL: "█",
    Kind.ATTEMPT: "▓",
    Kind.TOOL: "▒",
    Kind.NOTE: "◆",
}
# What ended like this has a reason, on a line of its own.
_REASONED = frozenset({Outcome.FAILED, Outcome.REJECTED, Outcome.RETRIED})
_OPEN_END = "▸"
_LEGEND = f"  {_BARS[Kind.CALL]} call {_BARS[Kind.TOOL]} tool {_BARS[Kind.NOTE]} event"


@dataclass(frozen=True, slots=True)
class _Columns:
    label: int
    bar: int


def trace_text(trace: Trace, source: str, width: int, paint: Paint) -> str:
    """The lines, width columns wide at most but for what cannot be narrower. source is the name of the file."""
    width = max(NARROWEST, min(width, WIDEST))
    lines = _wrapped([visible(source), *overview(trace)], width, paint)
    lines += [paint.bold(line) for remark in remarks(trace) for line in _folded(remark, width)]
    if not trace.spans:
        return "\n".join(lines)
    rest = width - _DURATION - _TOKENS - _COST - 4
    label = min(max(_SHORTEST_LABEL, rest * 6 // 10), _LONGEST_LABEL)
    columns = _Columns(label, rest - label)
    lines += ["", paint.dim(_heading(trace, columns))]
    for depth, span in walk(trace.spans):
        lines += _rows(span, depth, trace, columns, width, paint)
    lines += _models(trace, width, paint)
    lines += _agents(trace, width, paint)
    return "\n".join(lines)


def _heading(trace: Trace, columns: _Columns) -> str:
    end = duration(trace.duration * 1000)
    axis = "0" + end.rjust(columns.bar - 1) if columns.bar > len(end) + 1 else end.rjust(columns.bar)
    return f"{_cut(_LEGEND, columns.label):{columns.label}} {axis} {'time':>{_DURATION}} {'in/out':>{_TOKENS}} {'cost':>{_COST}}"


def _rows(span: Span, depth: int, trace: Trace, columns: _Columns, width: int, paint: Paint) -> list[str]:
    """The row of a span, and below it in one line what went wrong, if something did."""
    indent = "  " * min(depth, 8)
    # A turn goes on as long as what is in it; that is no news.
    has_state = span.status and not (span.kind is Kind.TURN and span.outcome is Outcome.UNFINISHED)
    name = title(span) + (f": {visible(span.status)}" if has_state else "")
    label = _cut(f"{_MARKS[span.outcome]} {indent}{name}", columns.label)
    gist = visible(span.gist)
    colour = _colour(span, paint)
    painted = paint.bold(label) if span.kind in (Kind.TEST, Kind.AGENT) and colour is None else (colour or str)(label)
    room = columns.label - columns_of(label)
    has_reason = bool(gist) and span.outcome in _REASONED
    if gist and not has_reason and room > 1:
        beside = _cut(gist, room - 1)
        painted += " " + paint.dim(beside)
        room -= 1 + columns_of(beside)
    bar = (colour or _bar_colour(span, paint))(_bar(span, trace.duration, columns.bar))
    took = "" if span.kind is Kind.NOTE else duration(span.duration_ms)
    numbers = f"{took:>{_DURATION}} {tokens(span.usage):>{_TOKENS}} {cost(span.usage):>{_COST}}"
    row = f"{painted}{' ' * room} {bar} {numbers}".rstrip()
    return [row, (colour or str)(_cut(f"    {indent}{gist}", width))] if has_reason else [row]


def _colour(span: Span, paint: Paint) -> Callable[[str], str] | None:
    """The colour that says how a span ended; None if that was well."""
    if span.outcome in (Outcome.FAILED, Outcome.REJECTED):
        return paint.red
    return paint.yellow if span.outcome in (Outcome.RETRIED, Outcome.UNFINISHED, Outcome.CANCELLED) else None


def _bar_colour(span: Span, paint: Paint) -> Callable[[str], str]:
    if span.kind in (Kind.CALL, Kind.ATTEMPT):
        return paint.cyan
    if span.kind is Kind.TOOL:
        return paint.green
    return paint.dim if span.kind in (Kind.TURN, Kind.TEST) else str


def _bar(span: Span, total: float, width: int) -> str:
    """The place of a span on an axis; whatever short, it has one column."""
    if total <= 0:
        first, last = 0, width if span.kind is not Kind.NOTE else 1
    else:
        first = min(width - 1, max(0, int(span.start / total * width)))
        end = total if span.end is None else span.end
        last = min(width, max(first + 1, round(end / total * width)))
    body = _BARS[span.kind] * (last - first)
    if span.end is None:
        body = body[:-1] + _OPEN_END
    return " " * first + body + " " * (width - last)


def _models(trace: Trace, width: int, paint: Paint) -> list[str]:
    models = models_of(trace)
    if len(models) < 2:
        return []
    lines = ["", paint.bold("Models")]
    for total in models:
        used = total.usage
        parts = [counted(used.calls, "call"), duration(total.duration_ms)]
        parts += [part for part in (tokens(used), cost(used)) if part]
        lines.append(_cut(f"  {visible(total.model) or '?'}: {', '.join(parts)}", width))
    return lines


def _agents(trace: Trace, width: int, paint: Paint) -> list[str]:
    agents = agents_of(trace)
    if not agents:
        return []
    lines = ["", paint.bold("Agents")]
    for above, agent in agents:
        used = agent.usage
        state = _cut(visible(agent.status), 40) or "?"
        state = (_colour(agent, paint) or paint.green)(state)
        parts = [counted(used.turns, "turn"), counted(used.calls, "call"), counted(used.tools, "tool")]
        parts += [part for part in (duration(agent.duration_ms), tokens(used), cost(used)) if part]
        indent = "  " * min(above + 1, 8)
        lines.append(f"{indent}{_cut(visible(agent.name), 40)}: {state}, {', '.join(parts)}")
        answer = answer_of(agent)
        if answer:
            lines.append(paint.dim(_cut(f"{indent}  {visible(answer)}", width)))
    if any(above for above, _ in agents):
        lines.append(paint.dim("  What an agent used includes what the agents that it started used."))
    return lines


def _wrapped(parts: list[str], width: int, paint: Paint) -> list[str]:
    """Parts with dots between them, on as many lines as they need; the first part is bold."""
    lines: list[str] = []
    line = ""
    for part in parts:
        part = _cut(part, width)
        joined = f"{line} · {part}" if line else part
        if columns_of(joined) > width:
            lines.append(line)
            joined = part
        line = joined
    lines.append(line)
    name = _cut(parts[0], width)
    return [paint.bold(name) + lines[0][len(name) :], *lines[1:]]


def _folded(text: str, width: int) -> list[str]:
    from textwrap import wrap

    return wrap(text, width)


def columns_of(text: str) -> int:
    """How many columns of a terminal a text without control characters takes."""
    return len(text) if text.isascii() else sum(map(_columns_of_character, text))


def _columns_of_character(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _cut(text: str, width: int) -> str:
    """text in at most width columns, with an ellipsis if it is cut."""
    if columns_of(text) <= width:
        return text
    used, kept = 1, []
    for char in text:
        used += _columns_of_character(char)
        if used > width:
            break
        kept.append(char)
    return "".join(kept) + "…"
