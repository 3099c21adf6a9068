"""The calls in the body of a `<tool_call>` block (chapter 12 section 12.3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harnpy.llm.call_expressions import CallError, FoundCall, KnownTools, call_at_line_start
from harnpy.llm.json_fallback import ListedCall, find_listing, listed_calls
from harnpy.llm.source_text import SourceText

_FENCE_LINE = re.compile(r"[ \t]*+```[^\n]*+")
_LINE_END_OR_BACKTICK = re.compile(r"[\n`]")
_WHOLE_FENCE = re.compile(r"```[^\n`]*+\n(.*?)\n?[ \t]*+```", re.DOTALL)
_WHOLE_CODE_SPAN = re.compile(r"`([^`]++)`")


@dataclass(slots=True)
class Scan:
    """The calls found, in order, or the first message about something that was meant as one."""

    calls: list[FoundCall | ListedCall] = field(default_factory=list)
    error: str | None = None


def scan_body(source: SourceText, known: KnownTools) -> Scan:
    """Find the calls of known tools in a text that holds nothing else."""
    quoted = quoted_whole(source)
    if quoted is not None:
        scan = _scan(quoted, known)
        if scan.calls or scan.error:
            return scan
    return _scan(source, known)


def quoted_whole(source: SourceText) -> SourceText | None:
    """What stands in the one fence or the one inline code span of which the whole text consists; None if it does not."""
    trimmed = source.text.strip()
    if not trimmed.startswith("`") or not trimmed.endswith("`"):
        return None
    fenced = _WHOLE_FENCE.fullmatch(trimmed) if trimmed.count("```") == 2 else _WHOLE_CODE_SPAN.fullmatch(trimmed)
    source.meter.examined += source.length
    return SourceText(fenced[1], source.meter) if fenced else None


def _scan(source: SourceText, known: KnownTools) -> Scan:
    scan = Scan()
    try:
        scan.calls.extend(_calls_at_line_starts(source, known))
    except CallError as error:
        scan.error = str(error)
    if not scan.calls and scan.error is None:
        listed, errors = listed_calls(find_listing(source), known)
        scan.calls.extend(listed)
        scan.error = errors[0] if errors else None
    return scan


def _calls_at_line_starts(source: SourceText, known: KnownTools) -> list[FoundCall]:
    calls: list[FoundCall] = []
    position = 0
    at_line_start = True
    in_code_span = False
    while position < source.length:
        if at_line_start:
            fence = source.match(_FENCE_LINE, position)
            if fence:
                position = fence.end()
            elif not in_code_span:
                found = call_at_line_start(source, position, known)
                if found:
                    calls.append(found)
                    position = found.end
        following = source.search(_LINE_END_OR_BACKTICK, position)
        if following is None:
            break
        position = following.end()
        at_line_start = following[0] == "\n"
        in_code_span ^= not at_line_start
    return calls
