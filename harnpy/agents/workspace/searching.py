"""The tool `search`: lines of files that match a pattern, as grep shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harnpy.agents.workspace.failures import ToolFailure, failed, one_line
from harnpy.agents.workspace.globs import PathGlob
from harnpy.agents.workspace.operations import list_files, read_file
from harnpy.agents.workspace.reading import is_binary
from harnpy.agents.workspace.settings import Settings
from harnpy.agents.workspace.tool_arguments import ToolArguments
from harnpy.vm.patterns import PatternCache, PatternError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.vm.fiber import Fiber

_MOST_MATCHES = 1000
_DEFAULT_MATCHES = 100
_MOST_CONTEXT = 20
# Larger files are hardly sources; the result says how many were left out.
_LARGEST_SEARCHED = 5_000_000
_LONGEST_LINE = 300
# In a pattern with flags of its own or anchors at the ends, a match in one line need not be one in the whole text.
_NOT_BY_LINES = re.compile(r"\(\?(?!:|P?<)|\\[AzZ]")


class _Finder:
    """Whether a line, or anything in a whole text, matches what is searched for."""

    def __init__(self, fiber: Fiber, pattern: str, literal: bool, ignore_case: bool) -> None:
        if not pattern:
            raise ToolFailure("'pattern' is empty")
        if literal and not ignore_case:
            self.in_line: Callable[[str], bool] = lambda line: pattern in line
            self.in_text: Callable[[str], bool] = self.in_line
            return
        source = _escaped(pattern) if literal else pattern
        cache = fiber.runtime.state(PatternCache)
        flags = "(?i)" if ignore_case else ""
        try:
            self.in_line = cache.get(flags + source).is_match
            if _NOT_BY_LINES.search(source):
                self.in_text = lambda text: True
            else:
                self.in_text = cache.get(f"(?m){flags}{source}").is_match
        except PatternError as error:
            raise ToolFailure(
                f"'pattern' is no valid regular expression: {error}; set literal to search for text"
            ) from None


def _escaped(text: str) -> str:
    return "".join(f"\\{each}" if each in "\\.+*?()|[]{}^$#&-~" else each for each in text)


class _Report:
    """The lines of a result, up to a number of matches and of characters; full once that is reached."""

    def __init__(self, most: int, room: int) -> None:
        self._lines: list[str] = []
        self._matches = 0
        self._most = most
        self._room = room
        self.full = False

    def add(self, path: str, lines: list[str], found: Iterator[int], context: int) -> None:
        """The found lines of a file, by index, with those around them."""
        written = -1  # the last line that is in the report
        ahead = next(found, None)
        while ahead is not None:
            at, ahead = ahead, next(found, None)
            if self._matches == self._most:
                self.full = True
                return
            self._matches += 1
            start = max(at - context, written + 1)
            if context and self._lines and (written < 0 or start > written + 1):
                self._write("--")
            end = min(at + context, len(lines) - 1)
            if ahead is not None:
                end = min(end, ahead - 1)  # that one is shown as a match
            for index in range(start, end + 1):
                mark = ":" if index == at else "-"
                self._write(f"{path}{mark}{index + 1}{mark}{_cut(lines[index])}")
                if self.full:
                    return
            written = end

    def _write(self, line: str) -> None:
        self._room -= len(line) + 1
        if self._room < 0:
            self.full = True
        else:
            self._lines.append(line)

    def text(self, skipped: int) -> str:
        lines = self._lines or ["No matches."]
        if self.full:
            lines = [*lines, "[... there are more matches. Search for something narrower, or below a directory]"]
        if skipped:
            lines = [
                *lines,
                f"[{skipped} files not searched: binary, not UTF-8, unreadable or larger than {_LARGEST_SEARCHED} bytes]",
            ]
        return "\n".join(lines)


def search(fiber: Fiber, settings: Settings, arguments: ToolArguments) -> str:
    """Matching lines as `<path>:<number>:<line>`, those around them with `-` for `:`, groups apart by `--`."""
    finder = _Finder(fiber, arguments.text("pattern"), arguments.flag("literal"), arguments.flag("ignore_case"))
    path = arguments.text("path", ".") or "."
    glob = PathGlob(arguments.text("glob")) if arguments.has("glob") else None
    context = arguments.whole("context", 0, 0, _MOST_CONTEXT)
    most = arguments.whole("max_matches", _DEFAULT_MATCHES, 1, _MOST_MATCHES)
    workspace = settings.workspace(fiber)
    try:
        files: list[str] = fiber.effect(list_files, workspace, path)
    except (OSError, ValueError) as error:
        raise failed("search", path, error) from None
    report = _Report(most, settings.max_output)
    skipped = 0
    for below in files:
        if fiber.signal.pending:
            fiber.attend(fiber.frame)  # searching takes long: others have their turn, and deadlines hold
        if glob is not None and below and not glob.matches(below):
            continue
        full = _joined(path, below)
        try:
            data: bytes = fiber.effect(read_file, workspace, full, _LARGEST_SEARCHED)
            text = "" if is_binary(data) else data.decode("utf-8").replace("\r\n", "\n")
        except (OSError, ValueError, ToolFailure):
            skipped += 1
            continue
        skipped += not text and bool(data)
        if finder.in_text(text):
            lines = text.split("\n")
            if lines[-1] == "":
                lines.pop()
            report.add(one_line(full), lines, (at for at, line in enumerate(lines) if finder.in_line(line)), context)
            if report.full:
                break
    return report.text(skipped)


def _joined(path: str, below: str) -> str:
    # Not normalized: what `..` after a link means is known only to the walk.
    if not below:
        return path
    return below if path == "." else f"{path.rstrip('/')}/{below}"


def _cut(line: str) -> str:
    return (
        line
        if len(line) <= _LONGEST_LINE
        else f"{line[:_LONGEST_LINE]} [... {len(line) - _LONGEST_LINE} more characters]"
    )
