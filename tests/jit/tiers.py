"""Running one program in both tiers: what it printed and how it ended."""

from __future__ import annotations

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_registry
from harnpy.cli.runtime_report import runtime_report
from harnpy.jit.tier import JitTier
from harnpy.vm.errors import HarnError
from harnpy.vm.runtime import Runtime


def outcome(source: str, translated: bool, path: str = "program.harn") -> tuple[str, str]:
    """The output and the report of the error, if any, in the interpreter or with everything translated."""
    world = CapturingWorld()
    runtime = Runtime(make_registry(), world=world)
    if translated:
        runtime.tier = JitTier(runtime, eager=True)
    try:
        runtime.run(runtime.compile(source, path, use_cache=False))
    except HarnError as error:
        return world.output, runtime_report(error, lambda _: source)
    finally:
        runtime.close()
    return world.output, ""


def assert_tiers_agree(source: str) -> tuple[str, str]:
    """Both tiers print and report the same; what that is."""
    interpreted = outcome(source, translated=False)
    assert outcome(source, translated=True) == interpreted, source
    return interpreted
