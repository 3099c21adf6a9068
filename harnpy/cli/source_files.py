"""The files that a static tool looks at: each is read once, and parsed only if what it needs is not known from earlier."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.cli.source_facts import SourceFacts, facts_of, facts_of_values, values_of_facts
from harnpy.import_paths import STANDARD
from harnpy.syntax.diagnostics import HarnSyntaxError
from harnpy.syntax.source import BYTE_ORDER_MARK
from harnpy.vm.module_paths import imported_file

if TYPE_CHECKING:
    from harnpy.cli.check_cache import CheckCache
    from harnpy.syntax.ast import Program

# The trees of so many bytes of source are kept until they are checked; those of larger projects are made again.
_KEPT_BYTES = 8_000_000


class SourceFile:
    """A file that could be read. path is as it was given, or as an import resolved."""

    def __init__(self, path: str, data: bytes, sources: Sources) -> None:
        self.path = path
        self.data = data
        self._sources = sources
        self.is_target = False  # whether the tree will be wanted once the facts are known
        self._facts: SourceFacts | None = None
        self._program: Program | None = None

    @property
    def text(self) -> str:
        """The text, as the offsets of spans count in it."""
        return self.data.decode("utf-8", "replace").removeprefix(BYTE_ORDER_MARK)

    @property
    def facts(self) -> SourceFacts:
        """What the file says about the world around it."""
        if self._facts is None:
            self._facts = self._sources.cached_facts(self) or self._learn()
        return self._facts

    def program(self) -> Program:
        """The tree. Raises HarnSyntaxError."""
        if self._program is not None:
            return self._program
        from harnpy.syntax.parser import parse_program

        return parse_program(self.data, self.path)

    def forget_program(self) -> None:
        """Let the tree go; it is made again if somebody asks."""
        self._program = None

    def under(self, path: str) -> SourceFile:
        """The same file by another path."""
        if path == self.path:
            return self
        other = SourceFile(path, self.data, self._sources)
        other._facts = self._facts
        return other

    def _learn(self) -> SourceFacts:
        try:
            program = self.program()
        except HarnSyntaxError as error:
            return SourceFacts(errors=tuple(error.diagnostics))  # not kept: somebody is about to mend it
        facts = facts_of(program)
        self._sources.keep_facts(self, facts)
        if self.is_target and self._sources.has_room(self):
            self._program = program
        return facts


class Sources:
    """All files of one command."""

    def __init__(self, cache: CheckCache) -> None:
        self.cache = cache
        self._files: dict[str, SourceFile] = {}
        self._identities: dict[str, str] = {}
        self._imported: dict[tuple[str, str], SourceFile | None] = {}
        self._room = _KEPT_BYTES

    def open(self, path: str) -> SourceFile:
        """The file at path. Raises OSError and ValueError."""
        identity = self.identity(path)
        found = self._files.get(identity)
        if found is None:
            with open(path, "rb") as file:
                found = self._files[identity] = SourceFile(path, file.read(), self)
        return found.under(path)

    def identity(self, path: str) -> str:
        """What is the same for all paths that lead to one file."""
        found = self._identities.get(path)
        if found is None:
            found = self._identities[path] = os.path.realpath(path)
        return found

    def imported(self, path: str, importer: str) -> SourceFile | None:
        """The file that an import path in the file importer means; None if it means none of the project, or none that can be read."""
        key = path, os.path.dirname(importer)
        if key not in self._imported:
            target = None if path.startswith(STANDARD) else imported_file(path, importer)
            try:
                self._imported[key] = None if target is None else self.open(target)
            except OSError:
                self._imported[key] = None
        return self._imported[key]

    def reread(self, path: str) -> SourceFile:
        """The file at path, which has changed. Raises OSError and ValueError."""
        self._files.pop(self.identity(path), None)
        return self.open(path)

    def cached_facts(self, file: SourceFile) -> SourceFacts | None:
        """The facts of a file with this content, if they are known from an earlier run."""
        values = self.cache.load("facts", file.data)
        try:
            return None if values is None else facts_of_values(values)
        except (TypeError, ValueError):
            return None

    def keep_facts(self, file: SourceFile, facts: SourceFacts) -> None:
        """Remember facts for later runs."""
        self.cache.save("facts", file.data, values_of_facts(facts))

    def has_room(self, file: SourceFile) -> bool:
        """Whether there is room for the tree of a file."""
        self._room -= len(file.data)
        return self._room >= 0
