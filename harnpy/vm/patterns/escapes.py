r"""Backslash sequences of regular expressions: `\n`, `\x{1F600}`, `\p{Greek}`, `\d`, `\b{start}` and the rest."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.patterns.cursor import Cursor
from harnpy.vm.patterns.errors import PatternSpan
from harnpy.vm.patterns.flags import Flags
from harnpy.vm.patterns.nodes import Assertion, AssertionKind, Literal, Property, Ranges
from harnpy.vm.patterns.properties import ASCII_CLASSES, ASCII_SPACES, ASCII_WORDS, complement, find_property

if TYPE_CHECKING:
    from typing import TypeAlias

Escape: TypeAlias = Literal | Assertion | Property | Ranges

_CONTROLS = {"a": "\a", "f": "\f", "t": "\t", "r": "\r", "n": "\n", "v": "\v"}
_ASSERTIONS = {
    "A": AssertionKind.TEXT_START,
    "z": AssertionKind.TEXT_END,
    "B": AssertionKind.NOT_WORD_BOUNDARY,
    "<": AssertionKind.WORD_START,
    ">": AssertionKind.WORD_END,
}
_WORD_BOUNDARIES = {
    "start": AssertionKind.WORD_START,
    "end": AssertionKind.WORD_END,
    "start-half": AssertionKind.WORD_START_HALF,
    "end-half": AssertionKind.WORD_END_HALF,
}
_HEX_LENGTHS = {"x": 2, "u": 4, "U": 8}
_PERL_ASCII = {"d": ASCII_CLASSES["digit"], "s": ASCII_SPACES, "w": ASCII_WORDS}
_EOF = "incomplete escape sequence, reached end of pattern prematurely"
INVALID_UTF8 = "pattern can match invalid UTF-8"


def parse_escape(cursor: Cursor, flags: Flags) -> Escape:
    """Read one sequence; the cursor stands at its backslash. Raises PatternSyntaxError."""
    start = cursor.position
    if not cursor.bump():
        raise cursor.error(_EOF, cursor.since(start))
    char = cursor.char
    if char in "0123456789":
        raise cursor.error("backreferences are not supported", PatternSpan(start, cursor.position + 1))
    if char in _HEX_LENGTHS:
        literal = Literal(_parse_hex(cursor, _HEX_LENGTHS[char]), flags.case)
        if char == "x" and not flags.unicode and ord(literal.char) > 0x7F and cursor.position - start == 4:
            cursor.reject(INVALID_UTF8, cursor.since(start))
        return literal
    if char in "pP":
        return _parse_property(cursor, flags, start)
    cursor.bump()
    if char in "dswDSW":
        return _perl_class(cursor, flags, char, start)
    if char.isascii() and not char.isalnum() and char not in "<>":
        return Literal(char, flags.case)
    if char in _CONTROLS:
        return Literal(_CONTROLS[char], flags.case)
    if char == "b":
        kind = _special_boundary(cursor, start) if cursor.char == "{" else None
        return Assertion(kind or AssertionKind.WORD_BOUNDARY, flags.unicode)
    if char in _ASSERTIONS:
        return Assertion(_ASSERTIONS[char], flags.unicode)
    raise cursor.error("unrecognized escape sequence", cursor.since(start))


def _perl_class(cursor: Cursor, flags: Flags, char: str, start: int) -> Property | Ranges:
    negated = char.isupper()
    if flags.unicode:
        return Property(f"\\{char.lower()}", negated, case_closed=True)
    if negated:
        cursor.reject(INVALID_UTF8, cursor.since(start))
    return _PERL_ASCII[char.lower()]


def _parse_hex(cursor: Cursor, length: int) -> str:
    if not cursor.bump_and_space():
        raise cursor.error(_EOF, cursor.here())
    if cursor.char == "{":
        return _parse_braced_hex(cursor)
    start = cursor.position
    digits = ""
    for index in range(length):
        if index and not cursor.bump_and_space():
            raise cursor.error(_EOF, cursor.here())
        digits += _hex_digit(cursor)
    cursor.bump_and_space()
    return _code_point(cursor, digits, cursor.since(start))


def _parse_braced_hex(cursor: Cursor) -> str:
    brace = cursor.position
    digits = ""
    while cursor.bump_and_space() and cursor.char != "}":
        digits += _hex_digit(cursor)
    if cursor.at_end:
        raise cursor.error(_EOF, cursor.since(brace))
    span = PatternSpan(brace + 1, cursor.position)
    cursor.bump_and_space()
    if not digits:
        raise cursor.error("hexadecimal literal empty", cursor.since(brace))
    return _code_point(cursor, digits, span)


def _hex_digit(cursor: Cursor) -> str:
    if cursor.char not in "0123456789abcdefABCDEF":
        raise cursor.error("invalid hexadecimal digit", cursor.here_char())
    return cursor.char


def _code_point(cursor: Cursor, digits: str, span: PatternSpan) -> str:
    number = int(digits, 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise cursor.error("hexadecimal literal is not a Unicode scalar value", span)
    return chr(number)


def _parse_property(cursor: Cursor, flags: Flags, start: int) -> Property | Ranges:
    negated = cursor.char == "P"
    if not cursor.bump_and_space():
        raise cursor.error(_EOF, cursor.here())
    braced = cursor.char == "{"
    if braced:
        name = ""
        while cursor.bump_and_space() and cursor.char != "}":
            name += cursor.char
        if cursor.at_end:
            raise cursor.error(_EOF, cursor.here())
        cursor.bump()
    else:
        name = cursor.char
        if name == "\\":
            raise cursor.error("invalid Unicode character class", cursor.here_char())
        cursor.bump_and_space()
    span = cursor.since(start)
    if not flags.unicode:
        cursor.reject("Unicode not allowed here", span)
        return Ranges(())
    if "!=" in name:
        name = name.replace("!=", "=", 1)
        negated = not negated
    found = find_property(name)
    if found is None:
        kind = "property value" if braced and ("=" in name or ":" in name) else "property"
        cursor.reject(f"Unicode {kind} not found", span)
        return Ranges(())
    if isinstance(found, Ranges):
        return complement(found) if negated else found
    return Property(found, negated, case_closed=False)


def _special_boundary(cursor: Cursor, boundary: int) -> AssertionKind | None:
    r"""`{start}` and its like after `\b`; None when the brace begins a counted repetition instead."""
    start = cursor.position
    if not cursor.bump_and_space():
        reason = (
            "found either the beginning of a special word boundary or a bounded repetition on a \\b with an "
            "opening brace, but no closing brace"
        )
        raise cursor.error(reason, cursor.since(boundary))
    content = cursor.position
    name = ""
    while not cursor.at_end and (cursor.char == "-" or (cursor.char.isascii() and cursor.char.isalpha())):
        name += cursor.char
        cursor.bump_and_space()
    if not name:
        cursor.position = start
        return None
    if cursor.char != "}":
        raise cursor.error(
            "special word boundary assertion is either unclosed or contains an invalid character", cursor.since(start)
        )
    end = cursor.position
    cursor.bump()
    if name not in _WORD_BOUNDARIES:
        raise cursor.error(
            "unrecognized special word boundary assertion, valid choices are: start, end, start-half or end-half",
            PatternSpan(content, end),
        )
    return _WORD_BOUNDARIES[name]
