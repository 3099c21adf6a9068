"""Text to raw tokens: one compiled expression finds every token, strings and block comments are scanned by hand.

An interpolated string is flat in the token list: ISTR_BEGIN, then ISTR_TEXT pieces and INTERP_OPEN ... INTERP_CLOSE
runs of ordinary tokens, then ISTR_END. So nested strings, braces and comments inside `${}` need no second lexer, and
every position is the true one. Knows nothing of the grammar: NEWLINE tokens and plain `{` `?` are sorted out later.
"""

from __future__ import annotations

import re

from harnpy.syntax.ast import Span
from harnpy.syntax.diagnostics import Diagnostic, Edit, HarnSyntaxError
from harnpy.syntax.string_text import dedent_pieces, unescape
from harnpy.syntax.tokens import KEYWORD_KINDS, OPERATORS, Token

# One capturing group a token class, in the order of the constants below.
_MASTER = re.compile(
    r"""[ \t\r]*+(?:
      (r"[^"\n]*+"?)
    | ([^\W\d]\w*+)
    | (\n)
    | (\{)
    | (\})
    | ("[^"\\$\n]*+"(?!"))
    | (//[^\n]*+)
    | (/\*)
    | (\.\.\.|==|!=|<=|>=|&&|\|\||\|>|\?\?|\*\*|\?\.|->|[-+*/%]=|[=!.+\-*/%<>?|@()\[\],:;])
    | ([0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]|_[0-9])\w*+|0[xXbBoO][0-9a-fA-F]\w*+)
    | ([0-9]++(?:ms|[smhdw](?![^\W_])))
    | ([0-9]++\.[0-9]++)
    | ([0-9]++)
    | ("(?:"")?+)
    | (\\\r?\n)
    )""",
    re.VERBOSE,
)
_RAW, _NAME, _NEWLINE, _OPEN, _CLOSE, _PLAIN, _LINE_COMMENT, _BLOCK_COMMENT, _OPERATOR = range(1, 10)
_MALFORMED, _DURATION, _FLOAT, _INT, _QUOTES, _JOIN = range(10, 16)

_BLANKS = re.compile(r"[ \t\r]*")
_SINGLE_BODY = re.compile(r'(?:[^"\\$\n]++|\\[^\n]|\$(?!\{))*+')
_TRIPLE_BODY = re.compile(r'(?:[^"$]++|"(?!"")|\$(?!\{))*+')
_EMPTY_INTERPOLATION = re.compile(r"\$\{[ \t\r\n]*\}")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_LINE_END = re.compile(r"[^\n]*")

# Plain tuple creation: these two calls are most of what a token costs.
_new = tuple.__new__

MALFORMED_NUMBER_HELP = "write the number in plain decimal digits, with at most one `.` between digits"


def lex(text: str, path: str = "<source>") -> list[Token]:
    """Raw tokens of the text, NEWLINE included, comments dropped.

    Raises HarnSyntaxError with exactly one diagnostic at the first character that starts no token.
    """
    scanner = _Scanner(text)
    scanner.run()
    if scanner.failures:
        raise HarnSyntaxError(path, text, scanner.failures[:1])
    return scanner.tokens


def lex_lenient(text: str) -> list[Token]:
    """All that can be recognised, in text order, for highlighting and formatting. Never raises.

    Adds COMMENT and DOC_COMMENT tokens (value: the text between the markers) and ERROR tokens where `lex` would raise.
    """
    scanner = _Scanner(text, stop_at_failure=False)
    scanner.run()
    if not scanner.comments:
        return scanner.tokens
    # Sorting is stable, so the pieces of a string, which share their start with its begin token, keep their order.
    return sorted(scanner.tokens + scanner.comments, key=lambda token: token.span.start)


def ends_inside_token(text: str) -> bool:
    """Whether the first thing wrong with the text is a string or block comment that is still open."""
    scanner = _Scanner(text)
    scanner.run()
    return scanner.unfinished


