"""The comments that stand above the declarations of a program."""

from __future__ import annotations

import re
from inspect import cleandoc

from harnpy import TYPE_CHECKING
from harnpy.syntax.lexer import lex_lenient

if TYPE_CHECKING:
    from harnpy.syntax.ast import Node
    from harnpy.syntax.tokens import Token


def comments_of(text: str) -> dict[int, Token]:
    """The comments of a source text by the line on which they end."""
    return {token.span.end_line: token for token in lex_lenient(text) if token.type in ("DOC_COMMENT", "COMMENT")}


def doc_above(node: Node, comments: dict[int, Token]) -> str:
    """The text of the documentation (`///` lines, or `/** */`) right above a declaration; "" if there is none."""
    lines: list[str] = []
    line = node.span.line - 1
    while (token := comments.get(line)) is not None and token.type == "DOC_COMMENT":
        lines.insert(0, prose(token))
        line = token.span.line - 1
    return "\n".join(lines).strip()


def prose(comment: Token | None) -> str:
    """The text of a comment without stars at the beginning of its lines."""
    if comment is None:
        return ""
    lines = [
        re.sub(r"^\s*\*? ?", "", line) if number else line for number, line in enumerate(comment.value.split("\n"))
    ]
    return cleandoc("\n".join(lines)).strip()
