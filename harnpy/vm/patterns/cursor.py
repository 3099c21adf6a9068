"""A position in the text of a pattern. In verbose mode `(?x)` it can step over white space and comments."""

from __future__ import annotations

from harnpy.vm.patterns.errors import PatternSpan, PatternSyntaxError

# str.isspace() takes these for white space, Unicode's property White_Space does not.
_NOT_SPACE = "\x1c\x1d\x1e\x1f"


def is_space(char: str) -> bool:
    """Whether char is white space in patterns."""
    return char.isspace() and char not in _NOT_SPACE


class Cursor:
    """Reads pattern from left to right; char is "" at the end."""

    __slots__ = ("meaningless", "pattern", "position", "verbose")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.verbose = False
        self.meaningless: PatternSyntaxError | None = None

    @property
    def char(self) -> str:
        return self.pattern[self.position : self.position + 1]

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.pattern)

    def bump(self) -> bool:
        """Step over one character; whether there is another."""
        if self.position < len(self.pattern):
            self.position += 1
        return self.position < len(self.pattern)

    def bump_if(self, text: str) -> bool:
        """Step over text if it stands here."""
        if self.pattern.startswith(text, self.position):
            self.position += len(text)
            return True
        return False

    def bump_space(self) -> None:
        """In verbose mode, step over white space and comments."""
        if self.verbose:
            self.position = self._after_space(self.position)

    def bump_and_space(self) -> bool:
        """Step over one character and, in verbose mode, the space after it; whether there is another."""
        if not self.bump():
            return False
        self.bump_space()
        return not self.at_end

    def peek(self) -> str:
        """The character after this one."""
        return self.pattern[self.position + 1 : self.position + 2]

    def peek_past_space(self) -> str:
        """The character after this one and, in verbose mode, after the space that follows."""
        position = self.position + 1
        if self.verbose:
            position = self._after_space(position)
        return self.pattern[position : position + 1]

    def here(self) -> PatternSpan:
        """The point at which the cursor stands."""
        return PatternSpan(self.position, self.position)

    def here_char(self) -> PatternSpan:
        """The character at which the cursor stands."""
        return PatternSpan(self.position, self.position + 1)

    def since(self, start: int) -> PatternSpan:
        """From start up to the cursor."""
        return PatternSpan(start, self.position)

    def error(self, reason: str, *spans: PatternSpan) -> PatternSyntaxError:
        return PatternSyntaxError(self.pattern, reason, *spans)

    def reject(self, reason: str, span: PatternSpan) -> None:
        """Note that a well-formed piece has no meaning: reported only if the rest of the pattern is well-formed."""
        if self.meaningless is None:
            self.meaningless = self.error(reason, span)

    def _after_space(self, position: int) -> int:
        pattern = self.pattern
        while position < len(pattern):
            if is_space(pattern[position]):
                position += 1
            elif pattern[position] == "#":
                newline = pattern.find("\n", position)
                position = len(pattern) if newline < 0 else newline + 1
            else:
                break
        return position
