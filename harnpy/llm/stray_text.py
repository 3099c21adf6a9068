"""The text of a response that stands outside every block of the protocol (chapter 12 sections 12.3.1 and 12.3.2).

A model that forgets the tags still means its calls, so that they run. A model that shows what a call looks like does
not: a call in a fence or in a code span among prose is an example. To tell the two apart, the text between two blocks
is read as one region, unknown tags in it included, and decided about at its end.

A whole call is taken as a unit, and so is a heredoc or a JSON list of calls: what stands in their strings neither ends
the text nor runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from harnpy.llm.argument_expressions import heredoc_opening
from harnpy.llm.call_expressions import CallError, FoundCall, KnownTools, call_at_line_start, parse_call
from harnpy.llm.json_fallback import LIST_OPENING, OBJECT_OPENING, ListedCall, listed_calls, listing_at
from harnpy.llm.json_values import Json
from harnpy.llm.source_text import SourceText

# Reading a damaged call may pass much text that is then read again. What all such readings of a response may pass is
# this many times its length; behind that no call outside of `<tool_call>` is looked for any more.
_DAMAGED_SHARE = 16

_FENCE_LINE = re.compile(r"[ \t]*+(`{3,}+|~{3,}+)([^\n]*+)")
_BLANK_LINES = re.compile(r"(?:[ \t\r]*+\n)*+")
_INDENTED_ANGLE = re.compile(r"[ \t]*+<")
_REST_OF_LINE_BLANK = re.compile(r"[ \t\r]*+(?:\n|\Z|<)")
_STOP = re.compile(r'[\n`<]|\[\{"id":|\{"id":"call_')
_BLOCK_OR_HEREDOC = re.compile(r"<<|<(?:tool_call|assistant_prose|done)>")
_NO_PROSE = " \t\r\n\f`"


@dataclass(frozen=True, slots=True)
class StrayCall:
    """A call in stray text; quoted says that it stands in a fence or code span and may be an example."""

    call: FoundCall
    quoted: bool


@dataclass(frozen=True, slots=True)
class _Listing:
    """A JSON list of calls, or one call, in stray text; value is None if it is damaged."""

    value: Json
    end: int
    quoted: bool


@dataclass(slots=True)
class Fragment:
    """Stray text without tags. has_prose: there is more in it than calls and fences."""

    source: SourceText
    start: int
    end: int = 0
    calls: list[StrayCall] = field(default_factory=list)
    has_prose: bool = False
    list_of_calls: _Listing | None = None
    one_call: _Listing | None = None

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def as_source(self) -> SourceText:
        return self.source.part(self.start, self.end)

    def accepted(self, known: KnownTools, is_among_prose: bool) -> list[FoundCall | ListedCall]:
        """The calls that are no examples, given whether prose stands around them."""
        calls: list[FoundCall | ListedCall] = [
            stray.call for stray in self.calls if not (stray.quoted and is_among_prose)
        ]
        if calls or self.calls:
            return calls
        listing = self._listing()
        if listing is None or (listing.quoted and is_among_prose):
            return []
        return list(listed_calls(listing.value, known)[0])

    def _listing(self) -> _Listing | None:
        if self.list_of_calls is not None or self.one_call is None:
            return self.list_of_calls
        return self.one_call if not self.source.text[self.one_call.end : self.end].strip() else None


class StrayReader:
    """Reads the stray text of one response, front to back. It keeps whether a fence or a code span is open."""

    def __init__(self, source: SourceText, known: KnownTools) -> None:
        self._source = source
        self._known = known
        self._allowance = _DAMAGED_SHARE * source.length
        self._fence = ""
        self._in_code_span = False

    @property
    def in_quotes(self) -> bool:
        """Whether the text that comes next stands in a fence or a code span."""
        return bool(self._fence) or self._in_code_span

    @property
    def in_fence(self) -> bool:
        return bool(self._fence)

    def end_code_span(self) -> None:
        """A block ends every code span; a fence goes on, since whole responses are put into fences."""
        self._in_code_span = False

    def call_at(self, position: int) -> FoundCall | None:
        """The call with which the line at position begins, unless it is damaged."""
        return self._attempt(lambda: call_at_line_start(self._source, position, self._known))[0]

    def whole_call(self, name: str, position: int) -> FoundCall | None:
        """The call of name whose `(` is at position, unless it is damaged."""
        return self._attempt(lambda: parse_call(self._source, name, position))[0]

    def _attempt(self, read: Callable[[], FoundCall | None]) -> tuple[FoundCall | None, int]:
        """What read finds, and where it stopped if that is damaged, else 0. In vain is paid from the allowance."""
        if self._allowance < 0:
            return None, 0
        before = self._source.meter.examined
        found, stopped = None, 0
        try:
            found = read()
        except CallError as error:
            stopped = error.position
        if found is None:
            self._allowance -= self._source.meter.examined - before
        return found, stopped

    def read_fragment(self, start: int) -> Fragment:
        """The stray text that begins at start, up to the next `<` that is not part of a call, list or heredoc."""
        fragment = Fragment(self._source, start)
        position = start
        at_line_start = True
        while position < self._source.length:
            if at_line_start:
                position = self._read_line_start(fragment, position)
            stop = self._source.search(_STOP, position)
            until = stop.start() if stop else self._source.length
            if not self._fence and not fragment.has_prose:
                fragment.has_prose = self._has_prose(position, until)
            position = until
            if stop is None:
                break
            at_line_start = stop[0] == "\n"
            if stop[0] == "<":
                behind = self._behind_heredoc(position)
                if behind is None:
                    break
                position = behind
            elif stop[0] == "`":
                self._in_code_span ^= not self._fence
                position = stop.end()
            elif at_line_start:
                position = stop.end()
            else:
                position = self._read_listing(fragment, stop)
        fragment.end = position
        return fragment

    def _read_line_start(self, fragment: Fragment, position: int) -> int:
        """Take the call or the fence with which the line begins, blank lines aside; the position behind it."""
        blank_lines = self._source.match(_BLANK_LINES, position)
        position = blank_lines.end() if blank_lines else position
        fence_line = self._source.match(_FENCE_LINE, position)
        if fence_line and self._passes_fence(fence_line):
            return fence_line.end()
        if self._in_code_span or self._source.match(_INDENTED_ANGLE, position):
            return position
        found, stopped = self._attempt(lambda: call_at_line_start(self._source, position, self._known))
        if found is None and stopped > position:
            fragment.has_prose |= not self._fence
            return self._behind_damage(position, stopped)
        if found is None:
            return position
        # At the beginning of a line `name()` may be the subject of a sentence.
        if not found.has_argument and not self._source.match(_REST_OF_LINE_BLANK, found.end):
            return position
        fragment.calls.append(StrayCall(found, bool(self._fence)))
        return found.end

    def _passes_fence(self, line: re.Match[str]) -> bool:
        """Open or close a fence by a line that looks like one (CommonMark 0.31, section 4.5)."""
        marks, rest = line[1], line[2]
        if not self._fence:
            if marks[0] == "`" and "`" in rest:
                return False
            self._fence = marks
            self._in_code_span = False
        elif marks.startswith(self._fence) and not rest.strip():
            self._fence = ""
        return True

    def _behind_damage(self, position: int, stopped: int) -> int:
        """Where to read on behind a damaged call: not in its strings, yet no later than at the next block."""
        end = position
        while True:
            landmark = self._source.search(_BLOCK_OR_HEREDOC, end, max(end, stopped))
            if landmark is None:
                break
            if landmark[0] != "<<":
                return landmark.start()
            end = self._behind_heredoc(landmark.start()) or landmark.end()
        # Reading may have stopped at the beginning of another line, which is a line like any other.
        newline = self._source.text.rfind("\n", position, stopped)
        self._source.meter.examined += stopped - max(newline, position)
        return newline if newline >= 0 and not self._source.text[newline:stopped].strip() else stopped

    def _behind_heredoc(self, position: int) -> int | None:
        opening = heredoc_opening(self._source, position)
        closing = self._source.heredoc_end(opening[2], opening.end()) if opening else None
        return closing[1] if closing else None

    def _read_listing(self, fragment: Fragment, opening: re.Match[str]) -> int:
        is_list = opening[0] == LIST_OPENING
        if self._in_code_span or self._allowance < 0:
            return opening.end()
        if (fragment.list_of_calls if is_list else fragment.one_call) is not None:
            return opening.end()
        before = self._source.meter.examined
        found = listing_at(self._source, opening.start())
        self._allowance -= self._source.meter.examined - before
        value, end = found or (None, opening.end())
        listing = _Listing(value, end, bool(self._fence))
        if opening[0] == OBJECT_OPENING:
            fragment.one_call = listing
        else:
            fragment.list_of_calls = listing
        return end

    def _has_prose(self, start: int, end: int) -> bool:
        return bool(self._source.text[start:end].strip(_NO_PROSE))
