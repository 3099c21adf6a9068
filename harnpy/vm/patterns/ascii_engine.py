"""A second engine for a pattern: Python's own `re`, which is faster and finds the same in texts of ASCII characters.

It knows other sets of characters by name than Unicode's, but fewer ones: a class becomes the list of its ASCII
characters, as the first engine tells them.
"""

from __future__ import annotations

import re

import regex

from harnpy.vm.patterns.nodes import Assertion, AssertionKind, Node
from harnpy.vm.patterns.ranges import union
from harnpy.vm.patterns.translation import bracket, place_source, range_members, source_of, translate

_CHARACTERS = [chr(code) for code in range(128)]
_WORD = "[0-9A-Z_a-z]"


def compile_for_ascii(node: Node) -> re.Pattern[str] | None:
    """The tree compiled for ASCII texts alone; what it finds in other texts means nothing. None beyond its limits."""
    try:
        return re.compile(source_of(node, _single), re.ASCII)
    except (re.error, OverflowError, RecursionError):
        return None


def _single(node: Node) -> str:
    if isinstance(node, Assertion):
        # `\\B` would do, but does not hold in an empty text.
        return r"\b" if node.kind is AssertionKind.WORD_BOUNDARY else place_source(node.kind, _WORD)
    contains = regex.compile(translate(node), regex.V1).match
    codes = [(code, code) for code, char in enumerate(_CHARACTERS) if contains(char)]
    return bracket(range_members(union(codes)), False)
