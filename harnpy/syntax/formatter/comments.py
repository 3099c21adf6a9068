"""Where comments between two tokens are written: behind the first, on lines of their own, or between both on one line."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.syntax.formatter.doc_comments import doc_block
from harnpy.syntax.formatter.section_headers import header_at
from harnpy.syntax.formatter.text import new_line

if TYPE_CHECKING:
    from harnpy.syntax.formatter.source_map import Comment, SourceMap


def gap(source: SourceMap, before: int, after: int, is_end: bool = False) -> tuple[list[Comment], list[Comment]]:
    """The comments between two tokens: those at the end of the line of the first, and those on lines of their own.

    What stands on the line of both is taken for the second, unless is_end says that the second only closes something.
    Claims them.
    """
    comments = source.comments_between(before, after)
    source.claim(comments)
    count = _chained(comments, source.end_line_of(before))
    if count == len(comments) and count and not is_end and comments[-1].span.end_line == source.line_of(after):
        return [], comments
    return comments[:count], comments[count:]


def between(source: SourceMap, before: int, after: int) -> tuple[str, list[str], bool]:
    """The comments between two tokens that would stand on one line without them.

    What follows the first token on its line, lines of their own, and whether the second token has to begin a line.
    Claims them.
    """
    comments = source.comments_between(before, after)
    if not comments:
        return "", [], False
    on_one_line = all([comment.is_inline for comment in comments]) and (
        _chained(comments, source.end_line_of(before)) == len(comments)
    )
    trailing, leading = gap(source, before, after, is_end=on_one_line)
    return beside(trailing), [comment.text for comment in leading], not on_one_line


def beside(comments: list[Comment]) -> str:
    """Comments behind something, on its line."""
    return "".join([f" {comment.text}" for comment in comments])


def _chained(comments: list[Comment], line: int) -> int:
    """How many of the comments, from the first on, start on the line on which what is before them ends."""
    count = 0
    while count < len(comments) and comments[count].span.line == line:
        line = comments[count].span.end_line
        count += 1
    return count


def own_lines(comments: list[Comment], level: int, width: int) -> list[str]:
    """Comments on lines of their own inside something: texts, each of which begins a line at the level."""
    lines: list[str] = []
    run: list[Comment] = []
    for comment in comments:
        if comment.is_doc:
            run.append(comment)
            continue
        if run:
            lines += doc_block(run, level, width)
            run = []
        lines.append(comment.text)
    return lines + doc_block(run, level, width) if run else lines


def own_lines_text(comments: list[Comment], level: int, width: int) -> str:
    """Comments on lines of their own, each behind a line break."""
    margin = new_line(level)
    return "".join([margin + line for line in own_lines(comments, level, width)])


def top_level_blocks(comments: list[Comment], width: int, separator_width: int) -> list[list[str]]:
    """Comments on lines of their own at top level: blocks of lines, to be separated by blank lines.

    A section header is a block, and so is what precedes or follows it; the last block, which may be empty, belongs to
    what comes next. Documentation that a blank line keeps apart from other documentation stays apart: it would be one
    comment the next time.
    """
    blocks: list[list[str]] = [[]]
    at = 0
    while at < len(comments):
        header, taken = header_at(comments, at, separator_width)
        if taken:
            blocks += [header, []]
            at += taken
            continue
        end = at + 1
        if comments[at].is_doc:
            while end < len(comments) and comments[end].is_doc and not _is_apart(comments[end - 1], comments[end]):
                end += 1
            if at and comments[at - 1].is_doc:
                blocks.append([])
            blocks[-1] += doc_block(comments[at:end], 0, width)
        else:
            blocks[-1].append(comments[at].text)
        at = end
    return [block for block in blocks[:-1] if block] + blocks[-1:]


def _is_apart(first: Comment, second: Comment) -> bool:
    # An import may have taken one of them along, so the second may even stand above the first.
    return not 0 <= second.span.line - first.span.end_line <= 1
