"""Text of a regular expression -> its syntax tree. The flavour is that of a linear-time engine: no look-around, no
backreferences, no atomic groups, no possessive repetition (chapter 06 section 13).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harnpy.vm.patterns.class_parser import ClassParser
from harnpy.vm.patterns.cursor import Cursor, is_space
from harnpy.vm.patterns.errors import PatternSpan, PatternSyntaxError
from harnpy.vm.patterns.escapes import INVALID_UTF8, parse_escape
from harnpy.vm.patterns.flags import Flags, parse_flags
from harnpy.vm.patterns.nodes import (
    Alternation,
    AnyCharacter,
    Assertion,
    AssertionKind,
    CharacterClass,
    Concatenation,
    Group,
    Literal,
    Node,
    ParsedPattern,
    Property,
    Ranges,
    Repeat,
)

_MAXIMUM_DEPTH = 250
_MAXIMUM_COUNT = 2**32 - 1
_NO_SPAN = PatternSpan(0, 0)
_LOOK_AROUND = ("?=", "?!", "?<=", "?<!")


def parse_pattern(source: str) -> ParsedPattern:
    """The syntax tree of a pattern. Raises PatternSyntaxError."""
    return _Parser(source).parse()


@dataclass(slots=True)
class _Level:
    """An open group (or the whole pattern): finished branches, and the nodes of the current one with their depths.

    A node of None is a flag setting, which matches nothing and cannot be repeated.
    """

    flags: Flags
    index: int | None = None
    span: PatternSpan = _NO_SPAN
    branches: list[Node] = field(default_factory=list)
    nodes: list[Node | None] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    depth: int = 0

    def add(self, node: Node | None, depth: int) -> None:
        self.nodes.append(node)
        self.depths.append(depth)

    def end_branch(self) -> None:
        nodes = tuple(node for node in self.nodes if node is not None)
        self.branches.append(nodes[0] if len(nodes) == 1 else Concatenation(nodes))
        self.depth = max([self.depth, *self.depths])
        self.nodes, self.depths = [], []

    def finish(self) -> Node:
        self.end_branch()
        return self.branches[0] if len(self.branches) == 1 else Alternation(tuple(self.branches))


class _Parser:
    def __init__(self, source: str) -> None:
        self._cursor = Cursor(source)
        self._levels = [_Level(Flags())]
        self._flags = Flags()
        self._groups = 0
        self._names: dict[str, int] = {}
        self._name_spans: dict[str, PatternSpan] = {}

    def parse(self) -> ParsedPattern:
        cursor = self._cursor
        while True:
            cursor.bump_space()
            if cursor.at_end:
                break
            char = cursor.char
            level = self._levels[-1]
            if char == "(":
                self._open_group()
            elif char == ")":
                self._close_group()
            elif char == "|":
                cursor.bump()
                level.end_branch()
            elif char in "?*+":
                self._repeat_uncounted(char)
            elif char == "{":
                self._repeat_counted()
            else:
                level.add(self._primitive(char), 0)
        if len(self._levels) > 1:
            raise cursor.error("unclosed group", self._levels[-1].span)
        if cursor.meaningless is not None:
            raise cursor.meaningless
        return ParsedPattern(self._levels[0].finish(), self._groups, self._names)

    # --- single characters and places ---------------------------------------------------------------------------

    def _primitive(self, char: str) -> Node:
        cursor, flags = self._cursor, self._flags
        start = cursor.position
        if char == "[":
            content = ClassParser(cursor, flags).parse()
            return CharacterClass(content, flags.case)
        if char == "\\":
            escape = parse_escape(cursor, flags)
            if isinstance(escape, Property | Ranges):
                return CharacterClass(escape, flags.case)
            return escape
        cursor.bump()
        if char == ".":
            if not flags.unicode:
                cursor.reject(INVALID_UTF8, cursor.since(start))
            return AnyCharacter("" if flags.dot_matches_newline else "\r\n" if flags.crlf else "\n")
        if char == "^":
            return Assertion(self._line_place(AssertionKind.TEXT_START), flags.unicode)
        if char == "$":
            return Assertion(self._line_place(AssertionKind.TEXT_END), flags.unicode)
        return Literal(char, flags.case)

    def _line_place(self, kind: AssertionKind) -> AssertionKind:
        if not self._flags.multi_line:
            return kind
        if self._flags.crlf:
            at_start = kind is AssertionKind.TEXT_START
            return AssertionKind.LINE_START_CRLF if at_start else AssertionKind.LINE_END_CRLF
        return AssertionKind.LINE_START if kind is AssertionKind.TEXT_START else AssertionKind.LINE_END

    # --- groups -------------------------------------------------------------------------------------------------

    def _open_group(self) -> None:
        cursor = self._cursor
        span = cursor.here_char()
        cursor.bump()
        cursor.bump_space()
        inner = cursor.here()
        if any(cursor.bump_if(prefix) for prefix in _LOOK_AROUND):
            reason = "look-around, including look-ahead and look-behind, is not supported"
            raise cursor.error(reason, cursor.since(span.start))
        index: int | None = None
        flags = self._flags
        if cursor.bump_if("?P<") or cursor.bump_if("?<"):
            index = self._next_group()
            self._group_name(index)
        elif cursor.bump_if("?"):
            if cursor.at_end:
                raise cursor.error("unclosed group", span)
            flags, any_named = parse_flags(cursor, self._flags)
            closes = cursor.char == ")"
            cursor.bump()
            if closes:
                if not any_named:
                    raise cursor.error("repetition operator missing expression", inner)
                self._set_flags(flags)
                self._levels[-1].add(None, 0)
                return
        else:
            index = self._next_group()
        if len(self._levels) > _MAXIMUM_DEPTH:
            raise self._too_deep(span)
        self._levels.append(_Level(self._flags, index, span))
        self._set_flags(flags)

    def _close_group(self) -> None:
        cursor = self._cursor
        if len(self._levels) == 1:
            raise cursor.error("unopened group", cursor.here_char())
        level = self._levels.pop()
        node = level.finish()
        if level.depth >= _MAXIMUM_DEPTH:
            raise self._too_deep(level.span)
        self._levels[-1].add(Group(level.index, node), level.depth + 1)
        self._set_flags(level.flags)
        cursor.bump()

    def _set_flags(self, flags: Flags) -> None:
        self._flags = flags
        self._cursor.verbose = flags.verbose

    def _next_group(self) -> int:
        self._groups += 1
        return self._groups

    def _group_name(self, index: int) -> None:
        cursor = self._cursor
        if cursor.at_end:
            raise cursor.error("unclosed capture group name", cursor.here())
        start = cursor.position
        while cursor.char != ">":
            char = cursor.char
            first = cursor.position == start
            if not (char == "_" or (char.isalpha() if first else char.isalnum() or char in ".[]")):
                raise cursor.error("invalid capture group character", cursor.here_char())
            if not cursor.bump():
                raise cursor.error("unclosed capture group name", cursor.here())
        span = cursor.since(start)
        name = cursor.pattern[span.start : span.end]
        cursor.bump()
        if not name:
            raise cursor.error("empty capture group name", span)
        if name in self._names:
            raise cursor.error("duplicate capture group name", self._name_spans[name], span)
        self._names[name] = index
        self._name_spans[name] = span

    # --- repetition ---------------------------------------------------------------------------------------------

    def _operand(self) -> tuple[Node, int]:
        """The node that a repetition operator applies to, taken from the current branch."""
        level = self._levels[-1]
        if not level.nodes or level.nodes[-1] is None:
            raise self._cursor.error("repetition operator missing expression", self._cursor.here())
        node = level.nodes.pop()
        assert node is not None
        return node, level.depths.pop()

    def _repeat_uncounted(self, operator: str) -> None:
        start = self._cursor.position
        operand = self._operand()
        minimum = 1 if operator == "+" else 0
        maximum = 1 if operator == "?" else None
        self._cursor.bump()
        self._repeat(operand, minimum, maximum, start)

    def _repeat_counted(self) -> None:
        cursor = self._cursor
        start = cursor.position
        operand = self._operand()
        if not cursor.bump_and_space():
            raise self._unclosed_count(start)
        minimum = self._decimal()
        if cursor.at_end:
            raise self._unclosed_count(start)
        maximum: int | PatternSyntaxError | None = minimum
        if cursor.char == ",":
            if not cursor.bump_and_space():
                raise self._unclosed_count(start)
            maximum = None
            if cursor.char != "}":
                if isinstance(minimum, PatternSyntaxError):
                    raise minimum
                maximum = self._decimal()
        if isinstance(minimum, PatternSyntaxError):
            raise minimum
        if isinstance(maximum, PatternSyntaxError):
            raise maximum
        if cursor.char != "}":
            raise self._unclosed_count(start)
        cursor.bump_and_space()
        self._repeat(operand, minimum, maximum, start)

    def _repeat(self, operand: tuple[Node, int], minimum: int, maximum: int | None, start: int) -> None:
        """Finish a repetition after its operator: laziness, bounds, depth."""
        cursor = self._cursor
        node, depth = operand
        greedy = not cursor.bump_if("?")
        if maximum is not None and minimum > maximum:
            reason = "invalid repetition count range, the start must be <= the end"
            raise cursor.error(reason, cursor.since(start))
        if greedy and cursor.char == "+":
            raise cursor.error("possessive repetition is not supported", PatternSpan(start, cursor.position + 1))
        if depth >= _MAXIMUM_DEPTH:
            raise self._too_deep(cursor.since(start))
        self._levels[-1].add(Repeat(node, minimum, maximum, greedy != self._flags.swap_greed), depth + 1)

    def _decimal(self) -> int | PatternSyntaxError:
        """A count, or the error that stands in its place, which a later problem may outrank."""
        cursor = self._cursor
        while is_space(cursor.char):
            cursor.bump()
        start = cursor.position
        digits = ""
        while cursor.char and cursor.char in "0123456789":
            digits += cursor.char
            cursor.bump_and_space()
        span = cursor.since(start)
        while is_space(cursor.char):
            cursor.bump_and_space()
        if not digits:
            return cursor.error("repetition quantifier expects a valid decimal", span)
        if len(digits.lstrip("0")) > 10 or int(digits) > _MAXIMUM_COUNT:
            return cursor.error("decimal literal invalid", span)
        return int(digits)

    def _unclosed_count(self, start: int) -> PatternSyntaxError:
        return self._cursor.error("unclosed counted repetition", self._cursor.since(start))

    def _too_deep(self, span: PatternSpan) -> PatternSyntaxError:
        reason = f"exceed the maximum number of nested parentheses/brackets ({_MAXIMUM_DEPTH})"
        return self._cursor.error(reason, span)
