"""Programs with model calls in virtual time: waiting takes none, and the times at which calls begin are written down."""

from __future__ import annotations

from dataclasses import dataclass, field

from programs import LlmWorld

from harnpy.cli.compose import make_runtime
from harnpy.llm.observe import CallStarted, Event
from harnpy.llm.providers.table import BUILT_IN, Configuration
from harnpy.llm.state import LlmState
from harnpy.vm.effects import Repeat, operation
from harnpy.vm.runtime import Runtime
from harnpy.vm.world import World

MOCK = {"HARN_LLM_PROVIDER": "mock"}


class TimedWorld(LlmWorld):
    """As LlmWorld, but a sleep lets the virtual clock go on."""

    @operation("time", Repeat.PURE)
    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await World.sleep(self, seconds)


@dataclass
class TimedRun:
    """What was printed and said, and when calls began, in seconds from the start of the run."""

    output: str
    errors: str
    waits: list[float]
    started: list[float] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


def run_timed(
    source: str,
    variables: dict[str, str] | None = None,
    *,
    configuration: Configuration = BUILT_IN,
) -> TimedRun:
    """Run a program in virtual time; without variables of its own it talks to the mock provider."""
    world = TimedWorld(MOCK if variables is None else variables)
    runtime: Runtime = make_runtime(world=world)
    state = runtime.state(LlmState)
    state.configuration = configuration
    began = world.clock.monotonic()
    started: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, CallStarted):
            started.append(world.clock.monotonic() - began)

    state.bus.subscribe(note)
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return TimedRun(world.output, world.errors, world.waits, started)
