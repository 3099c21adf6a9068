"""The syntax tree of a regular expression. Inline flags are already applied: each node says how it matches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

LAST_CODE_POINT = 0x10FFFF


class Case(Enum):
    """How a character or class treats case: as it stands, or folded by Unicode's rule or within ASCII only."""

    EXACT = "exact"
    FOLDED = "folded"
    FOLDED_ASCII = "folded, ASCII only"


@dataclass(frozen=True, slots=True)
class Literal:
    char: str
    case: Case


@dataclass(frozen=True, slots=True)
class AnyCharacter:
    """`.`: every character but those of excluded."""

    excluded: str


class AssertionKind(Enum):
    TEXT_START = "text start"
    TEXT_END = "text end"
    LINE_START = "line start"
    LINE_END = "line end"
    LINE_START_CRLF = "line start, CR LF"
    LINE_END_CRLF = "line end, CR LF"
    WORD_BOUNDARY = "word boundary"
    NOT_WORD_BOUNDARY = "not word boundary"
    WORD_START = "word start"
    WORD_END = "word end"
    WORD_START_HALF = "word start half"
    WORD_END_HALF = "word end half"


@dataclass(frozen=True, slots=True)
class Assertion:
    """A place rather than a character. unicode decides what a word character is."""

    kind: AssertionKind
    unicode: bool


@dataclass(frozen=True, slots=True)
class Group:
    """index is 1, 2, ... for capturing groups, None for others."""

    index: int | None
    node: Node


@dataclass(frozen=True, slots=True)
class Repeat:
    """maximum None means without end."""

    node: Node
    minimum: int
    maximum: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Concatenation:
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternation:
    nodes: tuple[Node, ...]


# --- character classes ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ranges:
    """Code points, as inclusive ranges in any order."""

    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Property:
    r"""A set that the engine knows by name: source is such as `\w` or `\p{Greek}`, always the positive form.

    case_closed says that folding case adds nothing to it.
    """

    source: str
    negated: bool
    case_closed: bool


@dataclass(frozen=True, slots=True)
class ClassUnion:
    items: tuple[ClassSet, ...]


@dataclass(frozen=True, slots=True)
class Bracketed:
    inner: ClassSet
    negated: bool


class SetOperator(Enum):
    INTERSECTION = "&&"
    DIFFERENCE = "--"
    SYMMETRIC_DIFFERENCE = "~~"


@dataclass(frozen=True, slots=True)
class ClassOperation:
    operator: SetOperator
    left: ClassSet
    right: ClassSet


ClassSet: TypeAlias = Ranges | Property | ClassUnion | Bracketed | ClassOperation


@dataclass(frozen=True, slots=True)
class CharacterClass:
    content: ClassSet
    case: Case


Node: TypeAlias = Literal | AnyCharacter | Assertion | Group | Repeat | Concatenation | Alternation | CharacterClass


@dataclass(frozen=True, slots=True)
class ParsedPattern:
    """names maps group names to their numbers; groups counts the capturing groups."""

    node: Node
    groups: int
    names: dict[str, int]
