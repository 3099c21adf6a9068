"""Child processes: running one program to its end, its output as it comes, and the end of all that it has started.

A program gets a session, and so a process group, of its own. When its time is over and when whoever waits for it is
cancelled, the whole group is killed; the end of the runtime kills the groups that are left. Waiting is on the event
loop, so other fibers run meanwhile. Knows nothing of Harn values or of who may run what.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from subprocess import DEVNULL, Popen

from harnpy.records import Record
from harnpy.vm.clock import Clock, seconds
from harnpy.vm.daemon_threads import in_thread

_CHUNK = 65_536
# How long output is waited for once the program has ended: a process that it has left behind may hold the pipe open.
_GRACE_SECONDS = 1.0


class RunOptions(Record):
    """How a program is run.

    stdin is all that it can read from its standard input. timeout_ms bounds its time. max_output bounds the bytes that
    are kept of each stream, however much is written; keeps_end makes half of them those at the end. combines asks for
    both streams in the order in which they come as well. merges lets standard error go where standard output goes,
    so that their order is exact. kills_rest has what the program leaves behind in its process group killed.
    """

    stdin: bytes = b""
    timeout_ms: int | None = None
    max_output: int | None = None
    keeps_end: bool = False
    combines: bool = False
    merges: bool = False
    kills_rest: bool = False


class KeptOutput(Record):
    """The first and the last bytes of a stream, and how many between them were cut."""

    head: bytes = b""
    tail: bytes = b""
    cut: int = 0

    @property
    def text(self) -> str:
        """The first bytes as text: what is not UTF-8 is replaced, and a character that the cut has broken is left out."""
        if not self.cut:
            return self.head.decode("utf-8", "replace")
        from codecs import getincrementaldecoder

        return getincrementaldecoder("utf-8")("replace").decode(self.head)


class ProgramEnd(Record):
    """What a program has written and how it ended: status is negative for a signal's number.

    timed_out tells whether it was killed because its time was over. combined is empty unless it was asked for.
    """

    stdout: KeptOutput
    stderr: KeptOutput
    combined: KeptOutput
    status: int
    timed_out: bool


def shell_words(script: str) -> list[str]:
    """The program and the arguments that run a script by the system's shell."""
    return ["cmd", "/C", script] if os.name == "nt" else ["sh", "-c", script]


def signal_name(status: int) -> str | None:
    """The name of the signal that has killed a program, such as `SIGKILL`; None if none has."""
    if status >= 0:
        return None
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"SIG{-status}"  # the real-time signals have no names of their own


class RunningPrograms:
    """The programs that have been started and have not ended, by their process groups."""

    def __init__(self) -> None:
        self._ends: dict[int, asyncio.Future[int]] = {}

    def add(self, process: Popen[bytes], kills_rest: bool) -> asyncio.Future[int]:
        """The future end of a program, with its status; kills_rest has what is left of its group killed then."""
        group = process.pid
        end = _end_of(process, kills_rest)
        end.add_done_callback(lambda _: self._ends.pop(group, None))
        self._ends[group] = end
        return end

    def kill(self) -> None:
        """Kill all that runs; safe in signal handlers and from other threads."""
        for group in list(self._ends):
            kill_group(group)

    async def close(self) -> None:
        """Kill what the running event loop still waits for, and wait for it: nobody else would take its status."""
        loop = asyncio.get_running_loop()
        left = {group: end for group, end in self._ends.items() if end.get_loop() is loop}
        for group in left:
            kill_group(group)
        await asyncio.gather(*left.values(), return_exceptions=True)


def kill_group(group: int) -> None:
    """Kill all processes of a group, if there are any that are ours to kill."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


async def run_program(
    running: RunningPrograms,
    clock: Clock,
    program: str,
    arguments: Sequence[str],
    directory: str | None,
    environment: Mapping[str, str | None],
    options: RunOptions,
) -> ProgramEnd:
    """Run a program, found through PATH, to its end.

    directory is None for that of this process. The variables of this process are changed by environment: a name with
    None is taken away. Raises OSError and ValueError when the program cannot be started.
    """
    with _started(program, arguments, directory, environment, options) as (process, streams):
        end = running.add(process, options.kills_rest)
        try:
            if options.timeout_ms is None:
                await asyncio.shield(end)
            else:
                await _within(clock, seconds(options.timeout_ms), end)
        except asyncio.CancelledError:
            if not end.done():
                kill_group(process.pid)
                await asyncio.wait([end])  # whoever cleans up afterwards finds it dead
            raise
        in_time = end.done()
        if not in_time:
            kill_group(process.pid)
        status = await asyncio.shield(end)
        await _within(clock, _GRACE_SECONDS, asyncio.gather(*(each.over for each in streams.pipes)))
        return ProgramEnd(
            streams.stdout.kept(),
            streams.stderr.kept(),
            streams.combined.kept() if streams.combined is not None else KeptOutput(),
            status,
            not in_time and status < 0,
        )


@contextmanager
def _started(
    program: str,
    arguments: Sequence[str],
    directory: str | None,
    environment: Mapping[str, str | None],
    options: RunOptions,
) -> Iterator[tuple[Popen[bytes], _Streams]]:
    """A started program and what it writes, as long as somebody reads that."""
    if not program:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
    variables = dict(os.environ)
    for name, text in environment.items():
        if text is None:
            variables.pop(name, None)
        else:
            variables[name] = text
    with ExitStack() as stack:
        streams = _Streams(options, stack)
        feed = _Feed(options.stdin, stack) if options.stdin else None
        process = Popen(
            [program, *arguments],
            stdin=feed.read_end if feed is not None else DEVNULL,
            stdout=streams.pipes[0].write_end,
            stderr=streams.pipes[-1].write_end,
            cwd=directory,
            env=variables,
            start_new_session=True,
        )
        for each in streams.pipes:
            each.begin()
        if feed is not None:
            feed.begin()
        yield process, streams


def _end_of(process: Popen[bytes], kills_rest: bool) -> asyncio.Future[int]:
    """Resolves with the status of a process when it has ended; its status is taken whether anybody waits or not."""
    descriptor = _process_descriptor(process.pid)
    if descriptor is None:

        def wait() -> int:
            status = process.wait()
            if kills_rest:
                kill_group(process.pid)
            return status

        return in_thread(wait, f"harn-wait-{process.pid}")
    loop = asyncio.get_running_loop()
    end: asyncio.Future[int] = loop.create_future()

    def take() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)
        if kills_rest:
            kill_group(process.pid)  # before its status is taken: until then nobody else can have its number
        status = process.wait()
        if not end.done():
            end.set_result(status)

    loop.add_reader(descriptor, take)
    return end


def _process_descriptor(pid: int) -> int | None:
    """A descriptor that becomes readable when a process ends; None where the system has none."""
    if sys.platform == "linux":
        with suppress(OSError):
            return os.pidfd_open(pid)
    return None


async def _within(clock: Clock, limit: float, future: asyncio.Future[int] | asyncio.Future[list[None]]) -> None:
    """Wait for a future but not longer than limit seconds."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    timer = clock.call_later(loop, limit, lambda: None if over.done() else over.set_result(None))
    try:
        await asyncio.wait([future, over], return_when=asyncio.FIRST_COMPLETED)
    finally:
        timer.cancel()


