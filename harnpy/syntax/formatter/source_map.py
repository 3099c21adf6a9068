"""The text that is formatted, as tokens with their brackets, and the comments between them.

Trees know nothing of comments, brackets and separators; this finds them by position. Every comment is claimed by the
part of the printer that writes it, so that one that nobody has thought of is noticed, and its surroundings are written
as they stand in the source.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from harnpy import TYPE_CHECKING
from harnpy.syntax.lexer import lex_lenient

if TYPE_CHECKING:
    from harnpy.syntax.ast import Span
    from harnpy.syntax.tokens import Token

_OPENERS = frozenset(("LPAR", "LSQB", "LBRACE", "INTERP_OPEN"))
_CLOSERS = frozenset(("RPAR", "RSQB", "RBRACE", "INTERP_CLOSE"))
_SEPARATORS = frozenset(("COMMA", "SEMI"))
_TRAILING_BLANKS = re.compile(r"[ \t\r]+(?=\n|\Z)")


class Comment:
    """One comment. text: all of it, markers included, without blanks at the ends of lines. value: what is between the markers."""

    __slots__ = ("is_doc", "span", "text", "value")

    def __init__(self, token: Token, source: str) -> None:
        self.span = token.span
        self.text = without_trailing_blanks(source[token.span.start : token.span.end])
        self.value = token.value
        self.is_doc = token.type == "DOC_COMMENT"

    @property
    def is_line(self) -> bool:
        """Whether it goes on to the end of the line, as `//` and `///` do."""
        return self.text.startswith("//")

    @property
    def is_inline(self) -> bool:
        """Whether code may follow on the same line."""
        return not self.is_line and "\n" not in self.text


class SourceMap:
    """Tokens (without line breaks), brackets and comments of a text that parses.

    Comments in interpolations are parts of their strings here. partner: of an opening or closing bracket's index, the
    index of the other one. structs: the offsets at which names become those of structs.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.comments: list[Comment] = []
        self.partner: dict[int, int] = {}
        self.structs: dict[str, int] = {}
        self.shebang = ""
        open_brackets: list[int] = []
        string_end = 0
        for token in lex_lenient(text):
            kind = token.type
            if kind == "NEWLINE":
                continue
            if kind in ("COMMENT", "DOC_COMMENT"):
                if token.span.start == 0 and text.startswith("#!"):
                    self.shebang = without_trailing_blanks(text[: token.span.end])
                elif token.span.start >= string_end:
                    self.comments.append(Comment(token, text))
                continue
            if kind in _OPENERS:
                open_brackets.append(len(self.tokens))
            elif kind in _CLOSERS:
                opener = open_brackets.pop()
                self.partner[opener] = len(self.tokens)
                self.partner[len(self.tokens)] = opener
            elif kind == "ISTR_BEGIN":
                string_end = max(string_end, token.span.end)
            elif kind == "NAME" and self.tokens and self.tokens[-1].type == "STRUCT":
                self.structs.setdefault(token.value, token.span.start)
            self.tokens.append(token)
        self.starts = [token.span.start for token in self.tokens]
        self._comment_starts = [comment.span.start for comment in self.comments]
        self._unclaimed = list(self._comment_starts)

    # --- tokens ---

    def index_at(self, offset: int) -> int:
        """The first token that starts at the offset or behind it."""
        return bisect_left(self.starts, offset)

    def find(self, kind: str, offset: int) -> int:
        """The first token of a kind from the offset on."""
        return self.find_from(kind, self.index_at(offset))

    def find_from(self, kind: str, index: int) -> int:
        """The first token of a kind from an index on."""
        while self.tokens[index].type != kind:
            index += 1
        return index

    def kind(self, index: int) -> str:
        """The kind of a token; "" outside the text."""
        return self.tokens[index].type if 0 <= index < len(self.tokens) else ""

    def first_of(self, span: Span, after: int, openers: tuple[str, ...] = ("LPAR", "PUB")) -> int:
        """The first token of what a node stands for: with the parentheses (and `pub`) that its span leaves out.

        after: the last token that certainly does not belong to it.
        """
        index = self.index_at(span.start)
        while index - 1 > after and self.tokens[index - 1].type in openers:
            index -= 1
        return index

    def last_before(self, index: int) -> int:
        """The last token before an index that is no separator."""
        index -= 1
        while index >= 0 and self.tokens[index].type in _SEPARATORS:
            index -= 1
        return index

    def behind_parentheses(self, offset: int) -> int:
        """The first token from the offset on that closes no parenthesis."""
        index = self.index_at(offset)
        while self.kind(index) == "RPAR":
            index += 1
        return index

    def line_of(self, index: int) -> int:
        """The line on which a token starts; 0 outside the text."""
        return self.tokens[index].span.line if 0 <= index < len(self.tokens) else 0

    def end_line_of(self, index: int) -> int:
        """The line on which a token ends; 0 outside the text."""
        return self.tokens[index].span.end_line if 0 <= index < len(self.tokens) else 0

    def start_of(self, index: int) -> int:
        """The offset at which a token starts, or the end of the text."""
        return self.starts[index] if index < len(self.tokens) else len(self.text)

    def end_of(self, index: int) -> int:
        """The offset behind a token, or the beginning of the text."""
        return self.tokens[index].span.end if index >= 0 else 0

    # --- comments ---

    def has_comments(self, start: int, end: int) -> bool:
        """Whether a comment starts between two offsets."""
        starts = self._comment_starts
        if not starts:
            return False
        at = bisect_left(starts, start)
        return at < len(starts) and starts[at] < end

    def comments_between(self, before: int, after: int) -> list[Comment]:
        """The comments that start behind one token and before another, in order. Indices may lie outside the text."""
        if not self.comments:
            return []
        low = bisect_left(self._comment_starts, self.end_of(before))
        high = bisect_left(self._comment_starts, self.start_of(after))
        return self.comments[low:high]

    def claim(self, comments: list[Comment]) -> None:
        """Note that these are written."""
        unclaimed = self._unclaimed
        for comment in comments:
            at = bisect_left(unclaimed, comment.span.start)
            if at < len(unclaimed) and unclaimed[at] == comment.span.start:
                del unclaimed[at]

    def claim_rest(self, first: int, last: int) -> bool:
        """Claim all comments from one token to another; whether there was one that nobody had claimed."""
        unclaimed = self._unclaimed
        low = bisect_left(unclaimed, self.starts[first])
        high = bisect_left(unclaimed, self.starts[last], low)
        del unclaimed[low:high]
        return low < high

    def verbatim(self, first: int, last: int) -> str:
        """The text from one token to another as it is, without blanks at the ends of lines."""
        written: list[str] = []
        index = first
        while True:
            span = self.tokens[index].span
            written.append(self.text[span.start : span.end])
            following = self.index_at(span.end)
            if following > last or span.end >= self.end_of(last):
                return "".join(written)
            written.append(_TRAILING_BLANKS.sub("", self.text[span.end : self.starts[following]] + "\0")[:-1])
            index = following


def without_trailing_blanks(text: str) -> str:
    """text without blanks at the ends of its lines."""
    return _TRAILING_BLANKS.sub("", text)
