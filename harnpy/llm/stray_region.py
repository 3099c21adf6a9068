"""What the stray text between two blocks of a response comes to: calls that run, and a violation for each piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from harnpy.llm.call_expressions import FoundCall, KnownTools
from harnpy.llm.call_scanner import quoted_whole, scan_body
from harnpy.llm.json_fallback import ListedCall
from harnpy.llm.quoted_preview import quoted
from harnpy.llm.stray_text import Fragment

_STRAY_PREVIEW = 120
_TAG_PREVIEW = 40


@dataclass(frozen=True, slots=True)
class AngleCall:
    """`<name({ ... })>`; is_quoted says that it stands in a fence or a code span."""

    call: FoundCall
    text: str
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class BrokenTag:
    """A tag that the protocol does not have, or the rest of a line from a `<` on."""

    text: str
    is_closed: bool


@dataclass(frozen=True, slots=True)
class UnclosedProse:
    """An `<assistant_prose>` without its end: the model meant what follows as prose."""

    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one piece of a region comes to."""

    violation: str
    calls: Sequence[FoundCall | ListedCall] = ()
    is_angle: bool = False


_Piece: TypeAlias = Fragment | AngleCall | BrokenTag | UnclosedProse


class StrayRegion:
    """The stray text between two blocks. continues_example: it begins in a fence that stands among prose."""

    def __init__(self, continues_example: bool = False) -> None:
        self._pieces: list[_Piece] = []
        self._continues_example = continues_example

    def add(self, piece: _Piece) -> None:
        self._pieces.append(piece)

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in the region and nothing can follow from it."""
        return not (self._pieces or self._continues_example)

    @property
    def has_prose(self) -> bool:
        """Whether anything but calls, fences and tags stands in the region."""
        return self._continues_example or any(map(_is_prose, self._pieces))

    def outcomes(self, known: KnownTools) -> Iterator[Outcome]:
        """What each piece comes to, in order."""
        prose = self._continues_example + sum(map(_is_prose, self._pieces))
        is_in_prose = False
        for piece in self._pieces:
            if isinstance(piece, Fragment):
                if piece.text.strip():
                    calls = [] if is_in_prose else self._calls(piece, known, prose - piece.has_prose)
                    yield _stray_text(piece, calls)
            elif isinstance(piece, AngleCall):
                is_example = is_in_prose or (piece.is_quoted and prose > 0)
                yield _unknown_tag(piece.text) if is_example else _angle_call(piece)
            elif isinstance(piece, UnclosedProse):
                is_in_prose = True
                yield _unknown_tag(piece.text)
            else:
                yield _unknown_tag(piece.text) if piece.is_closed else _unclosed_tag(piece.text)

    def _calls(self, fragment: Fragment, known: KnownTools, prose_around: int) -> list[FoundCall | ListedCall]:
        """The calls of a fragment; prose_around is the number of other pieces that are prose."""
        calls = fragment.accepted(known, bool(prose_around) or fragment.has_prose)
        if calls or prose_around:
            return calls
        whole = quoted_whole(fragment.as_source())
        return scan_body(whole, known).calls if whole is not None else []


def _is_prose(piece: _Piece) -> bool:
    if isinstance(piece, Fragment):
        return piece.has_prose
    return isinstance(piece, UnclosedProse) or (isinstance(piece, BrokenTag) and not piece.is_closed)


def _stray_text(fragment: Fragment, calls: Sequence[FoundCall | ListedCall]) -> Outcome:
    if not calls:
        return Outcome(
            f"Stray text outside response tags: {quoted(fragment.text.strip(), _STRAY_PREVIEW)}. Prose belongs in "
            "`<assistant_prose>...</assistant_prose>`, each tool call in `<tool_call>...</tool_call>`."
        )
    names = ", ".join(call.name for call in calls)
    return Outcome(
        f"Tool call(s) ({names}) were emitted as bare text outside `<tool_call>` tags. They run this time, to keep "
        "the work going; from the next turn on each call needs its `<tool_call>...</tool_call>`.",
        calls,
    )


def _angle_call(piece: AngleCall) -> Outcome:
    name = piece.call.name
    return Outcome(
        f"Tool call `{name}` was emitted as `<{name}(...)>` instead of "
        f"`<tool_call>{name}({{ ... }})</tool_call>`. It runs this time, to keep the work going; "
        "from the next turn on each call needs its `<tool_call>` tags.",
        [piece.call],
        is_angle=True,
    )


def _unknown_tag(text: str) -> Outcome:
    return Outcome(
        f"Unknown top-level tag {quoted(text, _TAG_PREVIEW)}. At the top level only "
        "`<tool_call>`, `<assistant_prose>` or `<done>` may stand."
    )


def _unclosed_tag(text: str) -> Outcome:
    return Outcome(
        f"Unclosed tag starting at {quoted(text, _TAG_PREVIEW)}. Close or remove it; the "
        "accepted tags are `<tool_call>`, `<assistant_prose>` and `<done>`."
    )
