"""Calling the functions of a std/* module from Python, as a program that has imported it would."""

from __future__ import annotations

from harnpy.cli.capturing_world import CapturingWorld
from harnpy.cli.compose import make_runtime
from harnpy.vm.errors import HarnError
from harnpy.vm.registry import Registry
from harnpy.vm.values import Value
from harnpy.vm.world import World


class Library:
    """One std/* module, loaded in a runtime of its own."""

    def __init__(self, name: str, *, world: World | None = None, registry: Registry | None = None) -> None:
        runtime = make_runtime(world=world or CapturingWorld(), registry=registry)
        source = f'import "std/{name}"'
        runtime.run(runtime.compile(source, f"{name}.harn", use_cache=False))
        self._fiber = runtime.main_fiber()
        self._module = runtime.loader._modules[f"<stdlib>/{name}.harn"]

    def __call__(self, name: str, *args: Value) -> Value:
        """`name(args)`; raises what it raises."""
        return self._fiber.call(self._module.export(name), *args)

    def names(self) -> list[str]:
        """What the wildcard import brings."""
        return [name for name in self._module.compiled.exports if self._module.gives(name)]

    def caught(self, name: str, *args: Value) -> Value:
        """What `catch` binds when the call fails."""
        try:
            result = self(name, *args)
        except HarnError as error:
            return error.caught
        raise AssertionError(f"expected an error, got {result!r}")
