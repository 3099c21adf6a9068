"""What a tree says about repeated pieces: whether one can match nothing, and whether that would confuse groups."""

from __future__ import annotations

from harnpy.vm.patterns.nodes import (
    Alternation,
    Assertion,
    Concatenation,
    Group,
    Node,
    Repeat,
)


def matches_nothing(node: Node) -> bool:
    """Whether a tree can match the empty text somewhere."""
    match node:
        case Assertion():
            return True
        case Group(node=inner):
            return matches_nothing(inner)
        case Repeat(node=inner, minimum=minimum):
            return minimum == 0 or matches_nothing(inner)
        case Concatenation(nodes=nodes):
            return all(map(matches_nothing, nodes))
        case Alternation(nodes=nodes):
            return any(map(matches_nothing, nodes))
        case _:
            return False


def captures(node: Node) -> bool:
    """Whether a tree holds a capturing group."""
    match node:
        case Group(index=index, node=inner):
            return index is not None or captures(inner)
        case Repeat(node=inner):
            return captures(inner)
        case Concatenation(nodes=nodes) | Alternation(nodes=nodes):
            return any(map(captures, nodes))
        case _:
            return False


def repeats_empty_groups(node: Node) -> bool:
    """Whether an endless repetition holds a group and can match nothing, as `(a*)*` does.

    A backtracking engine goes round once more for nothing and forgets what the group had.
    """
    match node:
        case Repeat(node=inner, maximum=maximum):
            if maximum is None and captures(inner) and matches_nothing(inner):
                return True
            return repeats_empty_groups(inner)
        case Group(node=inner):
            return repeats_empty_groups(inner)
        case Concatenation(nodes=nodes) | Alternation(nodes=nodes):
            return any(map(repeats_empty_groups, nodes))
        case _:
            return False
