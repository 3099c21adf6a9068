"""Visiting all nodes of a syntax tree, whatever their kind."""

from __future__ import annotations

from collections.abc import Iterator

from harnpy.syntax.ast import Node


def walk(root: Node) -> Iterator[Node]:
    """root and every node below it, in source order."""
    pending: list[object] = [root]
    while pending:
        value = pending.pop()
        if isinstance(value, Node):
            yield value
            # Slots of a node class are its own fields, without the span that it inherits.
            pending.extend(getattr(value, name) for name in reversed(type(value).__slots__))
        elif isinstance(value, tuple):
            pending.extend(reversed(value))
