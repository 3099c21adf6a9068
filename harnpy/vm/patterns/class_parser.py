"""Bracketed character classes: ranges, nested classes, POSIX classes and the set operations `&&`, `--` and `~~`."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.vm.patterns.cursor import Cursor
from harnpy.vm.patterns.errors import PatternSpan, PatternSyntaxError
from harnpy.vm.patterns.escapes import INVALID_UTF8, parse_escape
from harnpy.vm.patterns.flags import Flags
from harnpy.vm.patterns.nodes import (
    Assertion,
    Bracketed,
    ClassOperation,
    ClassSet,
    ClassUnion,
    Literal,
    Property,
    Ranges,
    SetOperator,
)
from harnpy.vm.patterns.properties import ASCII_CLASSES, complement

if TYPE_CHECKING:
    from typing import TypeAlias

_Primitive: TypeAlias = Literal | Property | Ranges | Assertion
_MAXIMUM_DEPTH = 250


class ClassParser:
    """Parses one class; open brackets are kept on a stack, so that depth costs no recursion."""

    def __init__(self, cursor: Cursor, flags: Flags) -> None:
        self._cursor = cursor
        self._flags = flags
        self._open: list[_OpenClass] = []

    def parse(self) -> Bracketed:
        """Read one class; the cursor stands at its `[`. Raises PatternSyntaxError."""
        cursor = self._cursor
        self._push()
        while True:
            cursor.bump_space()
            if cursor.at_end:
                raise self._unclosed()
            char = cursor.char
            top = self._open[-1]
            if char == "[":
                posix = self._posix_class()
                if posix is None:
                    self._push()
                else:
                    top.items.append(posix)
            elif char == "]":
                cursor.bump()
                self._open.pop()
                if top.negated and not self._flags.unicode:
                    cursor.reject(INVALID_UTF8, cursor.since(top.span.start))
                finished = Bracketed(top.finish(), top.negated)
                if not self._open:
                    return finished
                self._open[-1].items.append(finished)
            elif char in ("&", "-", "~") and cursor.peek() == char:
                cursor.bump_if(char * 2)
                top.operate(SetOperator(char * 2))
            else:
                top.items.append(self._range())

    def _push(self) -> None:
        cursor = self._cursor
        start = cursor.position
        if not cursor.bump_and_space():
            raise cursor.error("unclosed character class", cursor.since(start))
        negated = cursor.char == "^"
        if negated and not cursor.bump_and_space():
            raise cursor.error("unclosed character class", cursor.since(start))
        opened = _OpenClass(start, negated)
        while cursor.char == "-":
            opened.items.append(_ranges_of("-"))
            if not cursor.bump_and_space():
                raise cursor.error("unclosed character class", PatternSpan(start, start))
        if not opened.items and cursor.char == "]":
            opened.items.append(_ranges_of("]"))
            if not cursor.bump_and_space():
                raise cursor.error("unclosed character class", cursor.since(start))
        opened.span = cursor.since(start)
        if len(self._open) >= _MAXIMUM_DEPTH:
            reason = f"exceed the maximum number of nested parentheses/brackets ({_MAXIMUM_DEPTH})"
            raise cursor.error(reason, opened.span)
        self._open.append(opened)

    def _unclosed(self) -> PatternSyntaxError:
        return self._cursor.error("unclosed character class", self._open[-1].span)

    def _range(self) -> ClassSet:
        """A range, or one item where no range follows."""
        cursor = self._cursor
        first, first_span = self._primitive()
        cursor.bump_space()
        if cursor.at_end:
            raise self._unclosed()
        if cursor.char != "-" or cursor.peek_past_space() in ("]", "-"):
            if isinstance(first, Assertion):
                raise cursor.error("invalid escape sequence found in character class", first_span)
            return _ranges_of(first.char) if isinstance(first, Literal) else first
        if not cursor.bump_and_space():
            raise self._unclosed()
        last, last_span = self._primitive()
        for primitive, span in ((first, first_span), (last, last_span)):
            if not isinstance(primitive, Literal):
                raise cursor.error("invalid range boundary, must be a literal", span)
        assert isinstance(first, Literal) and isinstance(last, Literal)
        span = PatternSpan(first_span.start, last_span.end)
        if first.char > last.char:
            raise cursor.error("invalid character class range, the start must be <= the end", span)
        self._require_unicode(last.char, span)
        return Ranges(((ord(first.char), ord(last.char)),))

    def _primitive(self) -> tuple[_Primitive, PatternSpan]:
        cursor = self._cursor
        start = cursor.position
        if cursor.char == "\\":
            primitive: _Primitive = parse_escape(cursor, self._flags)
        else:
            primitive = Literal(cursor.char, self._flags.case)
            cursor.bump()
        span = cursor.since(start)
        if isinstance(primitive, Literal):
            self._require_unicode(primitive.char, span)
        return primitive, span

    def _require_unicode(self, char: str, span: PatternSpan) -> None:
        if not self._flags.unicode and not char.isascii():
            self._cursor.reject("Unicode not allowed here", span)

    def _posix_class(self) -> ClassSet | None:
        """`[:alpha:]` or `[:^alpha:]`; None when the bracket begins an ordinary class."""
        cursor = self._cursor
        pattern = cursor.pattern
        if not pattern.startswith("[:", cursor.position):
            return None
        start = cursor.position + 2
        negated = pattern.startswith("^", start)
        start += negated
        colon = pattern.find(":", start)
        name = pattern[start:colon]
        if colon < 0 or not pattern.startswith(":]", colon) or name not in ASCII_CLASSES:
            return None
        opening = cursor.position
        cursor.position = colon + 2
        if negated and not self._flags.unicode:
            cursor.reject(INVALID_UTF8, cursor.since(opening))
        return complement(ASCII_CLASSES[name]) if negated else ASCII_CLASSES[name]


class _OpenClass:
    """A bracket that is still open: the items since the last operator, and the operation to its left."""

    def __init__(self, start: int, negated: bool) -> None:
        self.span = PatternSpan(start, start)
        self.negated = negated
        self.items: list[ClassSet] = []
        self._left: ClassSet | None = None
        self._operator = SetOperator.INTERSECTION

    def operate(self, operator: SetOperator) -> None:
        """An operator ends the items so far; operators of all three kinds associate to the left."""
        self._left = self.finish()
        self._operator = operator
        self.items = []

    def finish(self) -> ClassSet:
        items = self.items[0] if len(self.items) == 1 else ClassUnion(tuple(self.items))
        return items if self._left is None else ClassOperation(self._operator, self._left, items)


def _ranges_of(char: str) -> Ranges:
    return Ranges(((ord(char), ord(char)),))
