"""Saving what a builtin fetches to a file that appears when it is complete, and never in part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harnpy import TYPE_CHECKING
from harnpy.builtins.file_access import attempt
from harnpy.vm.partial_files import begin_file, discard_file, finish_file

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


class Unfinished:
    """The files of a runtime that are being written; those of tasks which are dropped at its end are removed then."""

    def __init__(self) -> None:
        self.partials: set[str] = set()
        self.is_attended = False

    def discard(self) -> None:
        """Remove them."""
        while self.partials:
            discard_file(self.partials.pop())


class SavedFile:
    """A file on its way to path; what it is to hold is written to partial."""

    def __init__(self, fiber: Fiber, path: str, failure: str, partial: str) -> None:
        self._fiber = fiber
        self._path = path
        self._failure = failure
        self.partial = partial
        self.is_finished = False

    def finish(self) -> None:
        """Let it appear at its path. Throws."""
        attempt(self._fiber, self._failure, finish_file, self.partial, self._path)
        self.is_finished = True


@contextmanager
def saved_file(fiber: Fiber, path: str, failure: str) -> Iterator[SavedFile]:
    """A file for path that is gone at the end of the block unless it is finished. Throws `<failure>: <reason>`."""
    unfinished = fiber.runtime.state(Unfinished)
    if not unfinished.is_attended:
        unfinished.is_attended = True
        fiber.runtime.on_close(unfinished.discard)
    file = SavedFile(fiber, path, failure, attempt(fiber, failure, begin_file, path))
    unfinished.partials.add(file.partial)
    try:
        yield file
    finally:
        if not file.is_finished:
            fiber.effect(discard_file, file.partial)
        unfinished.partials.discard(file.partial)