class _OpenString:
    """A string literal being scanned; it waits here while the tokens of an interpolation are lexed."""

    __slots__ = ("begin", "braces", "piece_tokens", "pieces", "start", "triple")

    def __init__(self, start: Span, triple: bool) -> None:
        self.start = start
        self.triple = triple
        self.begin = -1  # index of its ISTR_BEGIN token, once there is an interpolation
        self.braces = 0  # unclosed `{` in the interpolation
        self.pieces: list[str | None] = []
        self.piece_tokens: list[int] = []  # index of the ISTR_TEXT of each piece, -1 for None


class _Scanner:
    def __init__(self, text: str, *, stop_at_failure: bool = True) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.comments: list[Token] = []
        self.failures: list[Diagnostic] = []
        self.open_strings: list[_OpenString] = []
        self.unfinished = False
        self.line = 1
        self.line_start = 0
        self.stop_at_failure = stop_at_failure

    def run(self) -> None:
        position = self._skip_shebang()
        while position < len(self.text):
            position = self._lex_run(position)
            if self.failures and self.stop_at_failure:
                return
        if self.open_strings:
            self._unterminated_string(self.open_strings[0])

    def _skip_shebang(self) -> int:
        if not self.text.startswith("#!"):
            return 0
        end = _line_end(self.text, 0)
        self.comments.append(Token("COMMENT", self.text[2:end], Span(0, end, 1, 1, 1)))
        return end

    def _lex_run(self, position: int) -> int:
        """Lex until something needs more than one match; returns where to go on. Hot: all state is local."""
        text, emit, match_at = self.text, self.tokens.append, _MASTER.match
        line, line_start = self.line, self.line_start
        strings = self.open_strings
        current = strings[-1] if strings else None
        while (match := match_at(text, position)) is not None:
            group = match.lastindex
            assert group is not None
            start, position = match.span(group)
            value = match[group]
            if group == _NAME:
                kind = KEYWORD_KINDS.get(value, "NAME")
                if kind == "NAME" and value[0] > "\x7f" and not value[0].isalpha():
                    self.line, self.line_start = line, line_start
                    return self._unexpected(start)
            elif group == _OPERATOR:
                kind = OPERATORS[value]
            elif group == _NEWLINE:
                emit(_new(Token, ("NEWLINE", "\n", _new(Span, (start, position, line, start - line_start + 1, line)))))
                line += 1
                line_start = position
                continue
            elif group == _PLAIN and value != '""':
                kind = "STR"
                value = value[1:-1]
            elif group == _OPEN:
                kind = "LBRACE"
                if current is not None:
                    current.braces += 1
            elif group == _CLOSE and (current is None or current.braces):
                kind = "RBRACE"
                if current is not None:
                    current.braces -= 1
            elif group == _INT:
                kind = "INT"
            elif group == _FLOAT:
                kind = "FLOAT"
            elif group == _DURATION:
                kind = "DUR"
            elif group == _RAW and len(value) > 2 and value[-1] == '"':
                kind = "RSTR"
                value = value[2:-1]
            elif group == _LINE_COMMENT:
                doc = value.startswith("///") and not value.startswith("////")
                kind, value = ("DOC_COMMENT", value[3:]) if doc else ("COMMENT", value[2:])
                self.comments.append(Token(kind, value, Span(start, position, line, start - line_start + 1, line)))
                continue
            elif group == _JOIN:
                line += 1
                line_start = position
                continue
            else:
                self.line, self.line_start = line, line_start
                return self._lex_rare(group, start, position, value)
            emit(_new(Token, (kind, value, _new(Span, (start, position, line, start - line_start + 1, line)))))
        self.line, self.line_start = line, line_start
        blank = _BLANKS.match(text, position)
        assert blank is not None
        position = blank.end()
        return position if position == len(text) else self._unexpected(position)

    def _lex_rare(self, group: int, start: int, end: int, value: str) -> int:
        if group == _BLOCK_COMMENT:
            return self._block_comment(start)
        if group == _CLOSE:
            self._emit("INTERP_CLOSE", "}", start, end)
            return self._resume_string(self.open_strings.pop(), end)
        if group in (_QUOTES, _PLAIN):
            # The master expression takes `""` for a plain string only when no third quote follows.
            if group == _PLAIN:
                self._emit("STR", "", start, end)
                return end
            triple = value == '"""'
            return self._resume_string(_OpenString(self._span(start, start + 1), triple), start + (3 if triple else 1))
        if group == _MALFORMED:
            self._fail(f"Malformed number '{value}'", start, end, MALFORMED_NUMBER_HELP)
            return end
        assert group == _RAW
        return self._unterminated_string(_OpenString(self._span(start, start + 1), False))

    # --- strings ---

    def _resume_string(self, string: _OpenString, position: int) -> int:
        """Scan literal text from the position on: to the closing quotes, or into the next interpolation."""
        text = self.text
        body = _TRIPLE_BODY if string.triple else _SINGLE_BODY
        while True:
            match = body.match(text, position)
            assert match is not None
            end = match.end()
            quotes = '"""' if string.triple else '"'
            if text.startswith(quotes, end):
                return self._close_string(string, position, end, end + len(quotes))
            if not text.startswith("${", end):
                return self._unterminated_string(string)
            if string.begin < 0:
                string.begin = len(self.tokens)
                self.tokens.append(Token("ISTR_BEGIN", "istr(...)", string.start))
            self._piece(string, position, end)
            empty = _EMPTY_INTERPOLATION.match(text, end)
            if empty is None:
                string.pieces.append(None)
                string.piece_tokens.append(-1)
                string.braces = 0
                self._emit("INTERP_OPEN", "${", end, end + 2)
                self.open_strings.append(string)
                return end + 2
            self._advance(end, empty.end())
            position = empty.end()
            if not string.triple:
                self._fail("Unexpected character '}'", position, position + 1)
                if self.stop_at_failure:
                    return position

    def _piece(self, string: _OpenString, start: int, end: int) -> None:
        raw = self.text[start:end]
        if not raw:
            return
        span = self._span(start, end)
        if string.triple:
            self._advance(start, end)
            span = span._replace(end_line=self.line)
        if string.pieces and (before := string.pieces[-1]) is not None:
            # An empty interpolation stood between: one text to the dedent.
            string.pieces[-1] = before + raw
            index = string.piece_tokens[-1]
            token = self.tokens[index]
            self.tokens[index] = token._replace(value=before + raw, span=token.span._replace(end=end))
            return
        string.pieces.append(raw)
        string.piece_tokens.append(len(self.tokens))
        self.tokens.append(Token("ISTR_TEXT", unescape(raw), span))

    def _close_string(self, string: _OpenString, start: int, end: int, after: int) -> int:
        if string.begin < 0:
            raw = self.text[start:end]
            if not string.triple:
                self._emit("STR", unescape(raw), end - len(raw) - 1, after)
                return after
            self._advance(start, end)
            value = dedent_pieces([raw])[0]
            assert value is not None
            self.tokens.append(Token("STR", value, string.start._replace(end=after, end_line=self.line)))
            return after
        self._piece(string, start, end)
        self._emit("ISTR_END", '"', end, after)
        whole = string.start._replace(end=after, end_line=self.line)
        self.tokens[string.begin] = self.tokens[string.begin]._replace(span=whole)
        if string.triple:
            for index, piece in zip(string.piece_tokens, dedent_pieces(string.pieces), strict=True):
                if piece is not None:
                    self.tokens[index] = self.tokens[index]._replace(value=piece)
        return after

    def _unterminated_string(self, string: _OpenString) -> int:
        # What fails inside an interpolation is, as a rule, the missing brace of the outermost string.
        blamed = self.open_strings[0] if self.open_strings else string
        start = blamed.start
        self.unfinished = not self.failures
        self.failures.append(_lexical("Unterminated string", start))
        self.open_strings.clear()
        # Lenient lexing goes on behind the text that cannot be read: the rest of the line, or all of it.
        last = self.tokens[-1].span.end if self.tokens else 0
        begin = max(last, start.start)
        end = len(self.text) if blamed.triple else _line_end(self.text, begin)
        self._emit("ERROR", self.text[begin:end], begin, end)
        self._advance(begin, end)
        return end

    # --- comments and failures ---

    def _block_comment(self, start: int) -> int:
        text, depth, end = self.text, 0, len(self.text)
        for edge in _COMMENT_EDGE.finditer(text, start):
            depth += 1 if edge[0] == "/*" else -1
            if depth == 0:
                end = edge.end()
                break
        else:
            self.unfinished = not self.failures
            self.failures.append(_lexical("Unterminated block comment", self._span(start, start + 1)))
        doc = text.startswith("/**", start) and text[start + 3 : start + 4] not in ("*", "/")
        body = text[start + (3 if doc else 2) : end - 2 if depth == 0 else end]
        span = self._span(start, end)
        self._advance(start, end)
        kind = "DOC_COMMENT" if doc else "COMMENT"
        self.comments.append(Token(kind, body, span._replace(end_line=self.line)))
        return end

    def _unexpected(self, position: int) -> int:
        character = self.text[position]
        help, fixes = _HABITS.get(character), _mended(self.text, position)
        if help is None and self.text[position + 1 : _line_end(self.text, position)].strip():
            help = _OPERATORS_ELSEWHERE.get(character)
        self._fail(f"Unexpected character '{character}'", position, position + 1, help, fixes)
        return position + 1

    def _fail(self, finding: str, start: int, end: int, help: str | None = None, fixes: tuple[Edit, ...] = ()) -> None:
        self.failures.append(_lexical(finding, self._span(start, end), help, fixes))
        if end <= len(self.text) and finding != "Unexpected character '}'":
            self._emit("ERROR", self.text[start:end], start, end)

    # --- positions ---

    def _span(self, start: int, end: int) -> Span:
        return Span(start, end, self.line, start - self.line_start + 1, self.line)

    def _emit(self, kind: str, value: str, start: int, end: int) -> None:
        self.tokens.append(Token(kind, value, self._span(start, end)))

    def _advance(self, start: int, end: int) -> None:
        """Count the lines that end between two offsets."""
        newlines = self.text.count("\n", start, end)
        if newlines:
            self.line += newlines
            self.line_start = self.text.rfind("\n", start, end) + 1


