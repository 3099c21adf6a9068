"""Section headers: bars of dashes at top level, with or without a title between them."""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from harnpy.syntax.formatter.source_map import Comment

_BAR = re.compile(r"[ \t]*-{4,}[ \t]*\Z")
_TITLED_BAR = re.compile(r"[ \t]*-{4,}[ \t]+(\S.*?)(?:[ \t]+-{4,})?[ \t]*\Z")
_FEWEST_DASHES = 4


def header_at(comments: list[Comment], at: int, separator_width: int) -> tuple[list[str], int]:
    """The lines of the section header that begins at an index, and how many comments it takes; none, and 0, if there is none."""
    bar = "// " + "-" * max(separator_width - 3, _FEWEST_DASHES)
    if not _is_plain_line(comments[at]):
        return [], 0
    if _is_bar(comments[at]):
        following = comments[at : at + 3]
        if len(following) == 3 and _is_titled(following):
            return [bar, _title(following[1]), bar], 3
        return [bar], 1
    title = _TITLED_BAR.match(comments[at].text[2:])
    return ([bar, f"// {title[1]}", bar], 1) if title is not None else ([], 0)


def _title(comment: Comment) -> str:
    titled = _TITLED_BAR.match(comment.text[2:])
    return comment.text if titled is None else f"// {titled[1]}"


def _is_titled(comments: list[Comment]) -> bool:
    first, title, last = comments
    consecutive = title.span.line == first.span.line + 1 and last.span.line == title.span.line + 1
    return (
        consecutive
        and _is_plain_line(title)
        and _is_plain_line(last)
        and not _is_bar(title)
        and _is_bar(last)
        and bool(title.text[2:].strip())
    )


def _is_bar(comment: Comment) -> bool:
    return _BAR.match(comment.text[2:]) is not None


def _is_plain_line(comment: Comment) -> bool:
    return comment.is_line and not comment.text.startswith("///")
