"""`scan_directory`: what is in a directory and below."""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins.file_access import entries_of, execution_root
from harnpy.builtins.scan_globs import path_test
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harnpy.vm.directory_entries import Entry
    from harnpy.vm.fiber import Fiber

_DEFAULT_DEPTH = 5


class _Options:
    def __init__(self) -> None:
        self.pattern = ""
        self.max_depth = _DEFAULT_DEPTH
        self.include_hidden = False
        self.include_dirs = True
        self.include_files = True

    def take(self, given: Value) -> None:
        """Apply a dict of options; values of a wrong type change nothing."""
        if type(given) is not dict:
            return
        pattern = given.get("pattern")
        if pattern is not None and display(pattern):
            self.pattern = display(pattern)
        depth = given.get("max_depth")
        if type(depth) is int and depth >= 0:
            self.max_depth = depth
        for name in ("include_hidden", "include_dirs", "include_files"):
            if type(given.get(name)) is bool:
                setattr(self, name, given[name])


@builtin("scan_directory(path?: string, pattern_or_options?: string | dict, options?: dict)", effects={"fs.read"})
def scan_directory(fiber: Fiber, path: Value = None, pattern_or_options: Value = None, options: Value = None) -> Value:
    """What is in a directory and below: a list of `{path, size, modified, is_dir}`, sorted by name in each directory.

    An entry stands before what is in it; links are listed and not followed; what cannot be read is empty. `path` is
    relative to the execution root (absolute outside of it), `size` in bytes, `modified` in whole Unix seconds.

    Options: `pattern` (also as second argument), which paths are listed: without a `*` those it is part of, else as a
    glob on the whole path, where `*` stands for any characters, slashes too, and `**/` for any directories or none;
    `max_depth` (5; 0 is the directory alone), `include_hidden` (false), `include_dirs`, `include_files` (true).
    """
    chosen = _Options()
    if type(pattern_or_options) is str:
        chosen.pattern = pattern_or_options
    chosen.take(pattern_or_options)
    chosen.take(options)
    root = execution_root(fiber)
    start = posixpath.join(root, "" if path is None else display(path))
    is_meant = path_test(chosen.pattern)
    above = _path_from(root, start)
    found: list[Value] = []
    for entry, below in _walk(fiber, start, chosen):
        if not (chosen.include_dirs if entry.is_directory else chosen.include_files):
            continue
        shown = above + below
        if is_meant(shown):
            found.append({"path": shown, "size": entry.size, "modified": entry.modified, "is_dir": entry.is_directory})
    return found


def _walk(fiber: Fiber, start: str, options: _Options) -> Iterator[tuple[Entry, str]]:
    """The entries below a directory with their paths from it, an entry before what is in it."""
    levels = [(iter(entries_of(fiber, start)), "")]
    while levels:
        entries, prefix = levels[-1]
        for entry in entries:
            if entry.name.startswith(".") and not options.include_hidden:
                continue
            below = prefix + entry.name
            yield entry, below
            if entry.is_directory and len(levels) <= options.max_depth:
                if fiber.signal.pending:  # a long walk is to be interruptible, and others want to run
                    fiber.attend(fiber.frame)
                levels.append((iter(entries_of(fiber, entry.path)), below + "/"))
                break
        else:
            levels.pop()


def _path_from(root: str, start: str) -> str:
    """What paths from the directory start begin with: its way from root, or all of it if it does not begin with root."""
    outer, inner = _parts(root), _parts(start)
    if inner[: len(outer)] == outer:
        inner = inner[len(outer) :]
    elif start.startswith("/"):
        inner = ["", *inner]
    return "".join(f"{part}/" for part in inner)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
