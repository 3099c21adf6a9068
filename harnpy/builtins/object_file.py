"""A JSON object in a file: what the store and the checkpoints of a program are.

The program sees the file as it was when first looked at, and its own changes. A change is put into what the file holds
by then, so that processes which change different keys do not lose anything to each other. It costs time in proportion
to the size of the file, which is written as a whole.
"""

from __future__ import annotations

import posixpath

from harnpy import TYPE_CHECKING
from harnpy.builtins.output import warn
from harnpy.builtins.pretty_json import pretty_json, quoted
from harnpy.builtins.state_files import attempt
from harnpy.builtins.state_values import Unstorable, object_in, storable
from harnpy.vm.errors import HarnError, runtime_error
from harnpy.vm.os_errors import reason
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.vm.fiber import Fiber

    # The entries of a file as JSON texts by key; a change alters them.
    Entries = dict[str, str]
    Change = Callable[[Entries], object]

_INDENT = "  "


class ObjectFile:
    """A file at path; name is what error texts begin with (`store mkdir error: ...`)."""

    def __init__(self, path: str, name: str) -> None:
        self._path = path
        self._name = name
        self._values: dict[str, Value] | None = None
        # What the file held when it was last looked at; None until somebody changes something.
        self._entries: Entries | None = None
        self._fingerprint = ""
        self._is_damaged = False

    def values(self, fiber: Fiber) -> dict[str, Value]:
        """What the program sees; not to be changed. A file that is missing or no JSON object counts as empty."""
        if self._values is None:
            found = self._look(fiber)
            self._values = {} if found is None else found
        return self._values

    def put(self, fiber: Fiber, key: str, value: Value) -> None:
        """Set an entry, kept as JSON-S. Raises runtime errors `<name> ... error: <reason>`; then nothing is changed."""
        values = self.values(fiber)
        try:
            kept = storable(value)
        except Unstorable as error:
            raise self._failure("save", error) from None
        text = pretty_json(kept, _INDENT)
        self._write(fiber, lambda entries: entries.__setitem__(key, text))
        values[key] = kept

    def discard(self, fiber: Fiber, key: str) -> None:
        """Remove an entry if it is there. Raises as put."""
        values = self.values(fiber)
        self._write(fiber, lambda entries: entries.pop(key, None))
        values.pop(key, None)

    def clear(self, fiber: Fiber) -> None:
        """Remove all entries. Raises as put."""
        values = self.values(fiber)
        self._write(fiber, lambda entries: entries.clear())
        values.clear()

    def save(self, fiber: Fiber) -> None:
        """Write the file, which has every change already, so that it is there. Raises as put."""
        self.values(fiber)
        self._write(fiber, lambda entries: None)

    def delete(self, fiber: Fiber) -> None:
        """Remove all entries and the file. Raises `<name> clear error: <reason>`."""
        values = self.values(fiber)
        if self._is_damaged:
            self._keep_damaged(fiber, "clear")
        attempt(fiber, f"{self._name} clear error", fiber.runtime.world.remove_state, self._path)
        values.clear()
        self._entries, self._fingerprint = None, ""

    def _write(self, fiber: Fiber, change: Change) -> None:
        from harnpy.vm.durable_files import fingerprint_of

        world = fiber.runtime.world
        attempt(fiber, f"{self._name} mkdir error", world.make_directories, posixpath.dirname(self._path))
        while True:
            if self._entries is None:
                self._entries = self._entries_in_file(fiber)
            if self._is_damaged:
                self._keep_damaged(fiber, "write")
            entries, before = dict(self._entries), self._fingerprint
            change(entries)
            data = self._data(entries)
            if attempt(fiber, f"{self._name} write error", world.swap_state, self._path, data, before):
                self._entries, self._fingerprint = entries, fingerprint_of(data)
                return
            self._entries = None  # somebody else was first

    def _entries_in_file(self, fiber: Fiber) -> Entries:
        """What a change starts from: the file as it is now, or what the program sees if there is nothing to read."""
        found = self._look(fiber)
        return _entries_of(self.values(fiber) if found is None else found)

    def _look(self, fiber: Fiber) -> dict[str, Value] | None:
        """Read the file; None if it is missing or no JSON object."""
        from harnpy.vm.durable_files import MISSING

        content = fiber.effect(fiber.runtime.world.read_state, self._path)
        was_damaged = self._is_damaged and self._fingerprint == content.fingerprint
        self._fingerprint, self._is_damaged = content.fingerprint, False
        if content.fingerprint == MISSING:
            return None
        try:
            return object_in(content)
        except ValueError as error:
            problem = str(error)
        self._is_damaged = True
        if not was_damaged:
            warn(fiber, f"{self._path} counts as empty: {problem}")
        return None

    def _keep_damaged(self, fiber: Fiber, step: str) -> None:
        """What cannot be read may still be somebody's work."""
        failure = f"{self._name} {step} error"
        kept = attempt(fiber, failure, fiber.runtime.world.set_state_aside, self._path)
        self._is_damaged = False
        warn(fiber, f"{self._path} is replaced; what it held is kept in {kept}")

    def _data(self, entries: Entries) -> bytes:
        try:
            return _text_of(entries).encode("utf-8")
        except UnicodeEncodeError as error:
            raise self._failure("save", error) from None

    def _failure(self, step: str, error: ValueError) -> HarnError:
        shown = str(error) if isinstance(error, Unstorable) else reason(error)
        return runtime_error(f"{self._name} {step} error: {shown}")


def _entries_of(values: dict[str, Value]) -> Entries:
    return {key: pretty_json(value, _INDENT) for key, value in values.items()}


def _text_of(entries: Entries) -> str:
    if not entries:
        return "{}"
    lines = [f"{_INDENT}{quoted(key)}: {entries[key]}" for key in sorted(entries)]
    return "{\n" + ",\n".join(lines) + "\n}"
