"""Running programs that import Python, on both tiers, with the package of odd things beside them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.cli.sandbox import confine
from harnpy.vm.sandbox.policy import Policy

PACKAGES = Path(__file__).parent / "packages"


def run(source: str, *, jit: str = "off", directory: Path = PACKAGES, policies: Iterable[Policy] = ()) -> str:
    """What a program beside the package of odd things prints. Raises whatever ended it."""
    world = CapturingWorld()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARN_JIT", jit)
        runtime = make_runtime(world=world)
    confine(runtime, policies)
    try:
        runtime.run(runtime.compile(source, str(directory / "main.harn"), use_cache=False))
    finally:
        runtime.close()
    return world.output
