"""The words of lexical and parse errors: how tokens are spelled, the terse texts, labels and help (chapter 01, 2.8 and 11)."""

from __future__ import annotations

from harnpy.syntax.ast import Span
from harnpy.syntax.diagnostics import Diagnostic, Edit
from harnpy.syntax.tokens import KEYWORDS, Token, duration_milliseconds

AFTER_PUB = "fn, tool, struct, enum, or pipeline after pub"
AFTER_ATTRIBUTE = "fn/tool/pipeline/struct/enum/type/interface/impl declaration after `@attr`"
HEREDOC = (
    "an expression — heredocs are only valid inside LLM tool-call argument JSON; "
    'for multiline strings in source code use triple-quoted `"""..."""`'
)
# What the message says instead of the token.
GOT_INSTEAD = {HEREDOC: "`<<` heredoc-like syntax", AFTER_ATTRIBUTE: "non-declaration statement"}

_HELP = {
    "}": "add a closing `}` to finish this block",
    ")": "add a closing `)` to finish this expression or parameter list",
    "]": "add a closing `]` to finish this list or subscript",
    AFTER_PUB: "use `pub fn`, `pub pipeline`, `pub enum`, or `pub struct`",
}
SAME_LINE_HELP = "put the next statement on a line of its own"

# What ends in "name" asks for an identifier, but these take reserved words as well, or are no identifiers.
_TAKES_ANY_WORD = frozenset({"member name"})
_TAKES_IDENTIFIER = frozenset(
    {
        "variable name or destructuring pattern",
        "pair pattern element",
        "type bound",
        "error variable",
        "select case variable",
    }
)


def token_text(token: Token) -> str:
    """How a token is named in a message."""
    kind, value = token.type, token.value
    if kind in ("NEWLINE", "_NL") and value != ";":
        return "\\n"
    if kind == "INT":
        return f"int({value.lstrip('0') or '0'})"
    if kind == "FLOAT":
        return f"float({_shortest(float(value))})"
    if kind == "DUR":
        return f"duration({duration_milliseconds(value)}ms)" if len(value) < 4000 else f"duration({value})"
    if kind == "STR":
        return f"str({value})"
    if kind == "RSTR":
        return f"rstr({value})"
    if (
        kind in ("NAME", "EACH", "SETTLE", "WITH", "NOT_IN", "TIMEOUT", "DEFAULT", "DESCRIPTION")
        and value not in KEYWORDS
    ):
        return f"id({value})"
    return value


def has_help(what: str) -> bool:
    """Whether the help for what is expected is settled, whatever was found."""
    return what in _HELP


def parse_error(
    what: str,
    token: Token | None,
    end: Span,
    *,
    got: str | None = None,
    help: str | None = None,
    fixes: tuple[Edit, ...] = (),
) -> Diagnostic:
    """The diagnostic for a token that does not fit, or for the end of the file (no token; `end` is where that is)."""
    help = help or _HELP.get(what)
    if token is None:
        message = f"Unexpected end of file, expected {what}"
        return Diagnostic("error", message, end, "file ends here", help, "parse", fixes)
    if got is None:
        got = token_text(token)
        if token.value in KEYWORDS and token.type not in ("NAME", "STR", "RSTR") and _wants_identifier(what):
            got = f"'{token.value}' (reserved keyword)"
    message = f"Expected {what}, got {got} at {token.span.line}:{token.span.column}"
    label = "line break not allowed here" if token.type == "NEWLINE" else "unexpected token"
    return Diagnostic("error", message, token.span, label, help, "parse", fixes)


def _wants_identifier(what: str) -> bool:
    return what in _TAKES_IDENTIFIER or (what.endswith(" name") and what not in _TAKES_ANY_WORD)


def _shortest(value: float) -> str:
    text = repr(value)
    if "e" in text:
        from decimal import Decimal

        text = format(Decimal(text), "f")
    return text.removesuffix(".0")
