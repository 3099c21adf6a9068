"""What tests share: running Harn source in a fresh runtime with captured output."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.vm.clock import VirtualClock
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.runtime import Runtime

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


# A process or a thread that takes longer hangs, on however slow a machine. pytest's own limit is longer still.
HANG_SECONDS = 300.0


class PatientClock(VirtualClock):
    """A clock that jumps only when the world outside the program has come far enough, which reached tells."""

    def __init__(self, reached: Callable[[], bool]) -> None:
        super().__init__()
        self._reached = reached

    def _advance(self, loop: AbstractEventLoop, patience: int) -> None:
        if self._reached():
            super()._advance(loop, patience)
        else:
            loop.call_later(0.001, self._advance, loop, patience)


class ErrorKeepingWorld(CapturingWorld):
    """As a CapturingWorld; what is written to standard error is kept as well."""

    def __init__(self) -> None:
        super().__init__()
        self.errors = ""

    @operation("output", Repeat.COMMITTED)
    def write_error(self, text: str) -> None:
        """Keep text."""
        self.errors += text


def harn_with(module: str, **constants: float) -> tuple[str, ...]:
    """The `harn` command with other constants in one of its modules, such as times that it waits."""
    program = f"""
import sys
import {module} as module
vars(module).update({constants!r})
from harnpy.cli.main import main
sys.exit(main())
"""
    return sys.executable, "-c", program


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times as much of the processor a unit takes in work(size) as in work(size / 100).

    That says how the time grows with the size, whatever the machine, where a number of seconds would not: linear work
    gives about 1 and quadratic work 100, so that neither caches nor what else the machine does make one of the other.
    The best of three keeps most of that out; work(size) is done again only while it looks worse than linear.
    """

    def seconds(size: int) -> float:
        gc.collect()
        before = time.process_time()
        work(size)
        return time.process_time() - before

    small = min(seconds(size // 100) for _ in range(3))
    found = []
    while len(found) < 3 and (not found or min(found) > 2):
        found.append(seconds(size) / small / 100)
    return min(found)


def make_test_runtime(virtual_time: bool = False) -> Runtime:
    """A runtime whose output is captured; with virtual_time its clock jumps instead of waiting."""
    world = CapturingWorld()
    if virtual_time:
        world.clock = VirtualClock()
    return make_runtime(world=world)


def run_source(source: str, path: str = "test.harn", *, virtual_time: bool = False) -> str:
    """Run a program and give what it printed. Raises whatever ended it."""
    runtime = make_test_runtime(virtual_time)
    try:
        runtime.run(runtime.compile(source, path, use_cache=False))
    finally:
        runtime.close()
    assert isinstance(runtime.world, CapturingWorld)
    return runtime.world.output
