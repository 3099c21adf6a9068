"""Whether a REPL should run what has been typed or wait for another line. Judges tokens only, never parses."""

from __future__ import annotations

from harnpy.syntax.lexer import ends_inside_token, lex_lenient
from harnpy.syntax.token_filter import filter_tokens
from harnpy.syntax.tokens import words

_OPENERS = frozenset({"LBRACE", "LPAR", "LSQB", "INTERP_OPEN"})
_CLOSERS = frozenset({"RBRACE", "RPAR", "RSQB", "INTERP_CLOSE"})
_WANTS_MORE = words(
    "EQ NEQ LT GT LTE GTE AND OR NOT PIPE NILCOAL PLUS MINUS STAR SLASH PERCENT POW ASSIGN PLUSEQ MINUSEQ STAREQ SLASHEQ "
    "PERCENTEQ DOT QDOT COMMA COLON ARROW BAR AT ELLIPSIS QTERN IN NOT_IN TO"
)


def is_complete(text: str) -> bool:
    """False while more input can finish the text: an open bracket, string or block comment, a line that ends in an
    operator, or a lone `\\` at the end. Surplus closers are complete: they are errors that more input cannot mend.
    """
    if ends_inside_token(text):
        return False
    code = [token for token in lex_lenient(text.rstrip()) if token.type not in ("COMMENT", "DOC_COMMENT")]
    if code and code[-1].type == "ERROR" and code[-1].value == "\\":
        return False
    depth = 0
    for token in code:
        if token.type in _OPENERS:
            depth += 1
        elif token.type in _CLOSERS:
            depth = max(depth - 1, 0)
    if depth:
        return False
    filtered = filter_tokens(code)
    return not filtered or filtered[-1].type not in _WANTS_MORE
