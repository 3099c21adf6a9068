"""The world as builtins may touch it: clock, randomness, environment, files, standard streams.

Only operations stand here, each marked with its effect; their arguments and results are plain data. Nothing in this
file knows Harn values, fibers or policies. A test's world is another object with the same methods.
"""

from __future__ import annotations

import os
import random
import sys
import time
import uuid

from harnpy.vm.effects import Repeat, operation


class World:
    """The real one. An injected clock is a World whose clock methods are overridden (see vm/clock.py)."""

    @operation("clock", Repeat.PURE)
    def wall_time(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()

    @operation("clock", Repeat.PURE)
    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences mean something."""
        return time.monotonic()

    @operation("random", Repeat.PURE)
    def random(self) -> float:
        """A float in [0, 1)."""
        return random.random()

    @operation("random", Repeat.PURE)
    def random_int(self, low: int, high: int) -> int:
        """An int in [low, high]; low <= high."""
        return random.randint(low, high)

    @operation("random", Repeat.PURE)
    def uuid4(self) -> str:
        """A random version-4 UUID, lowercase with hyphens."""
        return str(uuid.uuid4())

    @operation("random", Repeat.PURE)
    def random_hex(self, digits: int) -> str:
        """That many random lowercase hex digits."""
        return "".join(random.choice("0123456789abcdef") for _ in range(digits))

    @operation("env", Repeat.PURE)
    def env(self, name: str) -> str | None:
        """The environment variable, or None."""
        return os.environ.get(name)

    @operation("fs.read", Repeat.PURE)
    def read_bytes(self, path: str) -> bytes:
        """The whole file. Raises OSError."""
        with open(path, "rb") as file:
            return file.read()

    @operation("fs.read", Repeat.PURE)
    def is_file(self, path: str) -> bool:
        return os.path.isfile(path)

    @operation("fs.read", Repeat.PURE)
    def real_path(self, path: str) -> str:
        """The canonical absolute path, symbolic links resolved."""
        return os.path.realpath(path)

    @operation("input", Repeat.COMMITTED)
    def read_line(self) -> str:
        """One line of standard input with its newline; "" at the end. Raises OSError."""
        return sys.stdin.readline()

    @operation("output", Repeat.COMMITTED)
    def write(self, text: str) -> None:
        """Write to standard output. Raises BrokenPipeError when the reader has gone."""
        sys.stdout.write(text)

    @operation("output", Repeat.COMMITTED)
    def write_error(self, text: str) -> None:
        """Write to standard error."""
        sys.stderr.write(text)
        sys.stderr.flush()

    def flush(self) -> None:
        """Push buffered output out: before input is read, before an error is reported, at the end."""
        sys.stdout.flush()
