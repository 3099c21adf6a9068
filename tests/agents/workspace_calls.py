"""Calling workspace tools as an agent loop does: the handler of a registry entry with one dict of arguments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.vm.clock import Clock
from harnpy.vm.fiber import Fiber
from harnpy.vm.runtime import Runtime
from harnpy.vm.values import Value


class Tools:
    """The tools of one workspace in a runtime of their own."""

    def __init__(self, runtime: Runtime, root: Path, options: dict[str, Value]) -> None:
        self.runtime = runtime
        self.fiber: Fiber = runtime.main_fiber()
        make = runtime.registry.get("workspace_tools")
        assert make is not None
        registry = self.fiber.call(make, {"root": str(root), **options})
        assert type(registry) is dict
        self.entries: dict[str, dict[str, Value]] = {entry["name"]: entry for entry in registry["tools"]}

    def call(self, tool: str, **arguments: Value) -> str:
        """The result of one call."""
        text = self.fiber.call(self.entries[tool]["handler"], arguments)
        assert type(text) is str
        return text


@contextmanager
def workspace(root: Path, clock: Clock | None = None, **options: Value) -> Iterator[Tools]:
    """Tools for root until the body ends."""
    world = CapturingWorld()
    if clock is not None:
        world.clock = clock
    runtime = make_runtime(world=world)
    try:
        yield Tools(runtime, root, options)
    finally:
        runtime.close()


def call(root: Path, tool: str, **arguments: Value) -> str:
    """One call of a tool with default options."""
    with workspace(root) as tools:
        return tools.call(tool, **arguments)
