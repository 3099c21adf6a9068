"""Documentation comments in their canonical form: `/** one line */`, or a starred block."""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING
from harnpy.syntax.formatter.text import byte_length, indented

if TYPE_CHECKING:
    from harnpy.syntax.formatter.source_map import Comment

_EDGE = re.compile(r"/\*|\*/")


def doc_lines(comments: list[Comment]) -> list[str]:
    """The lines of a run of documentation comments, without markers and without empty lines at either end."""
    lines = [line for comment in comments for line in _lines_of(comment)]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return lines


def doc_block(comments: list[Comment], level: int, width: int) -> list[str]:
    """A run of documentation comments as it is written at a level: texts, each of which begins a line."""
    block = _block(doc_lines(comments), level, width)
    # A `*/` in a line comment would end a block: what cannot be a block stays as it is.
    return [block] if _is_one_comment(block) else [comment.text for comment in comments]


def _lines_of(comment: Comment) -> list[str]:
    if comment.is_line:
        return [comment.value.removeprefix(" ").rstrip()]
    first, *rest = comment.value.split("\n")
    return [first.strip(), *[_without_star(line) for line in rest]]


def _without_star(line: str) -> str:
    line = line.strip()
    return line[1:].removeprefix(" ") if line.startswith("*") else line


def _block(lines: list[str], level: int, width: int) -> str:
    if not lines:
        return "/** */"
    if len(lines) == 1:
        lines = [lines[0].strip()]
        single = f"/** {lines[0]} */"
        if 2 * level + byte_length(single) <= width:
            return single
    margin = "\n" + indented(level)
    return "/**" + "".join([f"{margin} * {line}" if line else f"{margin} *" for line in lines]) + f"{margin} */"


def _is_one_comment(text: str) -> bool:
    depth = 0
    for edge in _EDGE.finditer(text):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end() == len(text)
    return False
