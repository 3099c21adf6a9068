"""Making HTTP calls, by programs and one by one: waits between attempts take no time and are written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support import ErrorKeepingWorld

from harnpy.cli.compose import make_runtime
from harnpy.vm.clock import Clock
from harnpy.vm.effects import EffectCall, EffectHandler, Repeat, operation
from harnpy.vm.errors import HarnError
from harnpy.vm.values import Value


class HttpWorld(ErrorKeepingWorld):
    """Chance is always in the middle, so that waits are not varied; they take no time unless they are to follow clock."""

    def __init__(self, chance: float = 0.5, clock: Clock | None = None, *, waits_by_clock: bool = False) -> None:
        super().__init__()
        self.chance = chance
        self.waits: list[float] = []
        self._waits_by_clock = waits_by_clock
        if clock is not None:
            self.clock = clock

    @operation("time", Repeat.IDEMPOTENT)
    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if self._waits_by_clock:
            await super().sleep(seconds)

    @operation("random", Repeat.PURE)
    def random(self) -> float:
        return self.chance


class Watcher:
    """Keeps the calls that pass the seam; refuse may raise for one."""

    def __init__(self, refuse: Callable[[EffectCall], object] = lambda call: None) -> None:
        self.calls: list[EffectCall] = []
        self._refuse = refuse

    def handle(self, call: EffectCall, proceed: Callable[[], object]) -> object:
        self.calls.append(call)
        self._refuse(call)
        return proceed()

    def of(self, effect: str) -> list[EffectCall]:
        return [call for call in self.calls if call.operation.effect == effect]


@dataclass
class Done:
    """What a program printed and said, and how long it waited between attempts, in seconds."""

    output: str
    errors: str
    waits: list[float]

    @property
    def lines(self) -> list[str]:
        return self.output.splitlines()


def run(source: str, *, world: HttpWorld | None = None, handler: EffectHandler | None = None) -> Done:
    """Run a program. Raises what ended it."""
    world = world or HttpWorld()
    runtime = make_runtime(world=world)
    if handler is not None:
        runtime.seam.attach(handler)
    try:
        runtime.run(runtime.compile(source, "test.harn", use_cache=False))
    finally:
        runtime.close()
    return Done(world.output, world.errors, world.waits)


class Caller:
    """Calls builtins one by one in one runtime, from `with` to its end."""

    def __init__(self, world: HttpWorld | None = None) -> None:
        self.world = world or HttpWorld()
        self.runtime = make_runtime(world=self.world)
        self.fiber = self.runtime.main_fiber()

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *failure: object) -> None:
        self.runtime.close()

    def call(self, name: str, *args: Value) -> Any:
        """`name(args)`"""
        return self.fiber.call(self.runtime.registry.get(name), *args)

    def get(self, url: str, **options: Value) -> Any:
        """`http_get(url, options)`"""
        return self.call("http_get", url, options)

    def request(self, method: str, url: str, **options: Value) -> Any:
        """`http_request(method, url, options)`"""
        return self.call("http_request", method, url, options)

    def error(self, name: str, *args: Value) -> str:
        """The text that a call throws."""
        try:
            result = self.call(name, *args)
        except HarnError as error:
            assert type(error.caught) is str
            return error.caught
        raise AssertionError(f"expected an error, got {result}")
