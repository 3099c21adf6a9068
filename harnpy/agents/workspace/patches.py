"""Unified diffs of one file: reading them and applying them exactly.

Written here because the libraries for it do not fit: whatthepatch also splits lines at form feeds and forgets how they
end, unidiff only reads, patch-ng opens the files itself. Models miscount lines, so the numbers in a hunk's header are
hints; the text that the hunk says is there has to be there, character by character.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from harnpy.agents.workspace.failures import ToolFailure, one_line
from harnpy.agents.workspace.nearest import nearest_line

_HUNK = re.compile(r"@@(?: -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@.*|.*)")
_NO_NEWLINE = "\\"
_EXAMPLE = "'@@ -3,2 +3,2 @@', then lines that begin with ' ' (kept), '-' (removed) or '+' (added)"


class PatchFailure(ToolFailure):
    """A patch that cannot be read or does not fit; nothing of it has been applied."""


@dataclass(slots=True)
class Hunk:
    """Lines with their ends, as they are before and after. start is the line (from 1) where the header puts old, 0 for
    before the first one and None where it does not say; with no old lines it is the line after which new goes.
    """

    start: int | None
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Patch:
    """files are the paths in its headers, as they stand there, `/dev/null` left out. says_end tells whether the patch
    says of any line that it has no newline.
    """

    files: tuple[str, ...]
    hunks: tuple[Hunk, ...]
    says_end: bool = False

    def with_returns(self) -> Patch:
        """The patch for a file whose lines end with a carriage return and a newline."""
        hunks = (Hunk(hunk.start, _returned(hunk.old), _returned(hunk.new)) for hunk in self.hunks)
        return Patch(self.files, tuple(hunks), self.says_end)


def _returned(lines: list[str]) -> list[str]:
    return [line[:-1] + "\r\n" if line.endswith("\n") else line for line in lines]


def read_patch(text: str) -> Patch:
    """The patch that a text holds; what stands before the first hunk is passed over. Raises PatchFailure."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    files: list[str] = []
    hunks: list[Hunk] = []
    at = 0
    while at < len(lines):
        if _is_header(lines, at):
            if hunks:
                raise PatchFailure("the patch changes several files; allowed is one file a call")
            files += [name for each in (lines[at], lines[at + 1]) if (name := _file_name(each)) != "/dev/null"]
            at += 2
        elif lines[at].startswith("@@"):
            hunk, at = _read_hunk(lines, at, len(hunks) + 1)
            hunks.append(hunk)
        elif hunks and lines[at].strip() and not lines[at].startswith(("diff ", "index ", "-- ", "```")):
            raise PatchFailure(
                f"line {at + 1} of the patch is no line of a hunk: '{one_line(lines[at][:100])}'; {_EXAMPLE}"
            )
        else:
            at += 1
    if not hunks:
        raise PatchFailure(f"the patch has no hunk; a hunk is {_EXAMPLE}")
    return Patch(tuple(files), tuple(hunks), any(line.startswith(_NO_NEWLINE) for line in lines))


def _is_header(lines: Sequence[str], at: int) -> bool:
    return lines[at].startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ ")


def _file_name(header: str) -> str:
    return header[4:].split("\t")[0].rstrip()


def _read_hunk(lines: Sequence[str], at: int, number: int) -> tuple[Hunk, int]:
    """The hunk whose header is at that line, and where it ends.

    While lines are missing by the header's count, everything is a line of the hunk, even what looks like a header.
    """
    header = _HUNK.fullmatch(lines[at])
    start, old_left, new_left = None, -1, -1
    if header is not None and header[1] is not None:
        start = int(header[1])
        old_left, new_left = (1 if count is None else int(count) for count in (header[2], header[4]))
    at += 1
    marked: list[tuple[str, str, bool]] = []
    while at < len(lines):
        line = lines[at]
        if line.startswith(_NO_NEWLINE):
            if marked:
                marked[-1] = (marked[-1][0], marked[-1][1].removesuffix("\n"), False)
            at += 1
            continue
        bare = line in ("", "\r")  # a kept empty line whose space an editor has taken away, or no line of the hunk
        mark = " " if bare else line[0]
        if mark not in " -+" or (bare and old_left == new_left == 0):
            break
        expected = (mark == "+" or old_left > 0) and (mark == "-" or new_left > 0)
        if not expected and _is_header(lines, at):
            break
        marked.append((mark, (line if bare else line[1:]) + "\n", bare))
        old_left -= mark != "+"
        new_left -= mark != "-"
        at += 1
    if not old_left == new_left == 0:
        while marked and marked[-1][2]:
            marked.pop()
    old = [line for mark, line, _ in marked if mark != "+"]
    hunk = Hunk(start, old, [line for mark, line, _ in marked if mark != "-"])
    if hunk.old == hunk.new:
        raise PatchFailure(f"hunk {number} changes nothing; {_EXAMPLE}")
    return hunk, at


