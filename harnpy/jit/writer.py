"""Python source in the making: lines with what they stand for in Harn and where to go on if a guess in them fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

_CALLEE = re.compile(r"([\w.)\]]+)\(")
# Functions and methods that neither run code of the program nor make or change structs in a way unknown to translated
# code.
_QUIET = frozenset(
    {
        "abs", "add", "add_in_place", "append", "bad", "compare", "display", "divide", "equal", "extend", "get",
        "get_index", "get_property", "getrefcount", "iter", "leave", "len", "list", "locals", "modulo", "multiply",
        "negate", "new", "not_equal", "own_dict", "own_list", "own_structinstance", "power", "range", "slice_value",
        "subtract", "type",
    }
)  # fmt: skip


class Resume:
    """Where the interpreter goes on when a line fails: before instruction pc, with these expressions on the stack.

    head: not before a FOR but inside it, where it fetches its next item.
    """

    __slots__ = ("head", "pc", "stack")

    def __init__(self, pc: int, stack: tuple[str, ...], head: bool = False) -> None:
        self.pc = pc
        self.stack = stack
        self.head = head


class Line:
    """One line. operations: the text of each guess in it and the instruction that it belongs to.

    after: where to go on, with the value pushed, if a call in it gives a value of a kind that it had excluded.
    """

    __slots__ = ("after", "indent", "operations", "position", "resume", "text")

    def __init__(
        self,
        indent: int,
        text: str,
        position: tuple[int, int],
        resume: Resume | None,
        operations: tuple[tuple[str, int], ...],
    ) -> None:
        self.indent = indent
        self.text = text
        self.position = position
        self.resume = resume
        self.operations = operations
        self.after: Resume | None = None

    def copy(self) -> Line:
        """Another line of the same text and meaning."""
        return Line(self.indent, self.text, self.position, self.resume, self.operations)


class Writer:
    """Collects lines. position is what the following lines belong to; suites that stay empty get a `pass`.

    calls counts the lines, so far, in which other code may run, or which other code may run before. quiet are further
    functions of which that is not true.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.calls = 0
        self.quiet: set[str] = set()
        self.position = (0, 0)
        self._indent = 0
        self._suites: list[int] = []

    def line(self, text: str, resume: Resume | None = None, operations: tuple[tuple[str, int], ...] = ()) -> Line:
        written = Line(self._indent, text, self.position, resume, operations)
        self.lines.append(written)
        if self._is_loud(text):
            self.calls += 1
        return written

    def _is_loud(self, text: str) -> bool:
        if text.startswith(("yield", "def ")) or " yield " in text:
            return True
        for callee in _CALLEE.findall(text):
            name = callee[callee.rfind(".") + 1 :]
            if name not in _QUIET and name not in self.quiet:
                return True
        return False

    def open(self, head: str, resume: Resume | None = None, operations: tuple[tuple[str, int], ...] = ()) -> None:
        """Begin a suite below head."""
        self.line(head, resume, operations)
        self._indent += 1
        self._suites.append(len(self.lines))

    def close(self) -> None:
        """End the innermost suite."""
        if self._suites.pop() == len(self.lines):
            self.line("pass")
        self._indent -= 1

    @contextmanager
    def suite(
        self, head: str, resume: Resume | None = None, operations: tuple[tuple[str, int], ...] = ()
    ) -> Iterator[None]:
        self.open(head, resume, operations)
        yield
        self.close()

    @contextmanager
    def around(self, start: int, head: str) -> Iterator[None]:
        """Put the lines from number start on, which are suites that have ended, into a suite below head, and go on in it."""
        for line in self.lines[start:]:
            line.indent += 1
        self.lines.insert(start, Line(self._indent, head, self.position, None, ()))
        self._indent += 1
        self._suites.append(start + 1)
        yield
        self.close()

    @property
    def source(self) -> str:
        return "\n".join(["    " * line.indent + line.text for line in self.lines]) + "\n"
