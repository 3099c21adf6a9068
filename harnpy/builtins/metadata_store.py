"""The metadata of a project in memory and in the files of its state directory."""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime

from harnpy import TYPE_CHECKING
from harnpy.builtins.metadata_tree import Entries, Fields, document_of, entries_in, merge_entries
from harnpy.builtins.output import warn
from harnpy.builtins.pretty_json import pretty_json
from harnpy.builtins.state_files import StatePlaces, attempt
from harnpy.builtins.state_values import Unstorable, object_in, storable
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.os_errors import reason
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.durable_files import Content
    from harnpy.vm.fiber import Fiber

_FILE = "root.json"
# Objects around a value in a file: the document, the entries, the entry, its namespaces, the namespace.
_LEVELS = 5


class MetadataStore:
    """The metadata of a runtime. What is set lives for the run until it is saved."""

    def __init__(self) -> None:
        self._entries: Entries | None = None
        self._unsaved: Entries = {}
        self._warned: set[tuple[str, str]] = set()  # files that cannot be read, by path and fingerprint

    def base(self, fiber: Fiber) -> str:
        """The directory that the directories are relative to."""
        return fiber.runtime.state(StatePlaces).base(fiber)

    def entries(self, fiber: Fiber) -> Entries:
        """All metadata; not to be changed."""
        if self._entries is None:
            self._entries = self._entries_in_files(fiber)
        return self._entries

    def set(self, fiber: Fiber, directory: str, namespace: str, fields: dict[str, Value]) -> None:
        """Add fields, as JSON-S, to those of a directory. Raises a runtime error for what could not be read back."""
        try:
            kept: Fields = {name: storable(value, _LEVELS) for name, value in fields.items()}
        except Unstorable as error:
            raise runtime_error(f"metadata json: {error}") from None
        merge_entries(self.entries(fiber), {directory: {namespace: kept}})
        merge_entries(self._unsaved, {directory: {namespace: kept}})

    def save(self, fiber: Fiber) -> None:
        """Put what was set since loading or saving into the file. Raises runtime errors `metadata <step>: <reason>`.

        What others have saved meanwhile stays; where both have set a field, the later to save wins.
        """
        entries = self.entries(fiber)
        if not self._unsaved:
            return
        from harnpy.vm.durable_files import MISSING

        world = fiber.runtime.world
        attempt(fiber, "metadata mkdir", world.make_directories, self._directory(fiber))
        path = self._path(fiber)
        while True:
            content: Content = fiber.effect(world.read_state, path)
            found = self._entries_of(fiber, content, path)
            if found is None and content.fingerprint != MISSING:
                kept = attempt(fiber, "metadata write", world.set_state_aside, path)
                warn(fiber, f"{path} is replaced; what it held is kept in {kept}")
            # The file as it is now with our changes; if there is nothing to read, all that we know.
            written: Entries = {}
            merge_entries(written, entries if found is None else self._entries_in_files(fiber))
            merge_entries(written, self._unsaved)
            data = self._data(fiber, written)
            if attempt(fiber, "metadata write", world.swap_state, path, data, content.fingerprint):
                self._unsaved = {}
                return

    def _data(self, fiber: Fiber, entries: Entries) -> bytes:
        time = datetime.fromtimestamp(fiber.effect(fiber.runtime.world.wall_time), UTC)
        document = document_of(entries, time.strftime("%Y-%m-%dT%H:%M:%SZ"))
        try:
            return pretty_json(document).encode("utf-8")
        except UnicodeEncodeError as error:
            raise _json_error(error) from None

    def _directory(self, fiber: Fiber) -> str:
        return posixpath.join(fiber.runtime.state(StatePlaces).root(fiber), "metadata")

    def _path(self, fiber: Fiber) -> str:
        return posixpath.join(self._directory(fiber), _FILE)

    def _entries_in_files(self, fiber: Fiber) -> Entries:
        """What stands in all files; root.json comes last, so that no other file hides what programs have saved."""
        directory, world = self._directory(fiber), fiber.runtime.world
        try:
            names = fiber.effect(world.list_directory, directory)
        except OSError:
            return {}
        files = [name for name in names if name.endswith(".json")]
        files.sort(key=lambda name: (name == _FILE, name))
        found: Entries = {}
        for name in files:
            path = posixpath.join(directory, name)
            found.update(self._entries_of(fiber, fiber.effect(world.read_state, path), path) or {})
        return found

    def _entries_of(self, fiber: Fiber, content: Content, path: str) -> Entries | None:
        """The entries of a file; None, with a warning for each state of the file, if they cannot be read."""
        from harnpy.vm.durable_files import MISSING

        try:
            return entries_in(object_in(content))
        except ValueError as error:
            problem = str(error)
        if content.fingerprint != MISSING and (path, content.fingerprint) not in self._warned:
            self._warned.add((path, content.fingerprint))
            warn(fiber, f"{path} counts as empty: {problem}")
        return None


def _json_error(error: UnicodeEncodeError) -> HarnError:
    return runtime_error(f"metadata json: {reason(error)}")
