"""What tests share: running Harn source in a fresh runtime with captured output."""

from __future__ import annotations

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.vm.clock import VirtualClock
from harnpy.vm.runtime import Runtime


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
