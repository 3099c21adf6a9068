"""Running one program to its end, with standard output and error apart: what workers need of git and of verifying."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING

from harnpy.agents.workspace.processes import RunningCommands, kill_group
from harnpy.agents.workspace.running import running_commands
from harnpy.vm.effects import Repeat, operation

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@dataclass(frozen=True, slots=True)
class Finished:
    """status is negative for a signal's number."""

    status: int
    stdout: str
    stderr: str


def run_program(fiber: Fiber, words: Sequence[str], directory: str, environment: Mapping[str, str]) -> Finished:
    """Run a program in a directory, found through PATH, with these variables over those of the process.

    It has no input. It and all that it has started are killed when it ends and when fiber is cancelled. Raises OSError and
    ValueError if it cannot be started.
    """
    programs = _Programs(running_commands(fiber))
    finished: Finished = fiber.effect(programs.run_to_end, words, directory, environment)
    return finished


class _Programs:
    def __init__(self, running: RunningCommands) -> None:
        self._running = running

    @operation("process", Repeat.COMMITTED)
    async def run_to_end(self, words: Sequence[str], directory: str, environment: Mapping[str, str]) -> Finished:
        """See run_program."""
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            cwd=directory,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        end = self._running.add(process)
        try:
            stdout, stderr = await process.communicate()
            status = await asyncio.shield(end)
        finally:
            kill_group(process.pid)
        return Finished(status, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"))
