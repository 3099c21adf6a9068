"""Finding out what is wrong with a JSON text and where. Slower than a parser that only has to accept, so it is asked
once a text has been refused.

Positions count lines from 1 and, within a line, bytes of UTF-8 up to and including the one at fault.
"""

from __future__ import annotations

import re

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NoReturn

NESTING_LIMIT = 128

_WHITE_SPACE = re.compile(rb"[ \t\n\r]*")
_PLAIN_CHARACTERS = re.compile(rb'[^"\\\x00-\x1f]*')
_DIGITS = re.compile(rb"[0-9]*")
_KEYWORDS = {b"t": b"rue", b"f": b"alse", b"n": b"ull"}
_ESCAPES = b'"\\/bfnrt'
_HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")
_CONTROL = "control character (\\u0000-\\u001F) found while parsing a string"
_LONE_SURROGATE = "lone leading surrogate in hex escape"
_CUT_SURROGATE = "unexpected end of hex escape"
_MAXIMUM_EXPONENT = 2**31 - 1


class JsonError(Exception):
    """str() is `<detail> at line L column C`."""


def check_json(text: str) -> None:
    """Do nothing if text is one JSON value, else raise the JsonError of the first thing that is wrong."""
    _Checker(text.encode("utf-8", "surrogatepass")).check()


class _Checker:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._index = 0

    def check(self) -> None:
        self._value(1)
        if self._next_byte():
            self._fail_at_next("trailing characters")

    # --- values -------------------------------------------------------------------------------------------------

    def _value(self, depth: int) -> None:
        byte = self._next_byte()
        if byte in (b"[", b"{"):
            if depth >= NESTING_LIMIT:
                self._fail_at_next("recursion limit exceeded")
            self._index += 1
            if byte == b"[":
                self._list(depth)
            else:
                self._object(depth)
        elif byte == b'"':
            self._index += 1
            self._string()
        elif byte == b"-" or byte.isdigit():
            self._number()
        elif byte in _KEYWORDS:
            self._index += 1
            self._keyword(_KEYWORDS[byte])
        else:
            self._fail_at_next("expected value" if byte else "EOF while parsing a value")

    def _list(self, depth: int) -> None:
        first = True
        while True:
            byte = self._next_byte()
            if byte == b"]":
                break
            if byte == b"," and not first:
                self._index += 1
                if self._next_byte() == b"]":
                    self._fail_at_next("trailing comma")
            elif not byte:
                self._fail_at_next("EOF while parsing a list")
            elif not first:
                self._fail_at_next("expected `,` or `]`")
            first = False
            self._value(depth + 1)
        self._index += 1

    def _object(self, depth: int) -> None:
        first = True
        while True:
            byte = self._next_byte()
            if byte == b"}":
                break
            if byte == b"," and not first:
                self._index += 1
                byte = self._next_byte()
                if byte == b"}":
                    self._fail_at_next("trailing comma")
                if not byte:
                    self._fail_at_next("EOF while parsing a value")
            elif not byte:
                self._fail_at_next("EOF while parsing an object")
            elif not first:
                self._fail_at_next("expected `,` or `}`")
            first = False
            if byte != b'"':
                self._fail_at_next("key must be a string")
            self._index += 1
            self._string()
            separator = self._next_byte()
            if separator != b":":
                self._fail_at_next("expected `:`" if separator else "EOF while parsing an object")
            self._index += 1
            self._value(depth + 1)
        self._index += 1

    def _keyword(self, rest: bytes) -> None:
        for expected in rest:
            if self._index >= len(self._data):
                self._fail("EOF while parsing a value")
            self._index += 1
            if self._data[self._index - 1] != expected:
                self._fail("expected ident")

    # --- numbers ------------------------------------------------------------------------------------------------

    def _number(self) -> None:
        start = self._index
        if self._peek() == b"-":
            self._index += 1
        first = self._take("EOF while parsing a value")
        if not first.isdigit():
            self._fail("invalid number")
        if first != b"0":
            self._skip(_DIGITS)
        elif self._peek().isdigit():
            self._fail_at_next("invalid number")
        whole = self._index
        if self._peek() == b".":
            self._index += 1
            if not self._peek().isdigit():
                self._fail_at_next("invalid number" if self._peek() else "EOF while parsing a value")
            self._skip(_DIGITS)
        if self._peek() in (b"e", b"E"):
            self._exponent(any(byte in b"123456789" for byte in self._data[start : self._index]))
        if self._index > whole and abs(float(self._data[start : self._index])) == float("inf"):
            self._fail("number out of range")

    def _exponent(self, significant: bool) -> None:
        self._index += 1
        negative = self._peek() == b"-"
        if self._peek() in (b"+", b"-"):
            self._index += 1
        exponent = self._take("EOF while parsing a value")
        if not exponent.isdigit():
            self._fail("invalid number")
        number = int(exponent)
        while self._peek().isdigit():
            number = number * 10 + int(self._peek())
            self._index += 1
            if number > _MAXIMUM_EXPONENT:
                if significant and not negative:
                    self._fail("number out of range")
                self._skip(_DIGITS)

    # --- strings ------------------------------------------------------------------------------------------------

    def _string(self) -> None:
        """The rest of a string after its opening quote."""
        while True:
            self._skip(_PLAIN_CHARACTERS)
            byte = self._take("EOF while parsing a string")
            if byte == b'"':
                return
            if byte != b"\\":
                self._fail(_CONTROL)
            escape = self._take("EOF while parsing a string")
            if escape == b"u":
                self._unicode_escape()
            elif escape not in _ESCAPES:
                self._fail("invalid escape")

    def _unicode_escape(self) -> None:
        code = self._hex()
        if 0xDC00 <= code <= 0xDFFF:
            self._fail(_LONE_SURROGATE)
        if not 0xD800 <= code <= 0xDBFF:
            return
        for expected in (b"\\", b"u"):
            if self._take("EOF while parsing a string") != expected:
                self._fail(_CUT_SURROGATE)
        if not 0xDC00 <= self._hex() <= 0xDFFF:
            self._fail(_LONE_SURROGATE)

    def _hex(self) -> int:
        digits = self._data[self._index : self._index + 4]
        self._index += len(digits)
        if len(digits) < 4:
            self._fail("EOF while parsing a string")
        if not _HEX_DIGITS.issuperset(digits):
            self._fail("invalid escape")
        return int(digits, 16)

    # --- reading and failing ------------------------------------------------------------------------------------

    def _peek(self) -> bytes:
        return self._data[self._index : self._index + 1]

    def _next_byte(self) -> bytes:
        """The next byte that is not white space, not taken; empty at the end."""
        self._skip(_WHITE_SPACE)
        return self._peek()

    def _take(self, detail_at_end: str) -> bytes:
        byte = self._peek()
        if not byte:
            self._fail(detail_at_end)
        self._index += 1
        return byte

    def _skip(self, pattern: re.Pattern[bytes]) -> None:
        match = pattern.match(self._data, self._index)
        assert match is not None
        self._index = match.end()

    def _fail_at_next(self, detail: str) -> NoReturn:
        """The byte that is next is at fault, or the end."""
        self._index = min(self._index + 1, len(self._data))
        self._fail(detail)

    def _fail(self, detail: str) -> NoReturn:
        """The byte that was taken last is at fault, or the end."""
        before = self._data[: self._index]
        line = before.count(b"\n") + 1
        column = len(before) - (before.rfind(b"\n") + 1)
        raise JsonError(f"{detail} at line {line} column {column}")
