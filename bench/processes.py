"""Running commands as whole processes and measuring what each took: wall time, CPU time, peak memory.

Commands that are compared run interleaved, so that whatever else the machine does meets all of them alike. Knows nothing
of Harn except the environment variables that make a run independent of runs before it.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

TIME_LIMIT_SECONDS = 300.0
_LAUNCHER = (sys.executable, "-I", "-S", str(Path(__file__).parent / "launch.py"))


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
    with os.fdopen(read_end, "r") as report:
        process = subprocess.Popen(
            (*_LAUNCHER, str(write_end), *command.arguments),
            stdout=subprocess.PIPE,
            env=environment,
            pass_fds=(write_end,),
            start_new_session=True,
        )
        os.close(write_end)
        watch = threading.Timer(command.time_limit, os.killpg, (process.pid, signal.SIGKILL))
        watch.start()
        output, _ = process.communicate()
        watch.cancel()
        words = report.read().split()
    if not words:
        raise CommandFailed(f"{' '.join(command.arguments)} did not end within {command.time_limit:g} s")
    code, wall, cpu, peak_memory = int(words[0]), float(words[1]), float(words[2]), int(words[3])
    if code != 0:
        raise CommandFailed(f"{' '.join(command.arguments)} ended with {code} after {wall:.1f} s")
    return Usage(wall, cpu, peak_memory, output.decode())


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


def least_cpu(usages: list[Usage]) -> float:
    """The least CPU time of several runs: what else goes on on a machine only ever adds to it."""
    return min(usage.cpu for usage in usages)


def median_cpu(usages: list[Usage]) -> float:
    """Seconds of CPU in the middle one of these runs."""
    return statistics.median(usage.cpu for usage in usages)


def median_wall(usages: list[Usage]) -> float:
    """Seconds in the middle one of these runs."""
    return statistics.median(usage.wall for usage in usages)


def median_memory(usages: list[Usage]) -> float:
    """Bytes at the peak of the middle one of these runs."""
    return statistics.median(usage.peak_memory for usage in usages)
