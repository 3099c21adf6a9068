"""The parts of a sequence or a body: where each begins in the source, and how it is printed."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from harnpy.syntax.ast import Node
    from harnpy.syntax.formatter.source_map import SourceMap
    from harnpy.syntax.formatter.text import Text


class Item(NamedTuple):
    """first: the index of its first token. prints: makes its text."""

    first: int
    prints: Callable[[], Text]


def items_of(
    source: SourceMap,
    opener: int,
    nodes: Iterable[Node],
    prints: Callable[[Any], Text],
    openers: tuple[str, ...] = ("LPAR", "PUB"),
) -> list[Item]:
    """Items for nodes that follow each other behind the token opener. openers: what may precede a node and belong to it."""
    items: list[Item] = []
    after = opener
    for node in nodes:
        after = source.first_of(node.span, after, openers)
        items.append(Item(after, later(prints, node)))
    return items


def later(function: Callable[[Any], Text], argument: Any) -> Callable[[], Text]:
    """A call that is made later: a function of Python's own kind, which may nest deeper than the machine's stack reaches."""
    return lambda: function(argument)
