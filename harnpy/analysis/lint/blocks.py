"""The fixes of the rules about blocks: deleting an empty statement, and taking the body of an `else` out of it."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.text import MOST_REPEATED
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit
from harnpy.syntax.patterns import pattern_names

if TYPE_CHECKING:
    from harnpy.analysis.lint.scopes import Scopes
    from harnpy.analysis.lint.text import SourceText


def deletion(node: ast.If | ast.For, text: SourceText) -> tuple[Edit, ...]:
    """The edit that deletes a statement, with its line if it has that to itself.

    None if a comment would go too, or if it stands between two statements of one line, which might run together.
    """
    start, end = node.span.start, node.span.end
    if text.has_comment(start, end):
        return ()
    is_first = text.is_first_on_line(start)
    after = text.behind_blanks(end)
    line_end = text.behind_line_end(after)
    if line_end > after or after == len(text.source):
        return (Edit(text.before_blanks(start), line_end if is_first else end, ""),)
    following = text.index_at(end)
    if text.kind(following) == "SEMI":
        return (Edit(start, text.behind_blanks(text.tokens[following].span.end), ""),)
    if is_first or text.kind(text.index_at(start) - 1) in ("LBRACE", "ARROW", "SEMI"):
        return (Edit(start, after, ""),)
    is_last = text.kind(following) == "RBRACE" or text.has_comment(after, after + 1)
    return (Edit(text.before_blanks(start), end, ""),) if is_last else ()


def without_else(node: ast.If, text: SourceText, scopes: Scopes) -> tuple[Edit, ...]:
    """The edit that puts the body of the `else` of a statement behind it.

    None where the statement ends with `else if`, a comment would get lost, or a declaration in the body meets one of the
    same name in the scope around.
    """
    closer = text.index_at(node.span.end) - 1
    opener = text.partner.get(closer, 0)
    if text.kind(opener - 1) != "ELSE" or node.span.end - text.starts[opener] > MOST_REPEATED:
        return ()
    then_end = text.tokens[opener - 2].span.end
    body_start, body_end = text.tokens[opener].span.end, text.tokens[closer].span.start
    if text.has_comment(then_end, body_start) or _declared_twice(node.else_body or (), scopes):
        return ()
    break_and_indent = text.newline + text.indentation(node.span.start)
    body = text.source[body_start:body_end].strip(" \t\r\n")
    # Whatever follows on the line must neither become part of a comment nor of the `return`.
    after = text.behind_blanks(node.span.end)
    comments = text.comments_between(body_start, body_end)
    ends_in_comment = bool(comments) and body.endswith(
        text.source[comments[-1].span.start : comments[-1].span.end].strip()
    )
    follows = after < len(text.source) and text.source[after] not in "\r\n"
    if follows and (ends_in_comment or (text.source[after] not in "};" and not text.source.startswith("//", after))):
        return (Edit(then_end, after, break_and_indent + body + break_and_indent),)
    return (Edit(then_end, node.span.end, break_and_indent + body),)


def _declared_twice(body: ast.Body, scopes: Scopes) -> bool:
    for statement in body:
        if isinstance(statement, ast.Let):
            if any(scopes.here(name) for name in pattern_names(statement.pattern)):
                return True
        elif isinstance(statement, (ast.Fn, ast.Tool, ast.Struct, ast.Enum, ast.Impl, ast.Attributed)):
            return True
    return False
