"""Text to tree: feeds the filtered tokens to the LALR parser, turns what does not fit into diagnostics, and recovers.

After an error parsing goes on at top level from the next statement, so that one run reports one error a broken
statement (chapter 01 section 11.3).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from harnpy import TYPE_CHECKING
from harnpy.syntax import ast
from harnpy.syntax.ast import Span
from harnpy.syntax.diagnostics import Diagnostic, HarnSyntaxError
from harnpy.syntax.lexer import lex
from harnpy.syntax.messages import GOT_INSTEAD, SAME_LINE_HELP, parse_error
from harnpy.syntax.source import decode_source, line_and_column
from harnpy.syntax.token_filter import filter_tokens
from harnpy.syntax.tokens import Token, words
from harnpy.syntax.tree_base import Misuse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from harnpy.syntax.lalr import Parser

# Where parsing goes on after an error.
STATEMENT_STARTS = words(
    "LET VAR IF FOR WHILE MATCH RETRY RETURN THROW FN PUB TRY SELECT PIPELINE IMPORT PARALLEL ENUM STRUCT INTERFACE GUARD "
    "REQUIRE DEADLINE YIELD MUTEX TOOL"
)


def parse_program(source: str | bytes, path: str, structs: Collection[str] = ()) -> ast.Program:
    """The tree of a whole file.

    structs: names of structs that the file imports, so that `Name {` is a struct literal (`Name {key: ...}` always is).
    Raises HarnSyntaxError with one lexical diagnostic, or with every parse error in text order. No input raises
    anything else, and depth of nesting costs no recursion.
    """
    text = decode_source(source, path)
    raw = lex(text, path)
    run = _Run(text, raw, filter_tokens(raw, structs))
    program = run.parse()
    if run.diagnostics:
        raise HarnSyntaxError(path, text, run.diagnostics)
    assert program is not None
    return program


def feed(parser: Parser, tokens: Sequence[Token], position: int) -> int:
    """Let parser take tokens from position on; the index of the first one that does not fit, or their number.

    Raises Misuse.
    """
    index = parser.feed(tokens, position)
    while index < len(tokens) and _feed_split(parser, tokens[index]):
        index = parser.feed(tokens, index + 1)
    return index


def _feed_split(parser: Parser, token: Token) -> bool:
    """`>=` where only `>` fits closes type arguments: `let xs: list<int>= []`."""
    from harnpy.syntax.expectations import accepts

    if token.type != "GTE" or not accepts(parser.tables, parser.states, "GT"):
        return False
    start, end, line, column, end_line = token.span
    greater = Token("GT", ">", Span(start, start + 1, line, column, end_line))
    assign = Token("ASSIGN", "=", Span(start + 1, end, line, column + 1, end_line))
    return parser.feed((greater, assign), 0) == 2


class _Run:
    """One parse of one text."""

    def __init__(self, text: str, raw: list[Token], tokens: list[Token]) -> None:
        # Loaded here and not with the module: `harn --version` and a warm `harn run` never parse.
        from harnpy.syntax.tables import parser_tables

        self.tables = parser_tables()
        self.text = text
        self.raw = raw
        self.tokens = tokens
        self.diagnostics: list[Diagnostic] = []
        line, column = line_and_column(text, len(text))
        self.end = Span(len(text), len(text), line, column, line)
        self._starts: list[int] | None = None
        self._interpolated: tuple[list[int], list[int]] | None = None

    def parse(self) -> ast.Program | None:
        """The program, or None if there are diagnostics."""
        program, position = self._parse_from(0)
        while position is not None:
            position = self._skip_stray(position)
            _, position = self._parse_from(position)
        return program

    def _parse_from(self, position: int) -> tuple[ast.Program | None, int | None]:
        """Parse tokens as a program; on failure note the error and return where to go on."""
        from harnpy.syntax.lalr import Parser

        tokens = self.tokens
        parser = Parser(self.tables)
        try:
            index = feed(parser, tokens, position)
            program: ast.Program | None = parser.finish() if index == len(tokens) else None
        except Misuse as misuse:
            return None, self._note_misuse(misuse)
        if program is not None:
            return program, None
        if index < len(tokens) and tokens[index].type == "RBRACE" and self.diagnostics and self._is_complete(parser):
            # The end of a block whose beginning was lost to an earlier error.
            return None, index
        return None, self._note_unexpected(parser, index)

    # --- errors ---

    def _note_unexpected(self, parser: Parser, index: int) -> int | None:
        from harnpy.syntax.expectations import expected

        tokens = self.tokens
        if index < len(tokens) and tokens[index].type == "_NL" and tokens[index].value != ";":
            index += 1
        token = tokens[index] if index < len(tokens) else None
        previous = next((tokens[at] for at in range(index - 1, -1, -1) if tokens[at].type != "_NL"), None)
        heredoc = token is not None and token.type == "LT" and self._begins_heredoc(index)
        what = expected(parser.tables, parser.states, previous, token, heredoc)
        got = GOT_INSTEAD.get(what)
        help = SAME_LINE_HELP if self._lacks_line_break(what, parser, previous, token) else None
        self.diagnostics.append(parse_error(what, token, self.end, got=got, help=help))
        return self._resume(token.span.start) if token is not None else None

    def _note_misuse(self, misuse: Misuse) -> int | None:
        token = misuse.token
        if token is None:
            assert misuse.after is not None
            at = bisect_left(self._raw_starts(), misuse.after.end)
            token = self.raw[at] if at < len(self.raw) else None
        self.diagnostics.append(parse_error(misuse.what, token, self.end, got=misuse.got))
        return self._resume(token.span.start) if token is not None else None

    def _begins_heredoc(self, index: int) -> bool:
        following = self.tokens[index : index + 3]
        if [token.type for token in following] != ["LT", "LT", "NAME"]:
            return False
        return following[0].span.end == following[1].span.start and following[1].span.end == following[2].span.start

    def _lacks_line_break(self, what: str, parser: Parser, previous: Token | None, token: Token | None) -> bool:
        if what != "expression" or token is None or previous is None:
            return False
        beside = token.type in ("LBRACE", "LBRACE_C", "LBRACE_S", "IF") and token.span.line == previous.span.end_line
        return beside and self._is_complete(parser)

    def _is_complete(self, parser: Parser) -> bool:
        from harnpy.syntax.expectations import accepts

        return accepts(parser.tables, parser.states, "$END")

    # --- recovery ---

    def _resume(self, offset: int) -> int | None:
        """Index of the filtered token to go on with after an error at an offset; None at the end."""
        raw = self.raw
        at = bisect_left(self._raw_starts(), offset)
        while at < len(raw):
            kind = raw[at].type
            if kind == "RBRACE":
                return self._filtered_at(raw[at].span.start)
            if kind == "NEWLINE":
                following = raw[at + 1] if at + 1 < len(raw) else None
                if following is None:
                    return None
                if following.type in STATEMENT_STARTS:
                    return self._filtered_at(following.span.start)
            at = self._behind_string(at)
        return None

    def _behind_string(self, at: int) -> int:
        """The next raw token that is not inside an interpolated string: what is in there is no place to go on."""
        begins, ends = self._string_ranges()
        which = bisect_right(begins, at) - 1
        return ends[which] + 1 if which >= 0 and at <= ends[which] else at + 1

    def _skip_stray(self, position: int) -> int:
        tokens = self.tokens
        while position < len(tokens) and tokens[position].type in ("RBRACE", "_NL"):
            position += 1
        return position

    def _filtered_at(self, offset: int) -> int:
        return bisect_left(self.tokens, offset, key=lambda token: token.span.start)

    def _raw_starts(self) -> list[int]:
        if self._starts is None:
            self._starts = [token.span.start for token in self.raw]
        return self._starts

    def _string_ranges(self) -> tuple[list[int], list[int]]:
        """Indices of the outermost ISTR_BEGIN tokens and of their ISTR_END tokens."""
        if self._interpolated is None:
            begins, ends, depth = list[int](), list[int](), 0
            for at, token in enumerate(self.raw):
                if token.type == "ISTR_BEGIN":
                    if depth == 0:
                        begins.append(at)
                    depth += 1
                elif token.type == "ISTR_END":
                    depth -= 1
                    if depth == 0:
                        ends.append(at)
            self._interpolated = begins, ends
        return self._interpolated
