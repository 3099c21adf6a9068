"""A compiled regular expression: searching, iterating over matches and replacing, as chapter 06 section 13 has them."""

from __future__ import annotations

import re
from contextlib import suppress

import regex

from harnpy import TYPE_CHECKING
from harnpy.vm.errors import runtime_error
from harnpy.vm.patterns.ascii_engine import compile_for_ascii
from harnpy.vm.patterns.errors import PatternTooLarge
from harnpy.vm.patterns.parser import parse_pattern
from harnpy.vm.patterns.repetition import choices, matches_nothing, repeats_nothing, unrolled_size
from harnpy.vm.patterns.simulation import ProgramTooLarge, Simulation
from harnpy.vm.patterns.translation import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Protocol
else:
    Protocol = object

# How long the engine may search before the simulation takes over: a start, and more for long texts, in seconds.
_PATIENCE = 0.4
_PATIENCE_A_CHARACTER = 5e-6
# The engine unrolls counted repetition and needs stack for each node; beyond some 400,000 it would not survive.
_LARGEST = 200_000
_FEW_STEPS = 10_000_000
# Searches after which compiling a pattern again for ASCII texts is worth it, and the largest one for which it is.
_USES_UNTIL_HOT = 16
_LARGEST_ASCII = 1000

_REFERENCE = re.compile(r"\$(?:(\$)|\{([^}]*)\}|([0-9A-Za-z_]+))")


class Match(Protocol):
    """One match, of either engine or the simulation."""

    def group(self, index: int, /) -> Any:
        """The text of a group (0 is the whole match), or None if it took no part."""

    def groups(self) -> tuple[Any, ...]:
        """The texts of all groups, None for those that took no part."""

    def span(self) -> tuple[int, int]:
        """Where the whole match starts and ends."""


class SpannedMatch:
    """A match as its text and offsets: of the whole and of every group, (-1, -1) for groups that took no part."""

    __slots__ = ("_spans", "_text")

    def __init__(self, text: str, spans: tuple[tuple[int, int], ...]) -> None:
        self._text = text
        self._spans = spans

    def group(self, index: int, /) -> str | None:
        start, end = self._spans[index]
        return self._text[start:end] if start >= 0 else None

    def groups(self) -> tuple[str | None, ...]:
        return tuple([self.group(index) for index in range(1, len(self._spans))])

    def span(self) -> tuple[int, int]:
        return self._spans[0]


