"""The std modules as their source describes them: exported functions, their headers and the comments above them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harnpy.analysis.doc_comments import comments_of, prose
from harnpy.syntax.ast import Attributed, Fn
from harnpy.syntax.lexer import lex_lenient
from harnpy.syntax.parser import parse_program
from harnpy.vm.module_paths import standard_module


@dataclass(frozen=True, slots=True)
class FunctionDoc:
    """An exported function: its header without `pub`, and the comment above it."""

    name: str
    header: str
    doc: str


@dataclass(frozen=True, slots=True)
class ModuleDoc:
    """A std module: the comment at its top, and its exported functions in source order."""

    doc: str
    functions: tuple[FunctionDoc, ...]


@cache
def module_doc(name: str) -> ModuleDoc:
    """What the source of `std/NAME` says. Raises KeyError if there is no such module."""
    file = standard_module(name)
    if file is None:
        raise KeyError(name)
    text = Path(file).read_text(encoding="utf-8")
    program = parse_program(text, file)
    comments = comments_of(text)
    above = {item.span.line: comments.get(item.span.line - 1) for item in program.items}
    functions = []
    for item in program.items:
        inner = item.inner if isinstance(item, Attributed) else item
        if isinstance(inner, Fn):
            functions.append(
                (inner.is_pub, FunctionDoc(inner.name, _header(inner, text), prose(above[item.span.line])))
            )
    public = [function for is_pub, function in functions if is_pub]
    top = min(comments.values(), key=lambda token: token.span.start, default=None)
    has_top = top is not None and top.span.line == 1 and top not in above.values()
    listed = public or [function for _, function in functions if not function.name.startswith("_")]
    return ModuleDoc(prose(top) if has_top else "", tuple(listed))


def _header(function: Fn, text: str) -> str:
    """`fn name(parameters) -> type` on one line."""
    start = text.index("(", text.index(function.name, text.index("fn", function.span.start) + 2))
    end = function.result.span.end if function.result is not None else _closing(text[: function.span.end], start)
    inside = re.sub(r"\s+", " ", text[start:end]).replace("( ", "(").replace(", )", ")").replace(" )", ")")
    return f"fn {function.name}{inside}"


def _closing(text: str, start: int) -> int:
    """The end of the parenthesis that opens at start."""
    depth = 0
    for token in lex_lenient(text[start:]):
        depth += (token.type == "LPAR") - (token.type == "RPAR")
        if depth == 0:
            return start + token.span.end
    return start
