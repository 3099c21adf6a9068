"""Token kinds: the reserved words, the operators and the token record that lexer, filter and parser share.

Kinds are the terminal names of grammar/harn.lark. Kinds that only exist after filtering (LBRACE_C, QTERN, NOT_IN, ...)
are made in token_filter.py; NEWLINE, COMMENT, DOC_COMMENT and ERROR never reach the parser.
"""

from __future__ import annotations

from harnpy.records import NamedTuple
from harnpy.syntax.ast import Span


class Token(NamedTuple):
    """One token. `value` is the text, but for strings and string pieces it is the text they stand for."""

    type: str
    value: str
    span: Span


def words(text: str) -> frozenset[str]:
    """A set of words or token kinds, written as one line of text."""
    return frozenset(text.split())


KEYWORDS: frozenset[str] = words(
    "break catch continue deadline defer else enum exclusive extends false finally fn for from guard if impl import in "
    "interface let match mutex nil override parallel pipeline pub require retry return select spawn struct throw to "
    "tool true try type var while yield"
)
KEYWORD_KINDS: dict[str, str] = {word: word.upper() for word in sorted(KEYWORDS)}

OPERATORS: dict[str, str] = {
    "==": "EQ",
    "!=": "NEQ",
    "<=": "LTE",
    ">=": "GTE",
    "&&": "AND",
    "||": "OR",
    "|>": "PIPE",
    "??": "NILCOAL",
    "**": "POW",
    "?.": "QDOT",
    "->": "ARROW",
    "+=": "PLUSEQ",
    "-=": "MINUSEQ",
    "*=": "STAREQ",
    "/=": "SLASHEQ",
    "%=": "PERCENTEQ",
    "...": "ELLIPSIS",
    "=": "ASSIGN",
    "!": "NOT",
    ".": "DOT",
    "+": "PLUS",
    "-": "MINUS",
    "*": "STAR",
    "/": "SLASH",
    "%": "PERCENT",
    "<": "LT",
    ">": "GT",
    "?": "QT",
    "|": "BAR",
    "@": "AT",
    "{": "LBRACE",
    "}": "RBRACE",
    "(": "LPAR",
    ")": "RPAR",
    "[": "LSQB",
    "]": "RSQB",
    ",": "COMMA",
    ":": "COLON",
    ";": "SEMI",
}

DURATION_UNITS: dict[str, int] = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def duration_milliseconds(text: str) -> int:
    """The value of a duration token such as `30s`, in milliseconds."""
    digits = text.rstrip("mshdw")
    return parse_int(digits) * DURATION_UNITS[text[len(digits) :]]


def parse_int(digits: str) -> int:
    """An integer of any length. Python refuses to convert beyond some thousand digits at once, so halve those."""
    if len(digits) <= 4000:
        return int(digits)
    half = len(digits) // 2
    scale: int = 10**half
    return parse_int(digits[:-half]) * scale + parse_int(digits[-half:])
