"""The tools `edit` and `write`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from harnpy.agents.workspace.failures import ToolFailure, failed, quoted
from harnpy.agents.workspace.nearest import nearest_line
from harnpy.agents.workspace.operations import rewrite_file, write_file
from harnpy.agents.workspace.patches import apply_patch, read_patch
from harnpy.agents.workspace.reading import read_text
from harnpy.agents.workspace.settings import Settings
from harnpy.agents.workspace.tool_arguments import ToolArguments

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_LISTED = 10
_MOST_FOUND = 100


def write(fiber: Fiber, settings: Settings, arguments: ToolArguments) -> str:
    """Create or overwrite a file, with the directories above it."""
    path, content = arguments.path(), arguments.text("content")
    try:
        data = content.encode("utf-8")
        created: bool = fiber.effect(write_file, settings.workspace(fiber), path, data)
    except (OSError, ValueError) as error:
        raise failed("write file", path, error) from None
    lines = content.count("\n") + (content != "" and not content.endswith("\n"))
    return f"{'Created' if created else 'Overwrote'} {quoted(path)}: {lines} lines, {len(data)} bytes."


def edit(fiber: Fiber, settings: Settings, arguments: ToolArguments) -> str:
    """Replace a text that occurs exactly once (all of them with replace_all), or apply a patch; all of it or nothing."""
    path = arguments.path()
    if arguments.has("patch") == arguments.has("old_string"):
        raise ToolFailure("give either 'old_string' and 'new_string', or 'patch'")
    workspace = settings.workspace(fiber)
    try:
        before = read_text(fiber, workspace, path)
    except (OSError, ValueError) as error:
        raise failed("read file", path, error) from None
    if arguments.has("patch"):
        after, report = _patched(before, arguments.text("patch"), path)
    else:
        after, report = _replaced(before, arguments, path)
    try:
        fiber.effect(rewrite_file, workspace, path, before.encode("utf-8"), after.encode("utf-8"))
    except (OSError, ValueError) as error:
        raise failed("write file", path, error) from None
    return f"Edited {quoted(path)}: {report}"


def _replaced(before: str, arguments: ToolArguments, path: str) -> tuple[str, str]:
    old, new = arguments.text("old_string"), arguments.text("new_string")
    every = arguments.flag("replace_all")
    if not old:
        raise ToolFailure("'old_string' is empty; to create a file use write")
    if old == new:
        raise ToolFailure("'old_string' and 'new_string' are the same")
    if old not in before and _ends_with_returns(before):
        old, new = _with_returns(old), _with_returns(new)
    lines = _lines_of_occurrences(before, old)
    if not lines:
        told = nearest_line(before.split("\n"), next((line for line in old.split("\n") if line.strip()), ""))
        raise ToolFailure(f"'old_string' does not occur in {quoted(path)}" + (f"; {told}" if told else ""))
    if len(lines) > 1 and not every:
        raise ToolFailure(
            f"'old_string' occurs {max(len(lines), before.count(old))} times in {quoted(path)} (lines {_listed(lines)});"
            " give more of the text around it, or set replace_all"
        )
    count = before.count(old)
    what = "1 occurrence at line" if count == 1 else f"{count} occurrences at lines"
    return before.replace(old, new), f"replaced {what} {_listed(lines)}."


def _lines_of_occurrences(text: str, wanted: str) -> list[int]:
    """The line numbers where wanted begins, overlapping ones included: those are as ambiguous as any. Not all of many."""
    lines: list[int] = []
    line, counted, at = 1, 0, text.find(wanted)
    while at >= 0 and len(lines) < _MOST_FOUND:
        line += text.count("\n", counted, at)
        counted = at
        lines.append(line)
        at = text.find(wanted, at + 1)
    return lines


def _patched(before: str, text: str, path: str) -> tuple[str, str]:
    patch = read_patch(text)
    if "\r" not in text and _ends_with_returns(before):
        patch = patch.with_returns()
    name = posixpath.basename(path.rstrip("/"))
    if patch.files and all(posixpath.basename(each) != name for each in patch.files):
        raise ToolFailure(f"the patch is for {quoted(patch.files[0])}, but path is {quoted(path)}")
    after, lines = apply_patch(patch, before)
    return after, f"applied {len(lines)} {'hunk' if len(lines) == 1 else 'hunks'} at lines {_listed(lines)}."


def _ends_with_returns(text: str) -> bool:
    """Whether all lines end with a carriage return and a newline: models see and write lines without the former."""
    return "\r\n" in text and text.count("\r\n") == text.count("\n")


def _with_returns(text: str) -> str:
    return text if "\r" in text else text.replace("\n", "\r\n")


def _listed(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:_LISTED])) + (", ..." if len(lines) > _LISTED else "")
