"""Fixtures: programs that import Python, under each tier."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from python_runs import run

from harnpy.vm.errors import HarnError


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
