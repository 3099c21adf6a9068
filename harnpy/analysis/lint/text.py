"""The text behind a tree: its tokens, comments and lines, and what the spans of nodes leave out.

Parentheses leave no node, and the span of a node begins where its leftmost name or literal does; so an edit that is to
replace an expression as a whole asks here how far that reaches. Knows no rules.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from harnpy import TYPE_CHECKING
from harnpy.syntax.ast import Span
from harnpy.syntax.lexer import lex_lenient

if TYPE_CHECKING:
    from harnpy.syntax.tokens import Token

_OPENERS = frozenset(("LPAR", "LSQB", "LBRACE", "INTERP_OPEN"))
_CLOSERS = frozenset(("RPAR", "RSQB", "RBRACE", "INTERP_CLOSE"))
_BLANKS = re.compile(r"[ \t]*")
_WORDS = re.compile(r"\w+")

# The longest text, in characters, that an edit repeats. Findings may be nested in each other, each with an edit that repeats
# most of the one around it.
MOST_REPEATED = 10_000


class SourceText:
    """One file that parses.

    tokens: all but comments and line breaks, in text order. comments: those, in text order. partner: for the index of a
    bracket that of the bracket it belongs to.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.comments: list[Token] = []
        self.partner: dict[int, int] = {}
        opened: list[int] = []
        for token in lex_lenient(source):
            kind = token.type
            if kind == "NEWLINE":
                continue
            if kind == "COMMENT" or kind == "DOC_COMMENT":
                self.comments.append(token)
                continue
            if kind in _OPENERS:
                opened.append(len(self.tokens))
            elif kind in _CLOSERS and opened:
                self.partner[len(self.tokens)] = opened[-1]
                self.partner[opened.pop()] = len(self.tokens)
            self.tokens.append(token)
        self.starts = [token.span.start for token in self.tokens]
        self._comment_starts = [comment.span.start for comment in self.comments]
        self._lines = [0, *(match.end() for match in re.finditer("\n", source))]
        # Line comments that have their line to themselves, and all comments that begin theirs, by the line on which they end.
        self.line_comments: dict[int, Token] = {}
        self.leading_comments: dict[int, Token] = {}
        for comment in self.comments:
            if self.is_first_on_line(comment.span.start):
                self.leading_comments[comment.span.end_line] = comment
                if source.startswith("//", comment.span.start):
                    self.line_comments[comment.span.line] = comment

    # --- lines --------------------------------------------------------------------------------------------------------

    @property
    def newline(self) -> str:
        """How lines end in this file."""
        return "\r\n" if "\r\n" in self.source else "\n"

    def line_start(self, line: int) -> int:
        """The offset at which a line begins; that of the end of the text for lines beyond."""
        return self._lines[line - 1] if line <= len(self._lines) else len(self.source)

    def line_of(self, offset: int) -> int:
        """The line on which an offset stands."""
        return bisect_right(self._lines, offset)

    def at(self, start: int, end: int | None = None) -> Span:
        """The span of a piece of text, or of the place before a character."""
        end = start if end is None else end
        line = self.line_of(start)
        return Span(start, end, line, start - self._lines[line - 1] + 1, self.line_of(end))

    def indentation(self, offset: int) -> str:
        """The blanks at the beginning of the line on which an offset stands."""
        match = _BLANKS.match(self.source, self._lines[self.line_of(offset) - 1])
        assert match is not None
        return match[0]

    def is_first_on_line(self, offset: int) -> bool:
        """Whether only blanks stand before an offset on its line."""
        begin = self._lines[self.line_of(offset) - 1]
        return not self.source[begin:offset].strip(" \t")

    def behind_blanks(self, offset: int) -> int:
        """The first offset from one on at which there is no blank."""
        match = _BLANKS.match(self.source, offset)
        assert match is not None
        return match.end()

    def before_blanks(self, offset: int) -> int:
        """The offset at which the blanks before one begin, on the same line."""
        while offset and self.source[offset - 1] in " \t":
            offset -= 1
        return offset

    def behind_line_end(self, offset: int) -> int:
        """The offset behind the line end that stands at one, or offset itself if none does."""
        for ending in ("\r\n", "\n"):
            if self.source.startswith(ending, offset):
                return offset + len(ending)
        return offset

    # --- tokens -------------------------------------------------------------------------------------------------------

    def index_at(self, offset: int) -> int:
        """The index of the first token that begins at an offset or behind it."""
        return bisect_left(self.starts, offset)

    def kind(self, index: int) -> str:
        """The kind of a token; "" beyond the ends."""
        return self.tokens[index].type if 0 <= index < len(self.tokens) else ""

    def has_comment(self, start: int, end: int) -> bool:
        """Whether a comment begins between two offsets."""
        return bisect_left(self._comment_starts, start) < bisect_left(self._comment_starts, end)

    def comments_between(self, start: int, end: int) -> list[Token]:
        """The comments that begin between two offsets."""
        return self.comments[bisect_left(self._comment_starts, start) : bisect_left(self._comment_starts, end)]

    def is_in_comment(self, offset: int) -> bool:
        """Whether an offset lies inside a comment, its edges not included."""
        index = bisect_left(self._comment_starts, offset) - 1
        return index >= 0 and self.comments[index].span.end > offset

    def words(self, start: int, end: int) -> list[str]:
        """All that looks like a name between two offsets, names in strings and comments included."""
        return _WORDS.findall(self.source, start, end)

    # --- extents ------------------------------------------------------------------------------------------------------

    def whole(self, span: Span) -> tuple[int, int]:
        """Where an expression begins and ends, with the parentheses inside it that its span leaves out."""
        first, last = self._tokens_of(span)
        return self.starts[first], self.tokens[last].span.end

    def operand(self, span: Span) -> tuple[int, int]:
        """As whole, with the parentheses around it too. Only for operands, which no call has parentheses around."""
        first, last = self._tokens_of(span)
        while self.kind(first - 1) == "LPAR" and self.partner.get(first - 1) == last + 1:
            first, last = first - 1, last + 1
        return self.starts[first], self.tokens[last].span.end

    def statement_end(self, end: int) -> int:
        """The end of a statement whose span ends at an offset: parentheses around its last expression belong to it."""
        index = self.index_at(end)
        while self.kind(index) == "RPAR" and self.partner.get(index, len(self.tokens)) < index:
            end = self.tokens[index].span.end
            index += 1
        return end

    def _tokens_of(self, span: Span) -> tuple[int, int]:
        first, last = self.index_at(span.start), self.index_at(span.end) - 1
        while True:
            if self.kind(first - 1) == "LPAR" and self.partner.get(first - 1, last + 1) <= last:
                first -= 1
            elif self.kind(last + 1) == "RPAR" and self.partner.get(last + 1, first - 1) >= first:
                last += 1
            else:
                return first, last
