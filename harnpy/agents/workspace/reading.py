"""The tools `read` and `list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.agents.workspace.failures import ToolFailure, failed, one_line, quoted
from harnpy.agents.workspace.operations import list_entries, read_file
from harnpy.agents.workspace.paths import Workspace
from harnpy.agents.workspace.settings import Settings
from harnpy.agents.workspace.tool_arguments import ToolArguments

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

MOST_LINES = 2000
# The largest file that is read or edited, in bytes.
LARGEST_FILE = 50_000_000
_MOST_ENTRIES = 2000
_DEEPEST = 100


def read(fiber: Fiber, settings: Settings, arguments: ToolArguments) -> str:
    """Lines of a file with their numbers, or the entries of a directory."""
    path = arguments.path()
    offset = arguments.whole("offset", 1, 1, 1 << 62)
    limit = arguments.whole("limit", MOST_LINES, 1, MOST_LINES)
    workspace = settings.workspace(fiber)
    try:
        text = read_text(fiber, workspace, path)
    except IsADirectoryError:
        return _listing(fiber, workspace, path, 1, settings.max_output)
    except (OSError, ValueError) as error:
        raise failed("read file", path, error) from None
    return numbered_lines(text, offset, limit, settings.max_output)


def list_directory(fiber: Fiber, settings: Settings, arguments: ToolArguments) -> str:
    """The entries of a directory, those of directories below it too if a depth is given."""
    path = arguments.text("path", ".") or "."
    depth = arguments.whole("depth", 1, 1, _DEEPEST)
    return _listing(fiber, settings.workspace(fiber), path, depth, settings.max_output)


def read_text(fiber: Fiber, workspace: Workspace, path: str) -> str:
    """A file that is text. Raises OSError, UnicodeDecodeError, and ToolFailure for binary and very large files."""
    data: bytes = fiber.effect(read_file, workspace, path, LARGEST_FILE)
    if is_binary(data):
        raise ToolFailure(f"cannot read file {quoted(path)}: it is binary ({len(data)} bytes); allowed are text files")
    return data.decode("utf-8")


def is_binary(data: bytes) -> bool:
    """Whether these are the bytes of something else than a text, as git and grep decide it."""
    return b"\0" in data[:8192]


def numbered_lines(text: str, offset: int, limit: int, max_output: int) -> str:
    """Lines `<number><tab><text>` from line offset (from 1) on: limit of them, and no more than fit into max_output
    characters, but at least one. What is left is said at the end.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if offset > max(1, len(lines)):
        raise ToolFailure(f"offset {offset} is after the end: the file has {len(lines)} lines")
    shown: list[str] = []
    room = max_output
    for number, line in enumerate(lines[offset - 1 : offset - 1 + limit], offset):
        entry = f"{number}\t{line.removesuffix(chr(13))}"
        room -= len(entry) + 1
        if room < 0:
            if not shown:
                shown.append(
                    f"{entry[:max_output]}\n[... {len(entry) - max_output} more characters of this line not shown]"
                )
            break
        shown.append(entry)
    after = offset - 1 + len(shown)
    if after < len(lines):
        rest = f"[... {len(lines) - after} more lines not shown. Use offset={after + 1} to continue reading]"
        return "\n".join(shown) + f"\n\n{rest}"
    return "\n".join(shown)


def _listing(fiber: Fiber, workspace: Workspace, path: str, depth: int, max_output: int) -> str:
    try:
        entries: list[str] = fiber.effect(list_entries, workspace, path, depth, _MOST_ENTRIES + 1)
    except (OSError, ValueError) as error:
        raise failed("list directory", path, error) from None
    shown: list[str] = []
    room = max_output
    for entry in map(one_line, entries[:_MOST_ENTRIES]):
        room -= len(entry) + 1
        if room < 0:
            break
        shown.append(entry)
    if len(shown) < len(entries):
        shown.append("[... there are more. List a directory below, or with a smaller depth]")
    return "\n".join(shown)
