"""A world for builtins that touch it: a clock that tests move, ids that count up, input and environment from a script.

Files are real ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.vm.clock import VirtualClock
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.fiber import Fiber

START = 1_774_794_600.123  # 2026-03-29T14:30:00.123Z


class ScriptedWorld(CapturingWorld):
    """Input lines may be exceptions, which reading then raises."""

    def __init__(self, lines: Iterable[str | Exception] = (), environment: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.virtual_clock = VirtualClock(START)
        self.clock = self.virtual_clock
        self.lines = list(lines)
        self.environment = environment or {}
        self.output_at_reads: list[str] = []
        self.ids = 0

    @operation("random", Repeat.PURE)
    def random_hex(self, digits: int) -> str:
        """The next number."""
        self.ids += 1
        return f"{self.ids:0{digits}x}"

    @operation("input", Repeat.COMMITTED)
    def read_line(self) -> str:
        """The next line of the script, "" after the last."""
        self.output_at_reads.append(self.output)
        line = self.lines.pop(0) if self.lines else ""
        if isinstance(line, Exception):
            raise line
        return line

    @operation("env", Repeat.PURE)
    def env(self, name: str) -> str | None:
        """Only what the script says."""
        return self.environment.get(name)


def run_in(world: ScriptedWorld, source: str, path: str = "test.harn") -> str:
    """Run a program in world and give all that was printed there."""
    runtime = make_runtime(world=world)
    try:
        runtime.run(runtime.compile(source, path, use_cache=False))
    finally:
        runtime.close()
    return world.output


def fiber_in(world: ScriptedWorld) -> Fiber:
    """A main fiber in a fresh runtime, for calling builtins one by one while moving the clock."""
    return make_runtime(world=world).main_fiber()
