"""How the files of a project import each other: which form cycles, and where a cycle makes loading fail.

A cycle is no mistake in itself: names of a module that is still being loaded are found once they are used (chapter 04
section 6). Only a value that is computed while modules are loaded may use one too early.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.analysis.rules.preflight_rules import IMPORT_CYCLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harnpy.cli.source_facts import ImportFact
    from harnpy.cli.source_files import SourceFile, Sources
    from harnpy.syntax.diagnostics import Diagnostic


def early_uses(entry: SourceFile, sources: Sources) -> Iterator[tuple[SourceFile, Diagnostic]]:
    """The calls that fail while the modules of entry are loaded, because what they call is not there yet."""
    loading: set[str] = set()
    loaded: set[str] = set()
    # The entry is not among the modules that are being loaded: whoever imports it gets another copy.
    stack = [_Loading(entry, "")]
    while stack:
        current = stack[-1]
        item = next(current.imports, None)
        if item is None:
            for name, span in current.file.facts.loading_calls:
                if name in current.late:
                    yield current.file, IMPORT_CYCLE.at(span, name=name, path=current.late[name].path)
            loading.discard(current.identity)
            loaded.add(current.identity)
            stack.pop()
            continue
        file = sources.imported(item.path, current.file.path)
        if file is None or file.facts.errors:
            continue
        identity = sources.identity(file.path)
        names = file.facts.exported if item.names is None else item.names
        if identity in loading:
            current.late.update(dict.fromkeys(names, item))
        elif identity not in loaded:
            loading.add(identity)
            stack.append(_Loading(file, identity))


class _Loading:
    """A module that is being loaded: the imports that are still to do, and the names that are not there yet."""

    def __init__(self, file: SourceFile, identity: str) -> None:
        self.file = file
        self.identity = identity
        self.imports = iter(file.facts.imports)
        self.late: dict[str, ImportFact] = {}


def cycles(entries: Iterable[SourceFile], sources: Sources) -> list[list[str]]:
    """The groups of files that import each other, as paths; a file that imports itself is a group, too.

    These are the strongly connected components of the graph (Tarjan, SIAM Journal on Computing 1972), found without
    recursion: chains of imports may be long.
    """
    found: list[list[str]] = []
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_files: dict[str, SourceFile] = {}  # in the order of their numbers
    for entry in entries:
        if sources.identity(entry.path) in numbers:
            continue
        stack = [(entry, iter(_neighbours(entry, sources)))]
        while stack:
            file, neighbours = stack[-1]
            identity = sources.identity(file.path)
            if identity not in numbers:
                numbers[identity] = lowest[identity] = len(numbers)
                open_files[identity] = file
            following = next(neighbours, None)
            if following is not None:
                other = sources.identity(following.path)
                if other not in numbers:
                    stack.append((following, iter(_neighbours(following, sources))))
                elif other in open_files:
                    lowest[identity] = min(lowest[identity], numbers[other])
                continue
            stack.pop()
            if stack:
                parent = sources.identity(stack[-1][0].path)
                lowest[parent] = min(lowest[parent], lowest[identity])
            if lowest[identity] == numbers[identity]:
                group = [open_files.pop(each) for each in reversed(_from(identity, open_files))]
                if len(group) > 1 or any(
                    sources.identity(each.path) == identity for each in _neighbours(file, sources)
                ):
                    found.append([each.path for each in group])
    return found


def _from(identity: str, open_files: dict[str, SourceFile]) -> list[str]:
    """The identities from one on, the newest last."""
    members = []
    for each in reversed(open_files):
        members.append(each)
        if each == identity:
            break
    return members[::-1]


def _neighbours(file: SourceFile, sources: Sources) -> list[SourceFile]:
    targets = (sources.imported(item.path, file.path) for item in file.facts.imports)
    return [target for target in targets if target is not None]
