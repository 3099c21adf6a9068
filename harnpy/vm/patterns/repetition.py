"""What a tree says about repeated pieces: whether one can match nothing, and whether such a piece is repeated."""

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


def repeats_nothing(node: Node) -> bool:
    """Whether something that can match nothing is repeated without end, as in `(a*)*`.

    A backtracking engine goes round such a loop once more for nothing, and forgets what a group in it had.
    """
    match node:
        case Repeat(node=inner, maximum=maximum):
            return (maximum is None and matches_nothing(inner)) or repeats_nothing(inner)
        case Group(node=inner):
            return repeats_nothing(inner)
        case Concatenation(nodes=nodes) | Alternation(nodes=nodes):
            return any(map(repeats_nothing, nodes))
        case _:
            return False
