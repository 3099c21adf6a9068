"""What can be understood of a text with syntax errors: the statements and declarations that are whole.

A file in the middle of typing is mostly in order. Whatever an error is in is lost up to where the next item of the file
begins: behind a line break outside of all brackets, or, if those do not match, at a declaration in the first column.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.syntax import ast
from harnpy.syntax.lalr import Parser
from harnpy.syntax.lexer import lex_lenient
from harnpy.syntax.parser import STATEMENT_STARTS, feed
from harnpy.syntax.token_filter import filter_tokens
from harnpy.syntax.tokens import Token, words
from harnpy.syntax.tree_base import Misuse, cover

if TYPE_CHECKING:
    from harnpy.syntax.lalr import Tables

_CLOSERS = dict(
    LBRACE="RBRACE", LBRACE_C="RBRACE", LBRACE_S="RBRACE", LPAR="RPAR", LSQB="RSQB", INTERP_OPEN="INTERP_CLOSE"
)
_DECLARATION_STARTS = words("AT FN PUB PIPELINE IMPORT ENUM STRUCT INTERFACE IMPL TOOL TYPE OVERRIDE")
_CLOSING = frozenset(_CLOSERS.values())
_COMMENTS = words("COMMENT DOC_COMMENT")
# Never in parentheses, list literals and interpolations.
_STARTS_OF_STATEMENTS_ONLY = _DECLARATION_STARTS | words("LET VAR FOR WHILE RETURN THROW GUARD REQUIRE YIELD")

# How often all tokens may be parsed, on average: an error that only shows at the end sends the parser back each time.
_ROUNDS = 8


class PartialProgram(Record):
    """program: the whole items. lost: the tokens that belong to none of them, as stretches that were lost together."""

    program: ast.Program
    lost: tuple[tuple[Token, ...], ...]


def parse_partial(text: str) -> PartialProgram:
    """The whole items of text, which may have any errors. Never raises."""
    from harnpy.syntax.tables import parser_tables

    raw = [token for token in lex_lenient(text) if token.type not in _COMMENTS]
    return _Salvage(parser_tables(), filter_tokens(raw)).run()


class _Salvage:
    def __init__(self, tables: Tables, tokens: list[Token]) -> None:
        self.tables = tables
        self.tokens = tokens
        self.budget = _ROUNDS * len(tokens)

    def run(self) -> PartialProgram:
        items: list[ast.Stmt] = []
        lost: list[tuple[Token, ...]] = []
        position = self._skip_separators(0)
        while position < len(self.tokens):
            program, failed = self._parse(position, len(self.tokens))
            if program is not None:
                items.extend(program.items)
                break
            before, begin = self._whole_items(position, failed)
            items.extend(before)
            position = self._next_item(begin, failed) if self.budget > 0 else len(self.tokens)
            lost.append(tuple(self.tokens[begin:position]))
            position = self._skip_separators(position)
        span = cover(items[0], items[-1]) if items else ast.NO_SPAN
        return PartialProgram(ast.Program(span, tuple(items)), tuple(lost))

    def _parse(self, start: int, end: int) -> tuple[ast.Program | None, int]:
        """The program that tokens from start to end are, or None and the index of a token behind which it cannot go on."""
        self.budget -= end - start
        parser = Parser(self.tables)
        tokens = self.tokens if end == len(self.tokens) else self.tokens[:end]
        try:
            index = feed(parser, tokens, start)
            program: ast.Program | None = parser.finish() if index == end else None
        except Misuse as misuse:
            return None, self._index_at(misuse, end)
        return program, index

    def _index_at(self, misuse: Misuse, end: int) -> int:
        """Where tokens turned out not to fit together, which is noticed some tokens later."""
        from bisect import bisect_left

        offset = misuse.token.span.start if misuse.token is not None else misuse.after.end if misuse.after else 0
        return min(bisect_left(self.tokens, offset, key=lambda token: token.span.start), end)

    def _whole_items(self, start: int, failed: int) -> tuple[tuple[ast.Stmt, ...], int]:
        """The items from start on that are whole before the token that failed, and where the first other one begins."""
        brackets = _Brackets()
        breaks = []
        for index in range(start, failed):
            if self.tokens[index].type == "_NL" and not brackets.open:
                breaks.append(index)
            brackets.take(self.tokens[index])
        if failed < len(self.tokens) and self.tokens[failed].type in _CLOSING and not brackets.open:
            breaks.append(failed)  # a closing bracket too many begins what is lost
        for index in reversed(breaks):
            program = self._parse(start, index)[0] if self.budget > 0 else None
            if program is not None:
                return program.items, index + (self.tokens[index].type == "_NL")
        return (), start

    def _next_item(self, begin: int, failed: int) -> int:
        """Where the next item begins after one that begins at begin and has failed."""
        brackets = _Brackets()
        for index in range(begin, len(self.tokens)):
            token = self.tokens[index]
            if index > begin and self._may_begin(index, failed, brackets.open[-1] if brackets.open else ""):
                return index
            if token.type == "_NL" and index >= failed and not brackets.open:
                return index + 1
            brackets.take(token)
        return len(self.tokens)

    def _may_begin(self, index: int, failed: int, inside: str) -> bool:
        """Whether an item may begin with a token that no separator shows to begin one; inside is what closes the innermost bracket."""
        token, before = self.tokens[index], self.tokens[index - 1]
        if token.span.line == before.span.end_line and before.type != "_NL":
            return False
        if not inside:
            return index >= failed and token.type in STATEMENT_STARTS
        starts = _DECLARATION_STARTS if inside == "RBRACE" else _STARTS_OF_STATEMENTS_ONLY
        return token.span.column == 1 and token.type in starts

    def _skip_separators(self, position: int) -> int:
        while position < len(self.tokens) and self.tokens[position].type == "_NL":
            position += 1
        return position


class _Brackets:
    """Which brackets are open. A closing one closes what it fits; braces also what was left open inside of them."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def take(self, token: Token) -> None:
        """Note a token."""
        kind = token.type
        if kind in _CLOSERS:
            self.open.append(_CLOSERS[kind])
        elif kind in _CLOSING and kind in self.open and (kind == "RBRACE" or self.open[-1] == kind):
            while self.open.pop() != kind:
                pass
