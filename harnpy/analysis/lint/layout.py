"""The rules about how a file is laid out: `blank-line-between-items`, `trailing-comma` and `import-order`."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.lint.documentation import declaration_start
from harnpy.analysis.rules import lint_rules as rules
from harnpy.syntax import ast
from harnpy.syntax.diagnostics import Edit
from harnpy.syntax.imports import IMPORTS, import_key
from harnpy.syntax.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.analysis.lint.text import SourceText
    from harnpy.syntax.diagnostics import Diagnostic
    from harnpy.syntax.imports import AnyImport
    from harnpy.syntax.tokens import Token

_ITEMS = (
    *(ast.Fn, ast.Pipeline, ast.Struct, ast.Enum, ast.Interface, ast.TypeAlias_, ast.Tool, ast.Impl, ast.Override),
    *(ast.Let, *IMPORTS),
)
# What a brace begins with if it is looked at as a list; a reserved word is no identifier.
_KEYS = frozenset(("NAME", "STR"))


# --- blank lines ------------------------------------------------------------------------------------------------------


def blank_lines(program: ast.Program, text: SourceText) -> Iterator[Diagnostic]:
    """`blank-line-between-items`, for each pair of neighbours at the top of a file."""
    for first, second in zip(program.items, program.items[1:]):
        if not isinstance(first, _ITEMS) or not isinstance(second, _ITEMS):
            continue
        if isinstance(first, IMPORTS) and isinstance(second, IMPORTS):
            continue
        first_end = text.statement_end(first.span.end)
        last_line = text.line_of(first_end)
        start = declaration_start(second, text)
        top = text.line_of(start)
        while (comment := text.leading_comments.get(top - 1)) is not None and comment.span.start > first_end:
            top = comment.span.line
        if top > last_line + 1:
            continue
        at = text.line_start(last_line + 1)
        if at > start or text.is_in_comment(at):
            yield rules.BLANK_LINE_BETWEEN_ITEMS.at(text.at(start), (Edit(start, start, text.newline * 2),))
        else:
            yield rules.BLANK_LINE_BETWEEN_ITEMS.at(text.at(at), (Edit(at, at, text.newline),))


# --- trailing commas --------------------------------------------------------------------------------------------------


class _Frame:
    """An open bracket. last_comma: index of the last comma directly inside, or of the bracket."""

    __slots__ = ("has_comma", "is_list", "last_comma", "opener")

    def __init__(self, opener: int, is_list: bool) -> None:
        self.opener = opener
        self.is_list = is_list
        self.has_comma = False
        self.last_comma = opener


def trailing_commas(program: ast.Program, text: SourceText) -> Iterator[Diagnostic]:
    """`trailing-comma`, for all brackets of a file outside of strings."""
    tokens = text.tokens
    frames: list[_Frame] = []
    rest_ends: set[int] | None = None
    interpolations = 0
    for index, token in enumerate(tokens):
        kind = token.type
        if kind == "ISTR_BEGIN":
            interpolations += 1
        elif kind == "ISTR_END":
            interpolations -= 1
        elif kind == "LPAR" or kind == "LSQB":
            # The pair of `for (a, b) in` takes no comma behind its second name.
            frames.append(_Frame(index, not interpolations and text.kind(index - 1) != "FOR"))
        elif kind == "LBRACE":
            is_list = text.kind(index + 1) in _KEYS and text.kind(index + 2) == "COLON"
            frames.append(_Frame(index, is_list and not interpolations))
        elif kind == "COMMA" and frames:
            frames[-1].has_comma = True
            frames[-1].last_comma = index
        elif kind == "ARROW" and frames and not _is_in_function_type(index, text):
            if tokens[frames[-1].opener].type == "LBRACE":
                frames[-1].is_list = False  # a closure with annotated parameters
        elif kind in ("RPAR", "RSQB", "RBRACE") and frames:
            frame = frames.pop()
            last = tokens[index - 1]
            if (
                not frame.is_list
                or not frame.has_comma
                or last.type == "COMMA"
                or tokens[frame.opener].span.line == token.span.line
            ):
                continue
            if text.kind(frame.last_comma + 1) == "ELLIPSIS":
                rest_ends = _rest_ends(program) if rest_ends is None else rest_ends
                if last.span.end in rest_ends:
                    continue
            end = last.span.end
            line = text.line_of(end)
            yield rules.TRAILING_COMMA.at(ast.Span(end, end, line, 1, line), (Edit(end, end, ","),))


def _is_in_function_type(index: int, text: SourceText) -> bool:
    """Whether an arrow belongs to a type such as `fn(int) -> string`."""
    if text.kind(index - 1) != "RPAR":
        return False
    return text.kind(text.partner.get(index - 1, 0) - 1) == "FN"


def _rest_ends(program: ast.Program) -> set[int]:
    """Where the rest parameters and rest elements of patterns end: no comma may follow them."""
    ends = set()
    for node in walk(program):
        if (isinstance(node, ast.Param) and node.rest) or (
            isinstance(node, (ast.DictPatternField, ast.ListPatternElement)) and node.is_rest
        ):
            ends.add(node.span.end)
    return ends


# --- imports ----------------------------------------------------------------------------------------------------------


def import_order(program: ast.Program, text: SourceText) -> Diagnostic | None:
    """`import-order`, for the imports at the top of a file."""
    run: list[AnyImport] = []
    for item in program.items:
        if not isinstance(item, IMPORTS):
            break
        run.append(item)
    ordered = sorted(run, key=import_key)
    if all(one is other for one, other in zip(run, ordered)):
        return None
    start, end = run[0].span.start, run[-1].span.end
    chunks: dict[int, list[str]] = {}
    for index, node in enumerate(run):
        before = run[index - 1].span.end if index else start
        above: list[Token] = []
        beside: list[Token] = []
        for comment in text.comments_between(before, node.span.start):
            (beside if index and comment.span.line == run[index - 1].span.end_line else above).append(comment)
        written = [text.source[each.span.start : each.span.end].rstrip() for each in beside]
        if index:
            chunks[id(run[index - 1])] += written
        lines = [text.source[each.span.start : each.span.end].rstrip() for each in above]
        chunks[id(node)] = [
            "".join(line + text.newline for line in lines) + text.source[node.span.start : node.span.end]
        ]
    for comment in text.comments_between(end, text.line_start(run[-1].span.end_line + 1)):
        if not text.source[end : comment.span.start].strip(" \t;"):
            end = comment.span.end
            chunks[id(run[-1])].append(text.source[comment.span.start : end].rstrip())
    replacement = text.newline.join(" ".join(chunks[id(node)]) for node in ordered)
    span = text.at(run[0].span.start, run[-1].span.end)
    return rules.IMPORT_ORDER.at(span, (Edit(start, end, replacement),))
