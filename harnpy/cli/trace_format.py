"""How a trace shows times, tokens, money, and texts that may hold anything. Text and page show them alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

from harnpy.cli.trace_model import Kind, Span, Trace, Usage
from harnpy.llm.visible_text import visible_text

# What joins letters, and emoji, into one; the other invisible characters turn the text around them, or hide something.
_JOINERS = frozenset("\u200c\u200d")
_SHORT_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}


def visible(text: str, kept: str = "") -> str:
    """text with everything that could control a terminal or a page shown as an escape; the characters of kept stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in kept or _is_plain(char) else _escape(char) for char in text)


def _is_plain(char: str) -> bool:
    return char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs"


def _escape(char: str) -> str:
    return _SHORT_ESCAPES.get(char) or f"\\u{{{ord(char):x}}}"


def duration(milliseconds: float) -> str:
    """`3 ms`, `1.25 s`, `12.5 s`, `3m 05s`, `2h 05m`: at most seven characters for up to four days."""
    whole = round(milliseconds)
    if whole < 1000:
        return f"{whole} ms"
    seconds = whole / 1000
    if whole < 9_995:
        return f"{seconds:.2f} s"
    if whole < 59_950:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {left:02}s"
    return f"{minutes // 60}h {minutes % 60:02}m"


def short_count(number: int) -> str:
    """`812`, `4.1k`, `12k`, `3.4M`: at most four characters for up to a billion."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size * 0.9995:
            amount = number / size
            return f"{amount:.1f}{letter}" if amount < 9.95 else f"{amount:.0f}{letter}"
    return str(number)


def tokens(usage: Usage) -> str:
    """Tokens in and out, `4.1k/812`; "" for none."""
    sent = usage.input_tokens
    return f"{short_count(sent)}/{short_count(usage.output_tokens)}" if sent or usage.output_tokens else ""


def cost(usage: Usage) -> str:
    """`$0.0123`; `$0.0123+?` if some prices are not known, `?` if none is, "" if nothing was used."""
    if not usage.cost_usd:
        if usage.unpriced:
            return "?"
        return "$0" if usage.input_tokens or usage.output_tokens else ""
    amount = usage.cost_usd
    shown = f"${amount:.4f}" if amount < 1 else f"${amount:,.2f}"
    if amount < 0.00005:
        shown = "<$.0001"
    return shown + ("+?" if usage.unpriced else "")


def counted(number: int, noun: str) -> str:
    """`1 call`, `2,000 calls`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def title(span: Span) -> str:
    """What a span is called; calls are called like their model."""
    name = visible(span.name) or f"some {span.kind.value}"
    return f"{span.kind.value} {name}" if span.kind in (Kind.TEST, Kind.AGENT) else name


def overview(trace: Trace) -> list[str]:
    """The run in parts: when it began, how long it took and what it used."""
    used = trace.usage
    if not trace.events:
        return ["no events: the run made no model call"]
    parts = [when(trace), duration(trace.duration * 1000)]
    if used.turns:
        parts.append(counted(used.turns, "turn"))
    parts.append(counted(used.calls, "call"))
    if used.tools:
        parts.append(counted(used.tools, "tool"))
    if used.input_tokens or used.output_tokens:
        parts.append(f"{used.input_tokens:,} tokens in, {used.output_tokens:,} out")
    for number, label in ((used.cache_read_tokens, "read from"), (used.cache_write_tokens, "written to")):
        if number:
            parts.append(f"{number:,} {label} a cache")
    if cost(used):
        parts.append(f"cost {cost(used)}")
    if used.retries:
        parts.append("1 retry" if used.retries == 1 else f"{used.retries:,} retries")
    if used.errors:
        parts.append(counted(used.errors, "error"))
    return parts


def remarks(trace: Trace) -> list[str]:
    """Sentences about what of the file is not shown, or not known."""
    found = [visible(problem) for problem in trace.problems]
    if trace.unknown:
        names = ", ".join(f"{visible(name)} ({number})" for name, number in trace.unknown)
        found.append(f"Not shown: events of types that this version does not know: {names}.")
    if trace.usage.unpriced:
        found.append(f"No price is known for {counted(trace.usage.unpriced, 'answer')}; the cost is without them.")
    return found


def when(trace: Trace) -> str:
    """The moment when the run began, in UTC."""
    return datetime.fromtimestamp(trace.started, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def answer_of(agent: Span) -> str:
    """The last thing that an agent has said to people, in one line; "" if it is not in the events.

    An agent that says nothing to people, but that it is done, has said that.
    """
    messages = list(_messages_from_last(agent))
    # Of a long message there is the beginning, which may end within what is not for people.
    shown = (visible_text(message, partial=message.endswith("…")) for message in messages)
    said = next(filter(None, shown), None)
    if said is None:
        said = re.sub(r"</?(?:assistant_prose|done)>", " ", messages[0]) if messages else ""
    return " ".join(said.split())


def _messages_from_last(agent: Span) -> Iterator[str]:
    recorded = [
        text.text
        for span in reversed([agent, *agent.children])
        for text in reversed(span.texts)
        if text.label == "assistant message"
    ]
    if recorded:
        yield from recorded
        return
    for turn in reversed(agent.children):
        for span in reversed(turn.children):
            for text in reversed(span.texts):
                if span.kind is Kind.CALL and text.label == "answer":
                    yield text.text
