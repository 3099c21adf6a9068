"""Syntax tree of a regular expression -> source for the `regex` engine (its version 1 syntax).

Every flag is spelled out in the result: case by explicit alternatives, line places by explicit assertions, so that no
mode of the engine with its own idea of them is ever on. Groups keep their numbers and have no names.
"""

from __future__ import annotations

from collections.abc import Callable

from harnpy.vm.patterns.class_sets import code_points
from harnpy.vm.patterns.folding import case_variants
from harnpy.vm.patterns.nodes import (
    Alternation,
    AnyCharacter,
    Assertion,
    AssertionKind,
    Bracketed,
    Case,
    CharacterClass,
    ClassOperation,
    ClassSet,
    ClassUnion,
    Concatenation,
    Group,
    Literal,
    Node,
    Property,
    Ranges,
    Repeat,
)
from harnpy.vm.patterns.ranges import RangeSet

_EVERYTHING = r"\x00-\U0010ffff"
_ASCII_WORD = "[0-9A-Z_a-z]"

# Each assertion with W standing for the class of word characters.
_PLACES = {
    AssertionKind.TEXT_START: r"\A",
    AssertionKind.TEXT_END: r"\Z",
    AssertionKind.LINE_START: r"(?m:^)",
    AssertionKind.LINE_END: r"(?m:$)",
    AssertionKind.LINE_START_CRLF: r"(?:\A|(?<=\n)|(?<=\r)(?!\n))",
    AssertionKind.LINE_END_CRLF: r"(?:\Z|(?=\r)|(?<!\r)(?=\n))",
    AssertionKind.WORD_BOUNDARY: "(?:(?<=W)(?!W)|(?<!W)(?=W))",
    AssertionKind.NOT_WORD_BOUNDARY: "(?:(?<=W)(?=W)|(?<!W)(?!W))",
    AssertionKind.WORD_START: "(?:(?<!W)(?=W))",
    AssertionKind.WORD_END: "(?:(?<=W)(?!W))",
    AssertionKind.WORD_START_HALF: "(?<!W)",
    AssertionKind.WORD_END_HALF: "(?!W)",
}
_UNICODE_BOUNDARIES = {AssertionKind.WORD_BOUNDARY: r"\b", AssertionKind.NOT_WORD_BOUNDARY: r"\B"}


def translate(node: Node) -> str:
    """The engine's source for a tree."""
    return source_of(node, _translate_single)


def source_of(node: Node, single: Callable[[Node], str]) -> str:
    """Source for a tree, in the syntax that engines share; single translates characters, classes and assertions."""
    match node:
        case Group(index=index, node=inner):
            return f"(?:{source_of(inner, single)})" if index is None else f"({source_of(inner, single)})"
        case Concatenation(nodes=nodes):
            return "".join([source_of(each, single) for each in nodes])
        case Alternation(nodes=nodes):
            return "|".join([source_of(each, single) for each in nodes])
        case Repeat():
            return _repeat(node, single)
        case _:
            return single(node)


def _translate_single(node: Node) -> str:
    match node:
        case Literal(char=char, case=case):
            variants = case_variants(char, case)
            return _escape(char) if len(variants) == 1 else "[" + "".join(map(_escape, variants)) + "]"
        case AnyCharacter(excluded=excluded):
            return bracket("".join(_escape(char) * 2 for char in excluded), True)
        case CharacterClass(content=content, case=case):
            return translate_class(content, case)
        case Assertion(kind=kind, unicode=unicode):
            if unicode and kind in _UNICODE_BOUNDARIES:
                return _UNICODE_BOUNDARIES[kind]
            return place_source(kind, r"\w" if unicode else _ASCII_WORD)
        case _:
            raise TypeError(node)


def place_source(kind: AssertionKind, word: str) -> str:
    """Source for an assertion, in the syntax that engines share; word is the class of word characters."""
    return _PLACES[kind].replace("W", word)


def translate_class(content: ClassSet, case: Case) -> str:
    """A class as one bracket or escape of the engine.

    Sets that the engine knows by name stay names where they can, since it tests those faster than long lists.
    """
    if case is not Case.EXACT and not _is_case_closed(content):
        return bracket(range_members(code_points(content, case)), False)
    return _symbolic(content)


def _is_case_closed(content: ClassSet) -> bool:
    return isinstance(content, Property) and content.case_closed


def _symbolic(content: ClassSet) -> str:
    match content:
        case Property(source=source, negated=negated):
            return "\\" + source[1].upper() + source[2:] if negated else source
        case Bracketed(inner=inner, negated=negated):
            return bracket(_members(inner), negated)
        case ClassOperation(operator=operator, left=left, right=right):
            return f"[{_symbolic(left)}{operator.value}{_symbolic(right)}]"
        case _:
            return bracket(_members(content), False)


def _members(content: ClassSet) -> str:
    """What stands between the brackets."""
    match content:
        case Ranges(ranges=pairs):
            return range_members(pairs)
        case ClassUnion(items=items):
            return "".join(map(_members, items))
        case _:
            return _symbolic(content)


def bracket(members: str, negated: bool) -> str:
    """A class of what stands between the brackets, or of all else; members may be empty."""
    if not members:
        return f"[{_EVERYTHING}]" if negated else f"[^{_EVERYTHING}]"
    return f"[^{members}]" if negated else f"[{members}]"


def range_members(ranges: RangeSet) -> str:
    """Single characters are written twice: the engine takes `[^a]|[^b]` for `[^ab]`, but `[^aa]` for a real set."""
    return "".join([f"{_escape(chr(low))}{'' if low == high else '-'}{_escape(chr(high))}" for low, high in ranges])


def _repeat(node: Repeat, single: Callable[[Node], str]) -> str:
    inner = source_of(node.node, single)
    if not isinstance(node.node, Literal | AnyCharacter | CharacterClass | Group):
        inner = f"(?:{inner})"
    match node.minimum, node.maximum:
        case 0, None:
            count = "*"
        case 1, None:
            count = "+"
        case 0, 1:
            count = "?"
        case low, None:
            count = f"{{{low},}}"
        case low, high:
            count = f"{{{low},{high}}}"
    return inner + count + ("" if node.greedy else "?")


def _escape(char: str) -> str:
    """A character as itself, safe inside and outside of brackets."""
    code = ord(char)
    if char.isalnum() or char == "_":
        return char
    if code < 0x80:
        return f"\\x{code:02x}" if code < 0x21 or code == 0x7F else f"\\{char}"
    return f"\\U{code:08x}"
