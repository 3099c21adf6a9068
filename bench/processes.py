"""Running commands as whole processes and measuring what each took: wall time, CPU time, peak memory.

Commands that are compared run interleaved, so that whatever else the machine does meets all of them alike. Knows nothing
of Harn except the environment variables that make a run independent of runs before it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

TIME_LIMIT_SECONDS = 300.0


class CommandFailed(Exception):
    """A command ended with another status than 0, or ran into the time limit."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run. jit becomes HARN_JIT; cache becomes HARN_CACHE_DIR, None is a new empty directory for each run."""

    arguments: tuple[str, ...]
    jit: str = "off"
    cache: str | None = None
    time_limit: float = TIME_LIMIT_SECONDS


@dataclass(frozen=True, slots=True)
class Usage:
    """What one run took: seconds, seconds of CPU (user and system), peak resident memory in bytes; what it printed."""

    wall: float
    cpu: float
    peak_memory: int
    output: str


def run(command: Command) -> Usage:
    """Run command once. Raises CommandFailed."""
    if command.cache is not None:
        return _run(command, command.cache)
    with tempfile.TemporaryDirectory(prefix="harn-bench-") as cache:
        return _run(command, cache)


def _run(command: Command, cache: str) -> Usage:
    environment = {**os.environ, "HARN_JIT": command.jit, "HARN_CACHE_DIR": cache}
    # Installed packages have their Python bytecode; a checkout has to write it once, or every start would compile.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as pipe:
        # Everything that is not the program's own time stays outside: the pipe exists already, nothing polls.
        started = time.perf_counter()
        process = subprocess.Popen(command.arguments, stdout=write_end, env=environment)
        os.close(write_end)
        watch = threading.Timer(command.time_limit, process.kill)
        watch.start()
        output = pipe.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        watch.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise CommandFailed(f"{' '.join(command.arguments)} ended with {process.returncode} after {wall:.1f} s")
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output.decode())


def interleaved(
    commands: Mapping[str, Command], rounds: int, run_one: Callable[[Command], Usage] = run
) -> dict[str, list[Usage]]:
    """The usages of each command. Every round runs all of them once, in turns from the first on and from the last on."""
    usages: dict[str, list[Usage]] = {key: [] for key in commands}
    for number in range(rounds):
        order = list(commands) if number % 2 == 0 else list(commands)[::-1]
        for key in order:
            usages[key].append(run_one(commands[key]))
    return usages


def median_cpu(usages: list[Usage]) -> float:
    """Seconds of CPU in the middle one of these runs."""
    return statistics.median(usage.cpu for usage in usages)


def median_wall(usages: list[Usage]) -> float:
    """Seconds in the middle one of these runs."""
    return statistics.median(usage.wall for usage in usages)
