"""Reading JSON as models write it: almost right.

Accepted beyond RFC 8259: comments, trailing and some missing commas, single and typographic quotes, unquoted keys,
Python's True, False and None, raw line breaks and stray backslashes in strings, `+1`, `.5` and `5.`, and closing
brackets that are missing. Never guessed at: the end of a string, a missing value, words that are no literals. So the
reader either finds what was meant or fails; whether it was meant is for a schema to say. Time is linear in the text.

Libraries for this (json-repair and its like) rather return something than fail, "" for a missing value for instance,
and some of their answers take minutes; behind a schema check only failing is of use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harnpy.llm.json_values import Json, finite_float

# Deeper documents than this are not written by mistake; the limit keeps Python's stack out of reach.
MAX_DEPTH = 200

# Openings of documents that are looked at in one text: prose may be full of brackets.
_MOST_STARTS = 64

_FENCE = "```"
_BLANK = re.compile(r"(?:\s+|//[^\n]*|#[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NUMBER = re.compile(r"[-+]?(?!0[0-9])(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?=[\s,\]}/#]|$)")
_WORD = re.compile(r"[A-Za-z_$][\w$-]*")
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’"}
_PLAIN = {closing: re.compile(rf"[^{closing}\\]*") for closing in _QUOTES.values()}
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\", "\n": ""}
_HEX_ESCAPES = {"u": 4, "x": 2}
_LITERALS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None, "nil": None}
_CLOSING = {"{": "}", "[": "]"}
_BRACKET = re.compile(r"[{\[]")


def documents(text: str, *, cut_short: bool) -> Iterator[Json]:
    """The objects and lists in text, in order, none of them inside another.

    cut_short says that text ended because the model had to stop: then brackets that are missing at its end are not
    supplied, since more than brackets may be missing.
    """
    start = 0
    for _ in range(_MOST_STARTS):
        bracket = _BRACKET.search(text, start)
        if bracket is None:
            return
        try:
            value, start = _Reader(text, bracket.start(), cut_short).document()
        except ValueError:
            start = bracket.end()
        else:
            yield value


class _Reader:
    """Reads one document from position on."""

    def __init__(self, text: str, position: int, cut_short: bool) -> None:
        self._text = text
        self._position = position
        self._cut_short = cut_short
        self._open: list[str] = []

    def document(self) -> tuple[Json, int]:
        """The document and where it ends. Raises ValueError."""
        return self._value(), self._position

    def _value(self) -> Json:
        self._skip_blank()
        character = self._peek()
        if character in _CLOSING:
            return self._nested(character)
        if character in _QUOTES:
            return self._string()
        number = _NUMBER.match(self._text, self._position)
        if number:
            self._position = number.end()
            return _number(number[0])
        word = _WORD.match(self._text, self._position)
        if word and word[0] in _LITERALS:
            self._position = word.end()
            return _LITERALS[word[0]]
        raise self._failure("a value")

    def _nested(self, opening: str) -> Json:
        if len(self._open) >= MAX_DEPTH:
            raise self._failure("less nesting")
        self._open.append(opening)
        self._position += 1
        value = self._object() if opening == "{" else self._list()
        self._open.pop()
        return value

    def _object(self) -> dict[str, Json]:
        members: dict[str, Json] = {}
        self._skip_blank()
        while not self._closes("}"):
            key = self._key()
            self._skip_blank()
            if self._peek() != ":":
                raise self._failure("a colon")
            self._position += 1
            members[key] = self._value()
            self._separate()
        return members

    def _list(self) -> list[Json]:
        elements: list[Json] = []
        self._skip_blank()
        while not self._closes("]"):
            elements.append(self._value())
            self._separate()
        return elements

    def _key(self) -> str:
        if self._peek() in _QUOTES:
            return self._string()
        word = _WORD.match(self._text, self._position)
        if word is None:
            raise self._failure("a key")
        self._position = word.end()
        return word[0]

    def _separate(self) -> None:
        """Step over the comma behind an element. It may be missing before what can only be another one."""
        self._skip_blank()
        if self._peek() == ",":
            self._position += 1
            self._skip_blank()
        elif self._peek() not in (*_QUOTES, *_CLOSING, *_CLOSING.values()) and not self._ended():
            raise self._failure("a comma")

    def _closes(self, closing: str) -> bool:
        """Whether the innermost bracket ends here: by its partner, the partner of one further out, or the text's end."""
        character = self._peek()
        if character == closing:
            self._position += 1
            return True
        if character in _CLOSING.values():
            # The partner of a bracket further out: the one of this bracket was forgotten.
            return any(_CLOSING[opening] == character for opening in self._open[:-1])
        return self._ended() and not self._cut_short

    def _ended(self) -> bool:
        return self._position >= len(self._text) or self._text.startswith(_FENCE, self._position)

    def _string(self) -> str:
        closing = _QUOTES[self._text[self._position]]
        self._position += 1
        pieces: list[str] = []
        while True:
            plain = _PLAIN[closing].match(self._text, self._position)
            assert plain is not None  # the pattern also matches nothing
            pieces.append(plain[0])
            self._position = plain.end()
            if self._position >= len(self._text):
                raise self._failure("the end of a string")
            if self._text[self._position] == closing:
                self._position += 1
                return "".join(pieces)
            pieces.append(self._escape())

    def _escape(self) -> str:
        self._position += 1
        letter = self._peek()
        self._position += 1
        if letter in _QUOTES or letter in _QUOTES.values():
            return letter
        if letter in _HEX_ESCAPES:
            digits = self._text[self._position : self._position + _HEX_ESCAPES[letter]]
            if re.fullmatch(r"[0-9a-fA-F]+", digits) and len(digits) == _HEX_ESCAPES[letter]:
                self._position += len(digits)
                return chr(int(digits, 16))
        # A path or a regular expression, most likely, whose backslashes were not doubled.
        return _ESCAPES.get(letter, f"\\{letter}")

    def _skip_blank(self) -> None:
        blank = _BLANK.match(self._text, self._position)
        if blank:
            self._position = blank.end()

    def _peek(self) -> str:
        return self._text[self._position : self._position + 1]

    def _failure(self, missing: str) -> ValueError:
        return ValueError(f"expected {missing} at character {self._position}")


def _number(text: str) -> int | float:
    if any(character in text for character in ".eE"):
        return finite_float(text)
    return int(text)
