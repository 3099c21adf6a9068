"""Running one program in every tier, on a clock that jumps instead of waiting: what it printed and how it ended."""

from __future__ import annotations

import asyncio
import math
import selectors
import signal
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import Any, NamedTuple
from unittest.mock import patch

from harnpy.bytecode.chunk import CompiledModule
from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_registry
from harnpy.cli.runtime_report import runtime_report
from harnpy.jit import checks
from harnpy.jit.tier import JitTier
from harnpy.vm import scheduler
from harnpy.vm.clock import Clock, VirtualClock
from harnpy.vm.errors import ExitProgram, HarnError
from harnpy.vm.runtime import Runtime

# How JitTier is made for each setting of HARN_JIT that translates. Further options may be given where a tier is named.
TIERS: dict[str, dict[str, Any]] = {"eager": {"eager": True}, "auto": {"eager": False}}

# After so much time of the processor, or so much time altogether, a program is taken to run forever, which only a defect
# can make it do. Neighbours on the machine can stretch the second one only.
PATIENCE_SECONDS = 20.0
LONGEST_PATIENCE_SECONDS = 300.0


class Outcome(NamedTuple):
    """output: what was printed. report: the rendered error, "" after a good end. defect: the traceback of an exception
    that is not Harn's, or that the program did not end. status: the exit status of `harn run`."""

    output: str
    report: str
    defect: str
    status: int


class EndlessProgram(BaseException):
    """Raised in a program that ran for longer than there is patience."""


class WaitingProgram(BaseException):
    """Raised in a program that waits for something that will not come: a mutex that a task holds which waits for this one."""


class DeadEnds(selectors.DefaultSelector):
    """Of an event loop on which nothing is ready and nothing will be due, nobody needs to wait: these programs have
    nobody outside to wait for."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise WaitingProgram
        return super().select(timeout)


def _make_loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(DeadEnds())


class PulsingFlag(scheduler.AttentionFlag):
    """Asks for attention at every so manieth look, instead of by a watchdog's clock: the same in every run."""

    __slots__ = ("_looks", "_period")

    def __init__(self, period: int) -> None:
        self._period = period
        self._looks = 0
        super().__init__()

    @property
    def pending(self) -> bool:
        self._looks += 1
        return self._looks % self._period == 0

    @pending.setter
    def pending(self, value: bool) -> None:
        if value:
            self._looks = -1

    def __bool__(self) -> bool:
        return self.pending

    def watch(self, unit: scheduler.Unit) -> None:
        """Let translated code, which looks at its own variable, look here."""
        unit.scope["pending"] = self

    def rise(self) -> None:
        self.pending = True

    def fall(self) -> None:
        self.pending = False


def compiled(source: str, path: str = "program.harn") -> CompiledModule:
    """source as bytecode, for run. Raises HarnSyntaxError and CompileError."""
    return Runtime(make_registry(), world=CapturingWorld()).compile(source, path, use_cache=False)


def run(
    module: CompiledModule,
    source: str,
    tier: str,
    options: Mapping[str, Any] | None = None,
    pulse: int = 0,
    clock: Clock | None = None,
) -> tuple[Outcome, Any]:
    """What the program does in a tier ("off", or a name in TIERS), and the tier, which has counted.

    options go to the tier. pulse: how often running code is asked for attention, in looks at the flag; 0 leaves that to the
    watchdog. clock: the one that the program runs on; by default one that jumps. With a pulse, loops in strips have strips of
    one to three rounds, so that small programs have many of them.
    """
    world = CapturingWorld()
    world.clock = clock if clock is not None else VirtualClock()
    runtime = Runtime(make_registry(), world=world)
    if pulse:
        runtime.scheduler.flag = PulsingFlag(pulse)
    if tier != "off":
        runtime.tier = JitTier(runtime, **TIERS[tier], **(options or {}))
    report, defect, status = "", "", 0
    try:
        # How long a fiber's turn takes depends on the machine.
        turn = scheduler.TURN_SECONDS if clock is not None else math.inf
        with (
            patch.object(scheduler, "TURN_SECONDS", turn),
            patch.object(asyncio, "new_event_loop", _make_loop),
            _short_strips() if pulse else nullcontext(),
            _patience(),
        ):
            runtime.run(module)
    except HarnError as error:
        report, status = runtime_report(error, lambda _: source), 1
    except ExitProgram as exit_program:
        status = exit_program.code
    except WaitingProgram:
        report, status = "waits forever", 1  # as it should in every tier
    except (Exception, EndlessProgram):
        defect = traceback.format_exc(limit=-12)
    finally:
        runtime.close()
    return Outcome(world.output, report, defect, status), runtime.tier


