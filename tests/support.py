"""What tests share: running Harn source in a fresh runtime with captured output."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.vm.clock import VirtualClock
from harnpy.vm.runtime import Runtime


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
