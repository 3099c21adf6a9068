"""Colours for Harn source: a Pygments lexer on top of the language's own tokens, and the style of the prompt."""

from __future__ import annotations

from collections.abc import Iterator

from prompt_toolkit.styles import Style
from pygments.lexer import Lexer
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Text, _TokenType

from harnpy.cli.catalog import BUILTIN_MODULES
from harnpy.syntax.lexer import lex_lenient
from harnpy.syntax.tokens import KEYWORD_KINDS, OPERATORS, Token

_PUNCTUATION = frozenset(
    ["LBRACE", "RBRACE", "LPAR", "RPAR", "LSQB", "RSQB", "COMMA", "COLON", "SEMI", "DOT", "QDOT", "AT"]
)

_KINDS: dict[str, _TokenType] = {
    **{kind: Keyword for kind in KEYWORD_KINDS.values()},
    **{kind: Punctuation if kind in _PUNCTUATION else Operator for kind in OPERATORS.values()},
    "STR": String,
    "RSTR": String,
    "ISTR_BEGIN": String,
    "ISTR_TEXT": String,
    "ISTR_END": String,
    "INTERP_OPEN": String.Interpol,
    "INTERP_CLOSE": String.Interpol,
    "INT": Number,
    "FLOAT": Number,
    "DUR": Number,
    "COMMENT": Comment,
    "DOC_COMMENT": Comment,
}

STYLE = Style.from_dict(
    {
        "pygments.keyword": "bold ansiblue",
        "pygments.name.builtin": "bold ansiblue",
        "pygments.literal.string": "ansigreen",
        "pygments.literal.string.interpol": "ansiyellow",
        "pygments.literal.number": "ansicyan",
        "pygments.comment": "ansibrightblack",
        "pygments.error": "underline",
    }
)


class HarnLexer(Lexer):
    """Colours any text, finished or not."""

    name = "Harn"
    aliases = ["harn"]
    filenames = ["*.harn"]

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """Runs of one colour, in text order, covering the text."""
        colours: list[_TokenType] = [Text] * len(text)
        for token in lex_lenient(text):
            # A string token spans its interpolations, whose own tokens come later and paint over it.
            start, end = token.span.start, token.span.end
            colours[start:end] = [_colour(token)] * (end - start)
        start = 0
        for end in range(1, len(text) + 1):
            if end == len(text) or colours[end] is not colours[start]:
                yield start, colours[start], text[start:end]
                start = end


def _colour(token: Token) -> _TokenType:
    if token.type == "ERROR":
        return String if token.value.startswith(('"', 'r"')) else Error
    if token.type == "NAME":
        return Name.Builtin if token.value in BUILTIN_MODULES else Name
    return _KINDS.get(token.type, Text)
