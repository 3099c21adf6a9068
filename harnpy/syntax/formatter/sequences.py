"""Comma sequences: on one line if they fit, else one item a line (chapter 10 section 7.2)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import NamedTuple
from harnpy.syntax.formatter.comments import beside, own_lines_text
from harnpy.syntax.formatter.text import Text, join, new_line, separated

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.syntax.formatter.items import Item
    from harnpy.syntax.formatter.printer import Printer
    from harnpy.syntax.formatter.source_map import Comment


class _Written:
    """An item with the comments around it."""

    __slots__ = ("above", "behind", "core", "text")

    def __init__(self, core: Text, above: list[Comment], text: Text) -> None:
        self.core = core
        self.text = text  # with the comments that stand beside it on any line
        self.above = above  # on lines of their own
        self.behind: list[Comment] = []  # at the end of its line


class _Gap(NamedTuple):
    """The comments between two items, or between an item and a bracket."""

    suffix: list[Comment]  # right behind the first item, before its comma
    behind: list[Comment]  # at the end of the first item's line
    above: list[Comment]  # on lines of their own
    prefix: list[Comment]  # right before the second item


def sequence(
    printer: Printer,
    opener: int,
    items: list[Item],
    prefix: int,
    base: int,
    edge: str = "",
    order: Callable[[Text], bytes] | None = None,
    has_last_comma: bool = True,
) -> Text:
    """The brackets with the items between them.

    opener: the token of the opening bracket. prefix: the bytes before the items that count. edge: what stands inside both
    brackets as long as the sequence has one line. order: what items are sorted by, together with their comments.
    has_last_comma: whether a comma may follow the last item of a sequence with several lines.
    """
    source = printer.source
    closer = source.partner[opener]
    left, right = source.tokens[opener].value, source.tokens[closer].value
    if not source.has_comments(source.starts[opener], source.starts[closer]):
        if not items:
            return join(left, right)
        written = [_Written(text, [], text) for text in [item.prints() for item in items]]
        is_broken, start, end = False, "", ""
    else:
        written, is_broken, start, end = _with_comments(printer, opener, closer, items, base)
    if order is not None:
        written.sort(key=lambda each: order(each.core))
    inline = separated(", ", [each.text for each in written])
    fits = not inline.is_broken and prefix + inline.length + 1 <= printer.width
    if not is_broken and (fits or not written):
        return join(left, start, edge, inline, edge, end, right)
    lines: list[Text | str] = []
    for each in written:
        comma = "," if has_last_comma or each is not written[-1] else ""
        lines += [own_lines_text(each.above, base + 1, printer.width), new_line(base + 1), each.text, comma]
        lines.append(beside(each.behind))
    return join(left, start, *lines, end, new_line(base), right)


def _with_comments(
    printer: Printer, opener: int, closer: int, items: list[Item], base: int
) -> tuple[list[_Written], bool, str, str]:
    """The items, whether comments demand lines, what follows the opening bracket, and what precedes the closing one."""
    source = printer.source
    written: list[_Written] = []
    before = opener
    start = ""
    is_broken = False
    firsts = [item.first for item in items] + [closer]
    for index, item in enumerate(items):
        gap = _gap(printer, before, item.first, before == opener, False)
        is_broken = is_broken or bool(gap.behind or gap.above)
        if written:
            _append(written[-1], gap)
        else:
            start = beside(gap.behind)
        before = source.last_before(firsts[index + 1])
        text = printer.unit(item.first, before, item.prints())
        leading = [part for comment in gap.prefix for part in (comment.text, " ")]
        written.append(_Written(text, gap.above, join(*leading, text)))
    gap = _gap(printer, before, closer, not items, True)
    if not items and not gap.behind and not gap.above:
        return written, False, " ".join([comment.text for comment in gap.suffix]), ""
    is_broken = is_broken or bool(gap.behind or gap.above)
    if written:
        _append(written[-1], gap)
    else:
        start = beside([*gap.suffix, *gap.behind])
    return written, is_broken, start, own_lines_text(gap.above, base + 1, printer.width)


def _append(item: _Written, gap: _Gap) -> None:
    item.text = join(item.text, beside(gap.suffix))
    item.behind = gap.behind


def _gap(printer: Printer, before: int, after: int, is_start: bool, is_end: bool) -> _Gap:
    source = printer.source
    comments = source.comments_between(before, after)
    source.claim(comments)
    comma = source.starts[before + 1] if source.kind(before + 1) == "COMMA" else None
    prefix: list[Comment] = []
    line = source.line_of(after)
    while not is_end and comments and comments[-1].is_inline and comments[-1].span.line == line:
        if comma is not None and comments[-1].span.start < comma:
            break
        prefix.insert(0, comments.pop())
    suffix: list[Comment] = []
    line = source.end_line_of(before)
    while comments and comments[0].is_inline and comments[0].span.line == line:
        is_beside = comments[0].span.start < comma if comma is not None else is_end
        if not is_beside or (is_start and len(comments) > 1 and not comments[1].is_inline):
            break
        suffix.append(comments.pop(0))
    behind: list[Comment] = []
    while comments and comments[0].span.line == line:
        line = comments[0].span.end_line
        behind.append(comments.pop(0))
    return _Gap(suffix, behind, comments, prefix)
