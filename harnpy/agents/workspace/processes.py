"""Running a command as an operation of the effect seam: its output in order, its end, and the end of all it started.

A command gets a session, and so a process group, of its own. When it ends, when its time is over and when whoever waits
for it is cancelled, the whole group is killed; the program's end kills the groups that are left. Waiting is on the
event loop, so other fibers run meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from subprocess import DEVNULL

from harnpy.vm.clock import Clock, seconds
from harnpy.vm.effects import Repeat, operation

_CHUNK = 65_536
# What the group has written is there once it is killed; a process that has left the group may hold the pipe open.
_GRACE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """head and tail of the output and how many bytes between them were cut; status is negative for a signal's number.

    timed_out tells whether it was killed because its time was over.
    """

    head: bytes
    tail: bytes
    cut: int
    status: int
    timed_out: bool


class RunningCommands:
    """The commands of one runtime that have not ended, by their process groups."""

    def __init__(self) -> None:
        self._ends: dict[int, asyncio.Future[int]] = {}
        self.is_watched = False

    def add(self, process: Process) -> asyncio.Future[int]:
        """The future end of a command, with its status."""
        group = process.pid
        end = asyncio.ensure_future(process.wait())
        end.add_done_callback(lambda _: self._ends.pop(group, None))
        self._ends[group] = end
        return end

    async def close(self) -> None:
        """Kill what is left, at the end of the program, and wait for it: nobody else would take its status."""
        for group in self._ends:
            kill_group(group)
        await asyncio.gather(*self._ends.values(), return_exceptions=True)


def kill_group(group: int) -> None:
    """Kill all processes of a group, if there are any that are ours to kill."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


class Commands:
    """Runs commands by a clock, and notes them with those of the runtime."""

    def __init__(self, clock: Clock, running: RunningCommands) -> None:
        self._clock = clock
        self._running = running

    @operation("process", Repeat.COMMITTED)
    async def run(
        self,
        words: Sequence[str],
        directory: str,
        added: Mapping[str, str],
        removed: Sequence[str],
        timeout_ms: int,
        max_output: int,
    ) -> CommandEnd:
        """Run a program, found through PATH, to its end, with an empty standard input.

        The environment is that of this process without the names in removed, then with what is added. Standard output
        and error go into one pipe. Raises OSError and ValueError when the program cannot be started.
        """
        environment = {name: text for name, text in os.environ.items() if name not in removed}
        environment.update(added)
        read_end, write_end = os.pipe()
        output = _Output(read_end, max_output)
        try:
            try:
                process = await self._started(words, write_end, directory, environment)
            finally:
                os.close(write_end)
            try:
                return await self._end(process, output, timeout_ms)
            finally:
                kill_group(process.pid)
        finally:
            output.close()

    async def _started(self, words: Sequence[str], output: int, directory: str, environment: dict[str, str]) -> Process:
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *words,
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                cwd=directory,
                env=environment,
                start_new_session=True,
            )
        )
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(self._abandon)  # it may have started children by then
            raise

    def _abandon(self, starting: asyncio.Future[Process]) -> None:
        if not starting.cancelled() and starting.exception() is None:
            self._running.add(starting.result())
            kill_group(starting.result().pid)

    async def _end(self, process: Process, output: _Output, timeout_ms: int) -> CommandEnd:
        end = self._running.add(process)
        in_time = await self._within(seconds(timeout_ms), end)
        # Before the output ends: what the command has left in the background may write for ever.
        kill_group(process.pid)
        status = await asyncio.shield(end)
        await self._within(_GRACE_SECONDS, output.over)
        return CommandEnd(output.head, output.tail, output.cut, status, not in_time and status < 0)

    async def _within(self, limit: float, future: asyncio.Future[int] | asyncio.Future[None]) -> bool:
        """Wait for a future but not longer than limit seconds; whether it is done."""
        loop = asyncio.get_running_loop()
        over: asyncio.Future[None] = loop.create_future()
        timer = self._clock.call_later(loop, limit, lambda: None if over.done() else over.set_result(None))
        try:
            await asyncio.wait([future, over], return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        return future.done()


class _Output:
    """Reads a pipe to its end and keeps the first and the last half of so many bytes."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._descriptor = descriptor
        self._head = bytearray()
        self._head_limit = limit // 2
        self._tail: deque[bytes] = deque()
        self._tail_limit = limit - limit // 2
        self._tail_size = 0
        self._total = 0
        self.over: asyncio.Future[None] = self._loop.create_future()
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove_reader(self._descriptor)
            if not self.over.done():
                self.over.set_result(None)
            return
        self._total += len(data)
        room = self._head_limit - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail.append(data)
            self._tail_size += len(data)
            while self._tail_size - len(self._tail[0]) >= self._tail_limit:
                self._tail_size -= len(self._tail.popleft())

    def close(self) -> None:
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)

    @property
    def head(self) -> bytes:
        return bytes(self._head)

    @property
    def tail(self) -> bytes:
        return b"".join(self._tail)[-self._tail_limit :]

    @property
    def cut(self) -> int:
        return self._total - len(self.head) - len(self.tail)
