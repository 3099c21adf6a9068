"""What a tree says about repeated pieces: whether one can match nothing, and whether such a piece is repeated."""

from __future__ import annotations

from harnpy.vm.patterns.nodes import (
    Alternation,
    AnyCharacter,
    Assertion,
    CharacterClass,
    Concatenation,
    Group,
    Literal,
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


def choices(node: Node) -> int | None:
    """How many independent choices of a backtracking engine a tree holds, or None if they multiply in a loop.

    With n choices, a search takes at most about the length of the text to the power n + 1 steps.
    """
    match node:
        case Repeat(node=inner, minimum=minimum, maximum=maximum):
            inside = choices(inner)
            if maximum == minimum <= 1:
                return inside
            return (0 if maximum == minimum else 1) if inside == 0 else None
        case Group(node=inner):
            return choices(inner)
        case Concatenation(nodes=nodes):
            return _sum([choices(each) for each in nodes])
        case Alternation(nodes=nodes):
            return _sum([1, *[choices(each) for each in nodes]])
        case _:
            return 0


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def unrolled_size(node: Node) -> int:
    """How many nodes a tree has once counted repetitions are written out; single characters are counted natively."""
    match node:
        case Repeat(node=inner, minimum=minimum, maximum=maximum):
            size = unrolled_size(inner)
            if isinstance(inner, Literal | AnyCharacter | CharacterClass):
                return size + 1
            return size * max(minimum, maximum or 1) + 1
        case Group(node=inner):
            return unrolled_size(inner) + 1
        case Concatenation(nodes=nodes) | Alternation(nodes=nodes):
            return sum(map(unrolled_size, nodes)) + 1
        case _:
            return 1
