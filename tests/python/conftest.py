"""Running programs that import Python, on both tiers, with the package of odd things beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.vm.errors import HarnError

PACKAGES = Path(__file__).parent / "packages"


def run(source: str, *, jit: str = "off", directory: Path = PACKAGES, denied: frozenset[str] = frozenset()) -> str:
    """What a program beside the package of odd things prints. Raises whatever ended it."""
    world = CapturingWorld()
    runtime = make_runtime(world=world, jit=jit, denied=denied)
    try:
        runtime.run(runtime.compile(source, str(directory / "main.harn"), use_cache=False))
    finally:
        runtime.close()
    return world.output


@pytest.fixture(params=["off", "eager"])
def lines(request: pytest.FixtureRequest) -> Callable[[str], list[str]]:
    """The lines that a program prints, under each tier."""
    return lambda source: run(source, jit=request.param).splitlines()


@pytest.fixture(params=["off", "eager"])
def failure(request: pytest.FixtureRequest) -> Callable[[str], HarnError]:
    """The error that ends a program, under each tier."""

    def ended(source: str) -> HarnError:
        with pytest.raises(HarnError) as caught:
            run(source, jit=request.param)
        return caught.value

    return ended
