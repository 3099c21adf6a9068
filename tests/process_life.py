"""Learning when processes are dead.

They wait for a pipe that nobody writes to, and hold another one open for writing: reading that one ends when the last of
them is dead.
"""

from __future__ import annotations

import os
from pathlib import Path


class Life:
    """Says when processes are dead that have run `script` in the directory root."""

    def __init__(self, root: Path) -> None:
        self._marker = root / "started"
        os.mkfifo(root / "alive")
        os.mkfifo(root / "never")
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

    def wait_for_death(self) -> None:
        assert self.has_begun()
        os.set_blocking(self._reader, True)
        assert os.read(self._reader, 1) == b""

    def close(self) -> None:
        os.close(self._reader)
