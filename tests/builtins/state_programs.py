"""Running programs against real state files below a directory of the test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from scripted_world import ScriptedWorld
from support import ErrorKeepingWorld

from harnpy.cli.compose import make_runtime
from harnpy.vm.errors import HarnError


class StateWorld(ScriptedWorld, ErrorKeepingWorld):
    """Keeps what is written to standard error."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(environment=environment)


class Project:
    """A directory with a program in it; each run is one of a fresh runtime."""

    def __init__(self, directory: Path, environment: Mapping[str, str] | None = None) -> None:
        self.directory = directory
        self.environment = environment
        self.warnings = ""

    @property
    def state(self) -> Path:
        return self.directory / ".harn"

    def run(self, source: str, name: str = "main.harn") -> list[str]:
        """The lines that a program prints. Raises what ended it."""
        world = StateWorld(self.environment)
        runtime = make_runtime(world=world)
        try:
            runtime.run(runtime.compile(source, str(self.directory / name), use_cache=False))
        finally:
            runtime.close()
            self.warnings = world.errors
        return world.output.splitlines()

    def failure(self, source: str) -> object:
        """What `catch` binds of the error that ends a program."""
        with pytest.raises(HarnError) as caught:
            self.run(source)
        return caught.value.caught