class _Streams:
    """What a program writes: the pipes, and what is kept of what comes out of them."""

    def __init__(self, options: RunOptions, stack: ExitStack) -> None:
        self.stdout = _Keeper(options)
        self.stderr = _Keeper(options)
        self.combined = _Keeper(options) if options.combines else None
        extra = [self.combined] if self.combined is not None else []
        kept = [self.stdout] if options.merges else [self.stdout, self.stderr]
        self.pipes = [_Pipe([each, *extra], stack) for each in kept]


class _Keeper:
    """Keeps the first bytes of a stream up to a limit, and the last ones if that is asked for."""

    def __init__(self, options: RunOptions) -> None:
        limit = options.max_output
        self._room = limit  # for the first bytes; None for any number
        self._tail_limit = 0
        if limit is not None and options.keeps_end:
            self._room = limit // 2
            self._tail_limit = limit - limit // 2
        self._head: list[bytes] = []
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._cut = 0

    def add(self, data: bytes) -> None:
        if self._room is None:
            self._head.append(data)
            return
        if self._room:
            first = data[: self._room]
            self._head.append(first)
            self._room -= len(first)
            data = data[len(first) :]
        if not data:
            return
        self._tail.append(data)
        self._tail_size += len(data)
        while self._tail and self._tail_size - len(self._tail[0]) >= self._tail_limit:
            gone = len(self._tail.popleft())
            self._tail_size -= gone
            self._cut += gone

    def kept(self) -> KeptOutput:
        """What is kept so far."""
        tail = b"".join(self._tail)
        rest = max(0, len(tail) - self._tail_limit)
        return KeptOutput(b"".join(self._head), tail[rest:], self._cut + rest)


class _Pipe:
    """A pipe for the program to write to; what comes out of it goes to keepers. over resolves when nobody writes any more."""

    def __init__(self, keepers: Sequence[_Keeper], stack: ExitStack) -> None:
        self._loop = asyncio.get_running_loop()
        self._keepers = keepers
        self._read_end, self.write_end = os.pipe()
        stack.callback(self._close)
        self._has_begun = False
        self.over: asyncio.Future[None] = self._loop.create_future()

    def begin(self) -> None:
        """The program has got its end."""
        os.close(self.write_end)
        self._has_begun = True
        os.set_blocking(self._read_end, False)
        self._loop.add_reader(self._read_end, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._read_end, _CHUNK)
        except BlockingIOError:
            return
        if data:
            for each in self._keepers:
                each.add(data)
            return
        self._loop.remove_reader(self._read_end)
        if not self.over.done():
            self.over.set_result(None)

    def _close(self) -> None:
        if self._has_begun:
            self._loop.remove_reader(self._read_end)
        else:
            os.close(self.write_end)
        os.close(self._read_end)


class _Feed:
    """A pipe for the program to read from, until it has got everything or reads no more."""

    def __init__(self, data: bytes, stack: ExitStack) -> None:
        self._loop = asyncio.get_running_loop()
        self._rest = memoryview(data)
        self.read_end, self._write_end = os.pipe()
        self._open = {self.read_end, self._write_end}
        stack.callback(self._close)

    def begin(self) -> None:
        """The program has got its end."""
        self._close_end(self.read_end)
        os.set_blocking(self._write_end, False)
        self._loop.add_writer(self._write_end, self._write)

    def _write(self) -> None:
        try:
            self._rest = self._rest[os.write(self._write_end, self._rest[:_CHUNK]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._rest = self._rest[:0]
        if not self._rest:
            self._end()

    def _end(self) -> None:
        self._loop.remove_writer(self._write_end)
        self._close_end(self._write_end)

    def _close(self) -> None:
        if self._write_end in self._open:
            self._end()
        self._close_end(self.read_end)

    def _close_end(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.remove(descriptor)
            os.close(descriptor)