class Pattern:
    """Immutable to its users.

    The engine searches; the simulation takes over for good when the engine once runs out of time, and from the start
    where the engine would go astray. Every search can raise a runtime error, for a pattern that is too large to be
    simulated and on which the engine does not end in time. Texts that are short for their pattern are searched without
    looking at the time, and among those the ones of ASCII characters by a faster engine once the pattern is in use.
    """

    def __init__(self, source: str) -> None:
        """Raises PatternError."""
        self.source = source
        self._parsed = parse_pattern(source)
        if unrolled_size(self._parsed.node) > _LARGEST:
            raise PatternTooLarge
        self._engine = regex.compile(translate(self._parsed.node), regex.V1)
        self._ascii_engine: re.Pattern[str] | regex.Pattern[str] | None = None
        self._uses = 0
        self._short = _longest_in(_FEW_STEPS, choices(self._parsed.node))
        self._matches_nothing = matches_nothing(self._parsed.node)
        self._simulation: Simulation | None = None
        if repeats_nothing(self._parsed.node):
            with suppress(ProgramTooLarge):
                self._simulation = Simulation(self._parsed)

    @property
    def groups(self) -> int:
        """The number of capturing groups, the whole match not counted."""
        return self._parsed.groups

    @property
    def names(self) -> dict[str, int]:
        """Group numbers by name, in the order of the pattern."""
        return self._parsed.names

    def is_match(self, text: str) -> bool:
        """Whether the pattern matches anywhere in text."""
        return self._search(text, 0) is not None

    def matches(self, text: str) -> Iterator[Match]:
        """The matches from left to right, without overlap; no empty one where the previous match ended."""
        engine = self._sufficient_engine(text)
        return self._matches_one_by_one(text) if engine is None else engine.finditer(text)

    def _sufficient_engine(self, text: str) -> re.Pattern[str] | regex.Pattern[str] | None:
        """The engine whose own idea of all matches in text is right, and which surely finds them in time."""
        if len(text) > self._short or self._matches_nothing or self._simulation is not None:
            return None
        if not text.isascii():
            return self._engine
        if self._ascii_engine is None:
            self._uses += 1
            if self._uses < _USES_UNTIL_HOT or unrolled_size(self._parsed.node) > _LARGEST_ASCII:
                return self._engine
            self._ascii_engine = compile_for_ascii(self._parsed.node) or self._engine
        return self._ascii_engine

    def _matches_one_by_one(self, text: str) -> Iterator[Match]:
        position, previous_end = 0, -1
        if self._simulation is None and not self._matches_nothing:
            try:
                for found in self._engine.finditer(text, timeout=self._patience(text)):
                    position = previous_end = found.end()
                    yield found
                return
            except TimeoutError:
                self._simulation = self._linear_time()
        while position <= len(text):
            spans = self._search(text, position)
            if spans is None:
                return
            start, end = spans[0]
            if start == end == previous_end:
                position = end + 1
                continue
            yield SpannedMatch(text, spans)
            position = previous_end = end

    def replace_all(self, text: str, replacement: str) -> str:
        """text with every match replaced; `$1`, `$name`, `${name}` and `$$` in replacement are expanded."""
        expand = self._expansion(replacement)
        engine = self._sufficient_engine(text)
        if engine is not None:
            # The engines take a backslash in a replacement for their own escapes.
            plain = "$" not in replacement and "\\" not in replacement
            return engine.sub(replacement if plain else expand, text)
        pieces: list[str] = []
        position = 0
        for match in self.matches(text):
            start, end = match.span()
            pieces.append(text[position:start])
            pieces.append(expand(match))
            position = end
        if not pieces:
            return text
        pieces.append(text[position:])
        return "".join(pieces)

    def _search(self, text: str, position: int) -> tuple[tuple[int, int], ...] | None:
        if self._simulation is None:
            try:
                found = self._engine.search(text, position, timeout=self._patience(text))
            except TimeoutError:
                self._simulation = self._linear_time()
            else:
                return None if found is None else found.regs
        slots = self._simulation.search(text, position)
        return None if slots is None else tuple(zip(slots[::2], slots[1::2]))

    def _patience(self, text: str) -> float | None:
        """How long the engine may search text, in seconds; None where it cannot take long, since a limit costs time."""
        if len(text) <= self._short:
            return None
        return _PATIENCE + len(text) * _PATIENCE_A_CHARACTER

    def _linear_time(self) -> Simulation:
        try:
            return Simulation(self._parsed)
        except ProgramTooLarge:
            reason = "matching takes too long, and its counted repetitions are too large to match in linear time"
            raise runtime_error(f"regex '{self.source}': {reason}") from None

    def _expansion(self, replacement: str) -> Callable[[Match], str]:
        """What turns a match into the text that replaces it."""
        if "$" not in replacement:
            return lambda match: replacement
        parts: list[str | int] = []
        position = 0
        for reference in _REFERENCE.finditer(replacement):
            parts.append(replacement[position : reference.start()])
            position = reference.end()
            dollar, braced, bare = reference.groups()
            if dollar:
                parts.append("$")
                continue
            group = self._group_number(bare if braced is None else braced)
            if group is not None:
                parts.append(group)
        parts.append(replacement[position:])

        def expand(match: Match) -> str:
            return "".join([part if isinstance(part, str) else match.group(part) or "" for part in parts])

        return expand

    def _group_number(self, name: str) -> int | None:
        """The group that a reference names, by number or by name."""
        if name.isascii() and name.isdigit():
            number = int(name) if len(name) < 10 else self.groups + 1
            return number if number <= self.groups else None
        return self.names.get(name)


def _longest_in(steps: int, choices: int | None) -> int:
    """The length of the longest text that a search goes through in so many steps, -1 if there may be none."""
    if choices is None:
        return -1
    length = int(steps ** (1 / (choices + 1)))
    return length if length ** (choices + 1) < steps else length - 1