@contextmanager
def _short_strips() -> Iterator[None]:
    """Inside, loops over ranges are translated to strips however long their rounds are."""
    with (
        patch.object(checks, "MOST_ROUNDS", 3),
        patch.object(checks, "FEWEST_ROUNDS", 0),
        patch.object(checks, "STRIP", 10**9),
    ):
        yield


@contextmanager
def _patience() -> Iterator[None]:
    """Inside, the main thread gets an EndlessProgram when it takes too long."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise EndlessProgram

    alarm, profile = signal.signal(signal.SIGALRM, stop), signal.signal(signal.SIGPROF, stop)
    timer = signal.setitimer(signal.ITIMER_REAL, LONGEST_PATIENCE_SECONDS)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGPROF, profile)
        signal.signal(signal.SIGALRM, alarm)


def outcome(source: str, translated: bool, path: str = "program.harn") -> tuple[str, str]:
    """The output and the report of the error, if any, in the interpreter or with everything translated."""
    # Programs given by hand may compute until a deadline passes, for which a clock has to go.
    result, _ = run(compiled(source, path), source, "eager" if translated else "off", clock=Clock())
    assert not result.defect, result.defect
    return result.output, result.report


def assert_tiers_agree(source: str) -> tuple[str, str]:
    """Both tiers print and report the same; what that is."""
    interpreted = outcome(source, translated=False)
    assert outcome(source, translated=True) == interpreted, source
    return interpreted


def assert_same_in_every_tier(source: str, options: Mapping[str, Any] | None = None, pulse: int = 0) -> Outcome:
    """Every tier, "auto" also with these options, does what the interpreter does; what that is."""
    module = compiled(source)
    expected, _ = run(module, source, "off", None, pulse)
    assert not expected.defect, expected.defect
    for tier, more in (("eager", None), ("auto", None), ("auto", options)):
        found, _ = run(module, source, tier, more, pulse)
        assert found == expected, f"{source}\n--- interpreted\n{shown(expected)}\n--- {tier}, {more}\n{shown(found)}"
    return expected


def shown(outcome: Outcome) -> str:
    """An outcome as text to read."""
    return f"{outcome.output}{outcome.report}{outcome.defect}"


class Disagreement(NamedTuple):
    """What is wrong with a program. kind: "defect", "output", "report" or "status", for telling failures apart."""

    tier: str
    kind: str
    expected: Outcome
    found: Outcome

    def __str__(self) -> str:
        parts = [f"--- {self.tier}: {self.kind}"]
        for name, result in (("off", self.expected), (self.tier, self.found)):
            parts.append(f"--- {name}: status {result.status}\n{result.output}{result.report}{result.defect}")
        return "\n".join(parts)


def disagreement(
    source: str,
    tiers: tuple[str, ...] = tuple(TIERS),
    options: Mapping[str, Any] | None = None,
    pulse: int = 0,
    counts: Any = None,
) -> tuple[Outcome, Disagreement | None]:
    """What the interpreter does, and where the first of tiers does something else or any has a defect.

    counts, a Counter, gets what the tiers say about themselves. Raises HarnSyntaxError and CompileError.
    """
    module = compiled(source)
    expected, _ = run(module, source, "off", None, pulse)
    if expected.defect:
        return expected, Disagreement("off", "defect", expected, expected)
    for tier in tiers:
        found, made = run(module, source, tier, options, pulse)
        if counts is not None:
            counts.update({f"{tier}: {key}": value for key, value in _counted(made).items()})
        if found != expected:
            kind = next(
                name
                for name in ("defect", "output", "report", "status")
                if getattr(found, name) != getattr(expected, name)
            )
            return expected, Disagreement(tier, kind, expected, found)
    return expected, None


def _counted(tier: Any) -> dict[str, int]:
    """The counters of a tier: its public attributes that are numbers."""
    named = getattr(tier, "__dict__", {})
    return {key: value for key, value in named.items() if not key.startswith("_") and type(value) is int}