# What other languages write with a character that Harn has no use for.
_HABITS = {
    "'": 'write strings in double quotes: "..."',
    "#": "comments begin with `//`",
    "`": 'write strings in double quotes; those in three (""") may have several lines',
    "“": 'write strings in straight double quotes: "..."',
    "”": 'write strings in straight double quotes: "..."',
}
# The same of operators, which have an operand behind them.
_OPERATORS_ELSEWHERE = {
    "&": "`a && b` is true if both are; there are no references and no operators on bits",
    "^": "there are no operators on bits; a power is written `a ** b`",
    "~": "there are no operators on bits; `!x` is true if x is not",
    "$": 'a `$` stands in strings only: "${x}"',
}
# Text in single quotes that means the same in double ones.
_SINGLE_QUOTED = re.compile(r"'([^'\"\\$\n]*)'")


def _mended(text: str, position: int) -> tuple[Edit, ...]:
    """The edits that make of what another language writes there what Harn writes."""
    if text[position] == "#":
        return (Edit(position, position + 1, "//"),)
    quoted = _SINGLE_QUOTED.match(text, position)
    return (Edit(position, quoted.end(), f'"{quoted[1]}"'),) if quoted is not None else ()


def _lexical(finding: str, span: Span, help: str | None = None, fixes: tuple[Edit, ...] = ()) -> Diagnostic:
    """A diagnostic under one caret, as lexical errors have it."""
    caret = Span(span.start, span.start + 1, span.line, span.column, span.line)
    return Diagnostic("error", f"{finding} at {span.line}:{span.column}", caret, "here", help, "lex", fixes)


def _line_end(text: str, position: int) -> int:
    match = _LINE_END.match(text, position)
    assert match is not None
    return match.end()
