"""Learning when processes are dead.

They wait for a pipe that nobody writes to, and hold another one open for writing: reading that one ends when the last of
them is dead.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


class Life:
    """Says when processes are dead that have run `script` in the directory root."""

    def __init__(self, root: Path) -> None:
        self._marker = root / "started"
        os.mkfifo(root / "alive")
        self._never = root / "never"
        os.mkfifo(self._never)
        self._reader = os.open(root / "alive", os.O_RDONLY | os.O_NONBLOCK)
        # Holds `alive` open, says so, and waits for ever. A second process of the group does the same.
        self.script = "exec 3>alive; { cat never & }; echo working; touch started; cat never"

    def has_begun(self) -> bool:
        return self._marker.exists()

    def has_ended(self) -> bool:
        """Whether nobody holds the pipe any more."""
        try:
            return os.read(self._reader, 1) == b""
        except BlockingIOError:
            return False

    def let_end(self) -> None:
        """Give all that wait their end, and wait until the last is dead.

        Two of them may be let in by one opening, or come one after the other: nobody knows how many openings it takes.
        """
        while not self.has_ended():
            with suppress(OSError):  # nobody is waiting yet, or any more
                os.close(os.open(self._never, os.O_WRONLY | os.O_NONBLOCK))
            os.sched_yield()

    def wait_for_death(self) -> None:
        assert self.has_begun()
        os.set_blocking(self._reader, True)
        assert os.read(self._reader, 1) == b""

    def close(self) -> None:
        os.close(self._reader)
