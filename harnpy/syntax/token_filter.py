"""Raw tokens to the token stream of grammar/harn.lark: what neighbours decide, without looking at the grammar.

Splits `{` (LBRACE_C closure, LBRACE_S struct literal), `?` (QTERN, QT) and `fn` (FN_EXPR before a parenthesis), gives
contextual words their kinds, joins `not in`, and reduces line breaks to the `_NL` tokens that separate something.
It never fails: text that makes no sense is passed on for the parser to report.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.syntax.ast import Span
from harnpy.syntax.tokens import KEYWORD_KINDS, Token, words

if TYPE_CHECKING:
    from collections.abc import Collection

_KEYWORDS = frozenset(KEYWORD_KINDS.values())

# Tokens that can end a statement or an expression: only behind these does a line break count.
_ENDERS = words(
    "NAME INT FLOAT DUR STR ISTR_END RSTR TRUE FALSE NIL RPAR RSQB RBRACE QT GT EXCLUSIVE BREAK CONTINUE RETURN YIELD"
)
# Tokens that cannot begin a statement or an element: a line break before them is none. `-` `(` `[` `{` are not among them.
_CONTINUERS = words(
    "DOT QDOT PIPE OR AND PLUS STAR SLASH PERCENT POW NILCOAL EQ NEQ LT LTE GTE GT QT QTERN NOT_IN BAR "
    "ASSIGN PLUSEQ MINUSEQ STAREQ SLASHEQ PERCENTEQ RPAR RSQB RBRACE INTERP_CLOSE COMMA COLON ARROW "
    "ELSE CATCH FINALLY IN FROM TO EXCLUSIVE EXTENDS"
)
# Tokens that begin a statement or an element even on the line of the one before. `if` is missing: it may be the guard of a match arm.
_SIDE_BY_SIDE = words(
    "NAME INT FLOAT DUR STR ISTR_BEGIN RSTR TRUE FALSE NIL NOT AT LET VAR FOR WHILE MATCH RETRY RETURN THROW FN FN_EXPR PUB "
    "TRY SELECT PIPELINE IMPORT PARALLEL ENUM STRUCT INTERFACE GUARD REQUIRE DEADLINE YIELD MUTEX TOOL TYPE IMPL OVERRIDE "
    "SPAWN DEFER BREAK CONTINUE"
)
_SEPARABLE = _ENDERS - {"RETURN", "YIELD", "GT"}
_TERNARY_STARTS = words("NAME INT FLOAT STR ISTR_BEGIN TRUE FALSE NIL LPAR LSQB LBRACE NOT MINUS FN")
_OPENERS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE", "INTERP_OPEN": "INTERP_CLOSE"}
_CLOSERS = frozenset(_OPENERS.values())
_CLOSED_BY_INNER = frozenset({"RPAR", "RSQB"})  # a stray `)` closes nothing beyond its own `{`
_CONTEXTUAL = frozenset({"each", "settle", "with", "not", "timeout", "default", "description", "where", "as"})


class _Bracket(Record):
    closer: str
    index: int  # of the opening token in the output
    of_select: bool


def filter_tokens(raw: list[Token], structs: Collection[str] = ()) -> list[Token]:
    """The stream for the parser. `structs`: struct names known from elsewhere, such as imports."""
    return _Filter(raw, structs).run()


class _Filter:
    def __init__(self, raw: list[Token], structs: Collection[str]) -> None:
        self.raw = raw
        self.out: list[Token] = []
        self.structs = set(structs)
        self.brackets: list[_Bracket] = []

    def run(self) -> list[Token]:
        raw, out = self.raw, self.out
        count = len(raw)
        line_break: Token | None = None
        separator: Token | None = None  # a `;` since the last token
        skip = False  # the `in` that a NOT_IN has taken
        previous = ""
        for index in range(count):
            token = raw[index]
            kind = token.type
            if kind == "NEWLINE":
                line_break = line_break or token
                continue
            if skip:
                skip = False
                continue
            if kind == "SEMI" and self._separates(previous):
                separator = separator or token
                continue
            broken = line_break is not None
            original = kind
            following = raw[index + 1].type if index + 1 < count else ""
            if kind == "NAME":
                value = token.value
                if value in _CONTEXTUAL:
                    kind = self._contextual(token, index, previous, broken)
                    if kind == "NOT_IN":
                        skip = True
                        after = raw[index + 1].span
                        token = Token(
                            "NOT_IN", "not", Span(token.span.start, after.end, *token.span[2:4], after.end_line)
                        )
                elif previous == "STRUCT":
                    self.structs.add(value)
            elif kind in _KEYWORDS:
                if previous == "DOT" or previous == "QDOT":
                    kind = "NAME"
                elif kind == "SELECT" and following == "LPAR":
                    kind = "NAME"  # the builtin; the statement wants a brace here
                elif kind == "FN" and self._next(index) == "LPAR" and not self._begins_statement(previous, broken):
                    kind = "FN_EXPR"
            elif kind == "LBRACE":
                if previous == "NAME" and not broken and (out[-1].value in self.structs or self._begins_entries(index)):
                    kind = "LBRACE_S"
            elif kind == "ARROW":
                self._mark_closure()
            elif kind == "QT":
                if following in _TERNARY_STARTS and not (following == "LPAR" and self._next(index + 1) == "RPAR"):
                    kind = "QTERN"

            if separator is not None:
                if previous in _ENDERS and kind != "RBRACE":
                    out.append(Token("_NL", ";", separator.span))
            elif previous in _ENDERS:
                is_key = original in _KEYWORDS and following == "COLON"
                if line_break is not None:
                    if (kind not in _CONTINUERS or is_key) and not self._is_where_clause(token, index):
                        out.append(Token("_NL", "\n", line_break.span))
                elif (
                    previous in _SEPARABLE
                    and (kind in _SIDE_BY_SIDE or (is_key and original not in ("TRUE", "FALSE", "NIL")))
                    and not self._binds_name(out[-1], token)
                ):
                    span = token.span
                    out.append(Token("_NL", "", Span(span.start, span.start, span.line, span.column, span.line)))
            line_break = separator = None
            out.append(token if kind == token.type else Token(kind, token.value, token.span))
            if original in _OPENERS:
                self.brackets.append(_Bracket(_OPENERS[original], len(out) - 1, previous == "SELECT"))
            elif original in _CLOSERS:
                self._close(original)
            previous = kind
        return out

    # --- neighbours ---

    def _next(self, index: int) -> str:
        """Kind of the next token that is no NEWLINE."""
        position = self._next_index(index)
        return self.raw[position].type if position < len(self.raw) else ""

    def _next_index(self, index: int) -> int:
        raw, position = self.raw, index + 1
        while position < len(raw) and raw[position].type == "NEWLINE":
            position += 1
        return position

    def _separates(self, previous: str) -> bool:
        """Whether a `;` here stands between statements (or is an empty one)."""
        in_braces = not self.brackets or self.brackets[-1].closer == "RBRACE"
        return in_braces and (previous in _ENDERS or previous in ("", "LBRACE", "LBRACE_S"))

    def _begins_statement(self, previous: str, broken: bool) -> bool:
        if previous in ("", "LBRACE", "LBRACE_S", "PUB"):
            return True
        in_braces = not self.brackets or self.brackets[-1].closer == "RBRACE"
        return in_braces and broken and previous in _ENDERS

    def _begins_entries(self, index: int) -> bool:
        """Whether `{` is followed by `key:`, which begins no block, or by a spread: then even an unknown name before it is a struct."""
        first = self._next_index(index)
        if first >= len(self.raw) or (len(self.out) > 1 and self.out[-2].type in ("STRUCT", "PUB", "ENUM")):
            return False
        kind = self.raw[first].type
        if kind == "ELLIPSIS":
            return True
        return (kind in ("NAME", "STR") or kind in _KEYWORDS) and self._next(first) == "COLON"

    def _is_where_clause(self, token: Token, index: int) -> bool:
        """`where T: Bound` on the line after the signature."""
        if token.value != "where" or token.type != "NAME":
            return False
        name = self._next_index(index)
        return name < len(self.raw) and self.raw[name].type == "NAME" and self._next(name) == "COLON"

    @staticmethod
    def _binds_name(before: Token, token: Token) -> bool:
        """`where T`, `out T` and `) where` are no two statements."""
        return (token.value == "where" and token.type == "NAME") or (
            before.type == "NAME" and before.value in ("where", "out")
        )

    def _contextual(self, token: Token, index: int, previous: str, broken: bool) -> str:
        """Kind of a word that is special in one place."""
        value = token.value
        after = self.raw[index + 1].type if index + 1 < len(self.raw) else ""
        if value in ("each", "settle"):
            return value.upper() if previous == "PARALLEL" and not broken else "NAME"
        if value == "with":
            return "WITH" if previous in _ENDERS and self._next(index) == "LBRACE" and not broken else "NAME"
        if value == "as":
            is_import = previous == "STR" and len(self.out) > 1 and self.out[-2].type == "IMPORT"
            return "AS" if is_import and not broken and self._next(index) == "NAME" else "NAME"
        if value == "not":
            return "NOT_IN" if previous in _ENDERS and after == "IN" else "NAME"
        if value in ("timeout", "default"):
            begins_case = (
                self.brackets
                and self.brackets[-1].of_select
                and previous in ("LBRACE", "LBRACE_C", "LBRACE_S", "RBRACE")
            )
            return value.upper() if begins_case else "NAME"
        if value == "description":
            return "DESCRIPTION" if previous == "LBRACE" and self._next(index) == "STR" else "NAME"
        return "NAME"

    # --- brackets ---

    def _mark_closure(self) -> None:
        """An arrow makes a closure (or a body, where it does not matter) of the innermost open `{`."""
        if self.brackets and self.brackets[-1].closer == "RBRACE":
            index = self.brackets[-1].index
            opener = self.out[index]
            if opener.type != "LBRACE_C":
                self.out[index] = Token("LBRACE_C", opener.value, opener.span)

    def _close(self, closer: str) -> None:
        brackets = self.brackets
        if brackets and brackets[-1].closer == closer:
            brackets.pop()
        elif closer not in _CLOSED_BY_INNER:
            # A `}` also ends parentheses that were left open inside its block.
            depth = len(brackets)
            while depth and brackets[depth - 1].closer in _CLOSED_BY_INNER:
                depth -= 1
            found = depth > 0 and brackets[depth - 1].closer == closer
            del brackets[depth - 1 if found else depth :]
