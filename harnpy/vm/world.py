"""The world as builtins may touch it: clock, randomness, environment, files, standard streams.

Only operations stand here, each marked with its effect; their arguments and results are plain data. Libraries that most
programs do not need are loaded by the operation that does. Nothing in this
file knows Harn values, fibers or policies. A test's world is another object with the same methods.
"""

from __future__ import annotations

import os
import stat
import sys
from _thread import get_ident

from harnpy import TYPE_CHECKING
from harnpy.records import Record
from harnpy.vm.clock import Clock
from harnpy.vm.effects import Repeat, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType
    from typing import Any, Protocol

    from harnpy.vm.child_processes import ProgramEnd, RunningPrograms, RunOptions
    from harnpy.vm.directory_entries import Entry
    from harnpy.vm.durable_files import Content
else:
    Protocol = object


class StatusLine(Protocol):
    """A line that shows a watching person what is going on."""

    def show(self, text: str) -> None:
        """Show text instead of what is there."""

    def erase(self) -> None:
        """Show nothing."""


class World:
    """The real one. Tests put another clock in (see clock.py) or override an operation."""

    clock: Clock = Clock()
    status: StatusLine | None = None  # if somebody watches

    _reading_thread: int | None = None  # inside `reading`
    _programs: RunningPrograms | None = None  # once one has been started

    @operation("clock", Repeat.PURE)
    def wall_time(self) -> float:
        """Seconds since the Unix epoch."""
        return self.clock.wall()

    @operation("clock", Repeat.PURE)
    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences mean something."""
        return self.clock.monotonic()

    @operation("time", Repeat.IDEMPOTENT)
    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop; other fibers run meanwhile."""
        import asyncio

        loop = asyncio.get_running_loop()
        over = loop.create_future()
        timer = self.clock.call_later(loop, seconds, lambda: None if over.done() else over.set_result(None))
        try:
            await over
        finally:
            timer.cancel()

    @operation("random", Repeat.PURE)
    def random(self) -> float:
        """A float in [0, 1)."""
        import random

        return random.random()

    @operation("random", Repeat.PURE)
    def random_int(self, low: int, high: int) -> int:
        """An int in [low, high]; low <= high."""
        import random

        return random.randint(low, high)

    @operation("random", Repeat.PURE)
    def uuid4(self) -> str:
        """A random version-4 UUID, lowercase with hyphens."""
        import uuid

        return str(uuid.uuid4())

    @operation("random", Repeat.PURE)
    def random_hex(self, digits: int) -> str:
        """That many random lowercase hex digits."""
        import random

        return "".join(random.choice("0123456789abcdef") for _ in range(digits))

    @operation("env", Repeat.PURE)
    def env(self, name: str) -> str | None:
        """The environment variable, or None."""
        return os.environ.get(name)

    @operation("env", Repeat.PURE)
    def account_name(self) -> str:
        """The name of the account that this process runs under; its number if it has no name."""
        from harnpy.vm.machine import account_name

        return account_name()

    @operation("env", Repeat.PURE)
    def host_name(self) -> str:
        """The name of this machine; "" if it has none."""
        from harnpy.vm.machine import host_name

        return host_name()

    @operation("env", Repeat.PURE)
    def platform(self) -> str:
        """`linux`, `darwin`, `windows`, or the system's own name."""
        from harnpy.vm.machine import platform_name

        return platform_name(sys.platform)

    @operation("env", Repeat.PURE)
    def architecture(self) -> str:
        """What the processor is: `x86_64`, `aarch64`, `x86`, `arm`, ..."""
        from harnpy.vm.machine import architecture

        return architecture()

    @operation("env", Repeat.PURE)
    def process_id(self) -> int:
        """The number of this process."""
        return os.getpid()

    @operation("process", Repeat.COMMITTED)
    async def run_program(
        self,
        program: str,
        arguments: Sequence[str],
        directory: str | None,
        environment: Mapping[str, str | None],
        options: RunOptions,
    ) -> ProgramEnd:
        """Run a program to its end; see child_processes.py. Raises OSError and ValueError when it cannot be started."""
        from harnpy.vm import child_processes

        if self._programs is None:
            self._programs = child_processes.RunningPrograms()
        return await child_processes.run_program(
            self._programs, self.clock, program, arguments, directory, environment, options
        )

    def kill_programs(self) -> None:
        """Kill what run_program has started and what still runs; safe in signal handlers and from other threads."""
        if self._programs is not None:
            self._programs.kill()

    async def end_programs(self) -> None:
        """Kill what run_program has started on the running event loop, and wait until it has ended."""
        if self._programs is not None:
            await self._programs.close()

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

    def reading(self) -> Reading:
        """A context in which stop_reading ends what is going on by an OSError: a read that waits ends in no other way."""
        return Reading(self)

    def stop_reading(self) -> None:
        """Raise OSError in a signal handler that interrupted `reading`; elsewhere, also in other threads, do nothing."""
        if self._reading_thread == get_ident():
            # Not InterruptedError, after which Python itself would go on reading.
            raise OSError("reading was stopped by a signal")

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

    @operation("fs.read", Repeat.PURE)
    def working_directory(self) -> str:
        """The working directory of the process; "." when it has been removed."""
        try:
            return os.getcwd()
        except OSError:
            return "."

    @operation("fs.read", Repeat.PURE)
    def exists(self, path: str) -> bool:
        """Whether path leads to anything; a link without a target does not."""
        return os.path.exists(path)

    @operation("fs.read", Repeat.PURE)
    def is_directory(self, path: str) -> bool:
        """Whether path leads to a directory."""
        return os.path.isdir(path)

    @operation("fs.read", Repeat.PURE)
    def is_real_directory(self, path: str) -> bool:
        """Whether path is a directory itself, not a link to one."""
        return os.path.isdir(path) and not os.path.islink(_without_slashes(path))

    @operation("fs.read", Repeat.PURE)
    def list_directory(self, path: str) -> list[str]:
        """The names in a directory by code point, what is not Unicode in them replaced. Raises OSError."""
        return sorted(os.fsencode(name).decode("utf-8", "replace") for name in os.listdir(path))

    @operation("fs.read", Repeat.PURE)
    def file_status(self, path: str) -> FileStatus:
        """What is known about the file or directory that path leads to. Raises OSError."""
        status = os.stat(path)
        mode = status.st_mode
        return FileStatus(status.st_size, stat.S_ISREG(mode), stat.S_ISDIR(mode), mode & 0o222 == 0, status.st_mtime)

    @operation("fs.read", Repeat.PURE)
    def entries(self, path: str) -> list[Entry]:
        """What is directly in a directory, by code point of the names; links are not followed. Raises OSError."""
        from harnpy.vm.directory_entries import entries

        return entries(path)

    @operation("fs.read", Repeat.PURE)
    def modified_ns(self, path: str) -> int:
        """When the file or directory that path leads to was modified, in nanoseconds since the epoch. Raises OSError."""
        return os.stat(path).st_mtime_ns

    @operation("fs.write", Repeat.IDEMPOTENT)
    def write_bytes(self, path: str, data: bytes) -> None:
        """Create or overwrite a file. Raises OSError."""
        with open(path, "wb") as file:
            file.write(data)

    @operation("fs.write", Repeat.COMMITTED)
    def append_bytes(self, path: str, data: bytes) -> None:
        """Add to a file, creating it if need be. Raises OSError; only one from opening it has a filename."""
        with open(path, "ab") as file:
            file.write(data)

    @operation("fs.write", Repeat.IDEMPOTENT)
    def copy_file(self, source: str, target: str) -> None:
        """Copy content and permission bits; a file copied to itself stays as it is. Raises OSError."""
        if not stat.S_ISREG(os.stat(source).st_mode):
            raise OSError("the source path is neither a regular file nor a symlink to a regular file")
        if os.path.exists(target) and os.path.samefile(source, target):
            return
        import shutil  # costs more than most scripts' other imports

        shutil.copyfile(source, target)
        shutil.copymode(source, target)

    @operation("fs.write", Repeat.IDEMPOTENT)
    def make_directories(self, path: str) -> None:
        """Create a directory and its missing parents; one that is there is fine. Raises OSError."""
        os.makedirs(path, exist_ok=True)

    @operation("fs.write", Repeat.IDEMPOTENT)
    def remove_file(self, path: str) -> None:
        """Remove a file, or a link but not its target. Raises OSError."""
        os.unlink(_without_slashes(path))

    @operation("fs.write", Repeat.IDEMPOTENT)
    def remove_tree(self, path: str) -> None:
        """Remove a directory and all that is in it; links in it are removed, not followed. Raises OSError."""
        import shutil

        shutil.rmtree(path)

    # --- files that programs keep their state in; see durable_files.py ------------------------------------------------

    @operation("fs.read", Repeat.PURE)
    def read_state(self, path: str) -> Content:
        """What a file holds, and its fingerprint; why it cannot be read, if so."""
        from harnpy.vm.durable_files import read

        return read(path)

    @operation("fs.write", Repeat.IDEMPOTENT)
    def save_state(self, path: str, data: bytes) -> None:
        """Create or replace a file as a whole, safe from kills and other writers. Raises OSError."""
        from harnpy.vm.durable_files import save

        save(path, data)

    @operation("fs.write", Repeat.IDEMPOTENT)
    def swap_state(self, path: str, data: bytes, before: str) -> bool:
        """As save_state, if the file still has the fingerprint before; whether it had. Raises OSError."""
        from harnpy.vm.durable_files import swap

        return swap(path, data, before)

    @operation("fs.write", Repeat.IDEMPOTENT)
    def remove_state(self, path: str) -> None:
        """Remove a file if it is there. Raises OSError."""
        from harnpy.vm.durable_files import remove

        remove(path)

    @operation("fs.write", Repeat.COMMITTED)
    def set_state_aside(self, path: str) -> str:
        """Keep a file under a second name, which is returned. Raises OSError."""
        from harnpy.vm.durable_files import set_aside

        return set_aside(path)

    @operation("python", Repeat.IDEMPOTENT)
    def import_python(self, name: str, directory: str) -> ModuleType:
        """The Python module of that dotted name; one in directory if no other has it. Raises what its code raises."""
        from harnpy.vm.python.modules import import_python

        return import_python(name, directory)

    @operation("python", Repeat.COMMITTED)
    async def call_in_thread(self, module: str, function: Callable[..., Any], args: list[Any]) -> Any:
        """function(*args), which comes from a Python module of that name, in a thread of its own. Raises what it raises."""
        from harnpy.vm.python.modules import call_in_thread

        return await call_in_thread(function, args)


class Reading:
    """See World.reading."""

    __slots__ = ("_world",)

    def __init__(self, world: World) -> None:
        self._world = world

    def __enter__(self) -> None:
        self._world._reading_thread = get_ident()

    def __exit__(self, *exc_info: object) -> None:
        self._world._reading_thread = None


class FileStatus(Record):
    """size in bytes; is_read_only when nobody may write; modified in Unix seconds."""

    size: int
    is_file: bool
    is_directory: bool
    is_read_only: bool
    modified: float


def _without_slashes(path: str) -> str:
    # A slash at the end makes the system follow a link, and removing would reach its target.
    return path.rstrip("/") or "/"
