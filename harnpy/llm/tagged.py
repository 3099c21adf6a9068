"""The tagged response protocol: prose, tool calls and the done marker in one text (chapter 12 section 12.3).

A model is asked to put everything it says into one of three tags. This reads a response generously, and says for each
thing outside the protocol what was wrong with it. It always reads to the end, in time linear in the response, and
raises nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from harnpy.llm.call_expressions import FoundCall, KnownTools, lone_call, name_before_parenthesis
from harnpy.llm.call_scanner import scan_body
from harnpy.llm.canonical import canonical_call, canonical_done, canonical_prose
from harnpy.llm.deltas import ToolCall
from harnpy.llm.json_fallback import ListedCall
from harnpy.llm.quoted_preview import quoted
from harnpy.llm.source_text import SourceText
from harnpy.llm.stray_region import AngleCall, BrokenTag, StrayRegion, UnclosedProse
from harnpy.llm.stray_text import StrayReader
from harnpy.llm.think_markers import without_thinking

LEDGER_TOOL = "ledger"

_WHITE_SPACE = re.compile(r"[ \t\r\n\f]*+")
_TAGS = ("tool_call", "assistant_prose", "done")
_CALL_TAG = re.compile(r"<(/?)tool_call>")
_BODY_PREVIEW = 120


class Tagged(NamedTuple):
    """What a response says. errors are per damaged tool call, violations per breach of the protocol."""

    prose: str
    calls: tuple[ToolCall, ...]
    errors: tuple[str, ...]
    violations: tuple[str, ...]
    done_marker: str | None
    canonical: str


_NOTHING = Tagged("", (), (), (), None, "")


def parse_tagged(text: str, tools: Collection[str]) -> Tagged:
    """Read a response; tools are the names that may be called, besides the ledger."""
    return TaggedReader(text, tools).read() if text else _NOTHING


@lru_cache(maxsize=64)
def _known_tools(tools: tuple[str, ...]) -> KnownTools:
    """The same for all turns of a loop."""
    return KnownTools([*tools, LEDGER_TOOL])


class TaggedReader:
    """Reads one response. examined says afterwards how many characters all searches in it passed."""

    def __init__(self, text: str, tools: Collection[str]) -> None:
        self._source = SourceText(without_thinking(text))
        self._known = _known_tools(tuple(tools))
        self._stray = StrayReader(self._source, self._known)
        self._region = StrayRegion()
        self._prose: list[str] = []
        self._calls: list[ToolCall] = []
        self._ids: dict[str, int] = {}
        self._numbered = 0
        self._errors: list[str] = []
        self._violations: list[str] = []
        self._canonical: list[str] = []
        self._done: str | None = None

    @property
    def examined(self) -> int:
        return self._source.meter.examined

    def read(self) -> Tagged:
        """What the response says."""
        position = 0
        while True:
            blank = self._source.match(_WHITE_SPACE, position)
            position = blank.end() if blank else position
            if position >= self._source.length:
                break
            if self._source.at(position) == "<":
                position = self._read_tag(position)
            else:
                fragment = self._stray.read_fragment(position)
                self._region.add(fragment)
                position = fragment.end
        self._end_region()
        if self._source.text.strip() and not (
            self._prose or self._calls or self._errors or self._violations or self._done
        ):
            self._violations.append(
                "Response contained no <tool_call>, <assistant_prose>, or <done> block. "
                "A response is made of these tags and nothing else."
            )
        return Tagged(
            "\n\n".join(self._prose),
            tuple(self._calls),
            tuple(self._errors),
            tuple(self._violations),
            self._done,
            "\n\n".join(self._canonical),
        )

    def _read_tag(self, start: int) -> int:
        """Read what begins with `<` at start; the position behind it."""
        for tag in _TAGS:
            opening = f"<{tag}>"
            if self._source.text.startswith(opening, start):
                body = start + len(opening)
                end = self._source.find(f"</{tag}>", body)
                if end < 0:
                    break
                self._end_region()
                self._stray.end_code_span()
                return self._take_block(tag, body, end)
        return self._read_angle_call(start) or self._skip_broken_tag(start)

    def _take_block(self, tag: str, start: int, end: int) -> int:
        """Take the block whose body goes from start to end; the position behind it."""
        if tag == "tool_call":
            return self._take_call_block(start, end)
        body = self._source.text[start:end].strip()
        if tag == "assistant_prose":
            if body:
                self._prose.append(body)
                self._canonical.append(canonical_prose(body))
        elif body:
            self._done = body
            self._canonical.append(canonical_done(body))
        else:
            self._violations.append("<done> block is empty. It has to hold the done sentinel, by default `##DONE##`.")
        return end + len(f"</{tag}>")

    def _take_call_block(self, start: int, end: int) -> int:
        body = self._source.part(start, end)
        behind = end + len("</tool_call>")
        lone = lone_call(body, self._known)
        if lone is not None:
            self._accept(lone)
            return behind
        scan = scan_body(body, self._known)
        error = scan.error
        if error is None and len(scan.calls) == 1:
            self._accept(scan.calls[0])
            return behind
        quoting = self._call_that_quotes_blocks(start, body.text)
        if quoting is not None:
            found, behind = quoting
            self._accept(found)
            return behind
        if error is None and not scan.calls:
            error = (
                "<tool_call> body did not contain a bare `name({ ... })` expression. "
                f"Got: {quoted(body.text.strip(), _BODY_PREVIEW)}"
            )
        elif error is None:
            error = f"<tool_call> body contained {len(scan.calls)} calls; emit one call per <tool_call> block."
        self._errors.append(error)
        return behind

    def _call_that_quotes_blocks(self, start: int, body: str) -> tuple[FoundCall, int] | None:
        """A call with whole `<tool_call>` blocks in a string, and where its own block ends.

        Such is an edit of a text about the protocol. Cut at the first closing tag it would be damaged, and what its
        string says would run.
        """
        if "<tool_call>" not in body:
            return None
        line = self._source.match(_WHITE_SPACE, start)
        found = self._stray.call_at(line.end() if line else start)
        if found is None:
            return None
        open_blocks = 0
        for tag in _CALL_TAG.finditer(self._source.text, start, found.end):
            open_blocks += -1 if tag[1] else 1
            if open_blocks < 0:
                return None
        closing = self._source.match(_WHITE_SPACE, found.end)
        end = closing.end() if closing else found.end
        if open_blocks or not self._source.text.startswith("</tool_call>", end):
            return None
        return found, end + len("</tool_call>")

    def _read_angle_call(self, start: int) -> int | None:
        name = name_before_parenthesis(self._source, start + 1)
        if name is None or name not in self._known:
            return None
        found = self._stray.whole_call(name, start + 1 + len(name))
        if found is None:
            return None
        self._region.add(AngleCall(found, self._source.text[start : found.end], self._stray.in_quotes))
        return found.end

    def _skip_broken_tag(self, start: int) -> int:
        newline = self._source.find("\n", start)
        line_end = self._source.length if newline < 0 else newline
        closing = self._source.find(">", start)
        is_closed = 0 <= closing < line_end
        end = closing + 1 if is_closed else line_end
        fragment = self._source.text[start:end]
        if fragment == "<assistant_prose>":
            self._region.add(UnclosedProse(fragment))
        else:
            self._region.add(BrokenTag(fragment, is_closed))
        return end

    def _end_region(self) -> None:
        """Decide about the stray text read since the last block."""
        if self._region.is_empty:
            return
        is_among_prose = self._region.has_prose and self._stray.in_fence
        for outcome in self._region.outcomes(self._known):
            for call in outcome.calls:
                self._accept(call, is_angle=outcome.is_angle)
            self._violations.append(outcome.violation)
        self._region = StrayRegion(is_among_prose)

    def _accept(self, call: FoundCall | ListedCall, *, is_angle: bool = False) -> None:
        if isinstance(call, ListedCall):
            identifier = self._unique(call.id)
        elif is_angle:
            identifier = self._unique(f"tc_angle_{call.name}")
        else:
            identifier = self._unique(f"tc_{self._numbered}")
            self._numbered += 1
        self._calls.append({"id": identifier, "name": call.name, "arguments": call.arguments})
        self._canonical.append(canonical_call(call.name, call.arguments))

    def _unique(self, identifier: str) -> str:
        """identifier itself if it is free: results are told apart by it."""
        candidate = identifier
        while candidate in self._ids:
            self._ids[identifier] += 1
            candidate = f"{identifier}_{self._ids[identifier]}"
        self._ids[candidate] = 1
        return candidate
