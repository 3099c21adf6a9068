"""Running Harn programs that call models: an environment of the test's own, a clock that jumps, captured output."""

from __future__ import annotations

from dataclasses import dataclass, field

from provider_server import ProviderServer
from support import ErrorKeepingWorld
from support import PatientClock as PatientClock

from harnpy.cli.compose import make_runtime
from harnpy.llm.observe import Event
from harnpy.llm.providers.table import BUILT_IN, Configuration
from harnpy.llm.state import LlmState
from harnpy.vm.clock import VirtualClock
from harnpy.vm.effects import Repeat, operation

SECRET = "sk-secret-0123456789"


class LlmWorld(ErrorKeepingWorld):
    """A world with these environment variables; waits are written down and take no time."""

    def __init__(self, variables: dict[str, str], clock: VirtualClock | None = None) -> None:
        super().__init__()
        self.clock = clock or VirtualClock()
        self.variables = variables
        self.waits: list[float] = []

    @operation("env", Repeat.PURE)
    def env(self, name: str) -> str | None:
        return self.variables.get(name)

    @operation("time", Repeat.PURE)
    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@dataclass
class Run:
    """What a program printed, what went to standard error, how long it waited, and the events of its calls."""

    output: str
    errors: str
    waits: list[float]
    events: list[Event] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


def run(
    source: str,
    variables: dict[str, str] | None = None,
    *,
    configuration: Configuration = BUILT_IN,
    watch: bool = False,
    events: list[Event] | None = None,
    clock: VirtualClock | None = None,
) -> Run:
    """Run a program; without variables of its own it talks to the mock provider.

    events: where its events are to be found while it runs, which implies watch.
    """
    world = LlmWorld({"HARN_LLM_PROVIDER": "mock"} if variables is None else variables, clock)
    runtime = make_runtime(world=world)
    state = runtime.state(LlmState)
    state.configuration = configuration
    watch = watch or events is not None
    events = [] if events is None else events
    if watch:
        state.bus.subscribe(events.append)
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return Run(world.output, world.errors, world.waits, events)


def openai_variables(server: ProviderServer, **more: str) -> dict[str, str]:
    """The environment that sends provider `openai` to server."""
    return {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": server.url + "/v1", "HARN_LLM_PROVIDER": "openai", **more}


def anthropic_variables(server: ProviderServer, **more: str) -> dict[str, str]:
    """The environment that sends provider `anthropic` to server."""
    return {"ANTHROPIC_API_KEY": SECRET, "ANTHROPIC_BASE_URL": server.url, "HARN_LLM_PROVIDER": "anthropic", **more}


def ollama_variables(server: ProviderServer, **more: str) -> dict[str, str]:
    """The environment that sends provider `ollama` to server."""
    return {"OLLAMA_HOST": server.url, "HARN_LLM_PROVIDER": "ollama", **more}