def apply_patch(patch: Patch, text: str) -> tuple[str, list[int]]:
    """text with all hunks applied, in order, and the lines of the result (from 1) where each of them stands.

    A hunk goes where its header says, or else to the only place after the previous hunk where its old lines are. A last
    line without a newline stays so if the patch does not speak of it. Raises PatchFailure.
    """
    lines = _lines_of(text)
    implied = "" if patch.says_end or not lines or lines[-1].endswith("\n") else _newline(lines)
    if implied:
        lines[-1] += implied
    result: list[str] = []
    places: list[int] = []
    taken = 0  # lines of text that are in result already, or replaced there
    drift = 0  # how far previous hunks were from where their headers put them
    for number, hunk in enumerate(patch.hunks, 1):
        at = _place(hunk, lines, taken, drift, number)
        if hunk.start is not None:
            drift = at - _said(hunk, 0)
        result += lines[taken:at]
        places.append(len(result) + 1)
        result += hunk.new
        taken = at + len(hunk.old)
    result += lines[taken:]
    for line in result[:-1]:
        if not line.endswith("\n"):
            raise PatchFailure("the patch adds lines after a last line that has no newline; change that line as well")
    return "".join(result).removesuffix(implied), places


def _newline(lines: list[str]) -> str:
    return "\r\n" if lines[0].endswith("\r\n") else "\n"


def _lines_of(text: str) -> list[str]:
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _said(hunk: Hunk, drift: int) -> int:
    """The index at which a hunk should stand by its header."""
    assert hunk.start is not None
    return hunk.start - (1 if hunk.old else 0) + drift


def _place(hunk: Hunk, lines: list[str], taken: int, drift: int, number: int) -> int:
    size = len(hunk.old)
    if hunk.start is not None:
        for at in (_said(hunk, drift), _said(hunk, 0)):
            if taken <= at <= len(lines) - size and lines[at : at + size] == hunk.old:
                return at
    if not size:
        raise PatchFailure(f"hunk {number} only adds lines, and its header does not say where; give lines around them")
    found = _occurrences(hunk.old, lines, taken)
    if len(found) == 1:
        return found[0]
    if found:
        places = ", ".join(str(at + 1) for at in found[:5]) + (", ..." if len(found) > 5 else "")
        raise PatchFailure(f"hunk {number} fits at several lines: {places}; give more lines around the change")
    raise PatchFailure(_mismatch(hunk, lines, taken, number))


def _occurrences(wanted: list[str], lines: list[str], start: int) -> list[int]:
    """The indexes from start on where wanted stands; its rarest line is looked up first."""
    counts = {line: 0 for line in wanted}
    for line in lines:
        if line in counts:
            counts[line] += 1
    rarest = min(range(len(wanted)), key=lambda index: counts[wanted[index]])
    found = []
    for index, line in enumerate(lines):
        at = index - rarest
        if line == wanted[rarest] and at >= start and lines[at : at + len(wanted)] == wanted:
            found.append(at)
    return found


def _mismatch(hunk: Hunk, lines: list[str], taken: int, number: int) -> str:
    """Which line of a hunk is not where it should be, and what is there."""
    start = _closest(hunk, lines, taken)
    if start is not None:
        same = 0
        while same < len(hunk.old) and start + same < len(lines) and hunk.old[same] == lines[start + same]:
            same += 1
        wanted = _shown(hunk.old[same])
        there = f"has {_shown(lines[start + same])}" if start + same < len(lines) else "is after the end of the file"
        return f"hunk {number} does not fit: it wants {wanted}, but line {start + same + 1} {there}"
    told = nearest_line(lines, next((line for line in hunk.old if line.strip()), ""))
    return f"hunk {number} does not fit: the file has no line {_shown(hunk.old[0])}" + (f"; {told}" if told else "")


def _closest(hunk: Hunk, lines: list[str], taken: int) -> int | None:
    """The index where the first line of a hunk stands, nearest to where its header puts it."""
    said = _said(hunk, 0) if hunk.start is not None else taken
    places = [at for at in range(taken, len(lines)) if lines[at] == hunk.old[0]]
    return min(places, key=lambda at: abs(at - said), default=None)


def _shown(line: str) -> str:
    text = line.removesuffix("\n")
    end = "" if line.endswith("\n") else " without a newline"
    return f"'{one_line(text[:120])}'{end}"
