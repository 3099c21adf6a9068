"""The compiled tier before it is needed: counts calls and rounds, and loads the tier once a program computes for long.

Loading and translating cost some ten milliseconds, which a program that only calls a few things would wait for in vain.
"""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harnpy.vm.frames import Frame
    from harnpy.vm.linker import LinkedFunction
    from harnpy.vm.runtime import Runtime, Tier
    from harnpy.vm.values import Closure, Value

# Calls of functions and rounds of loops, all in all, after which the tier is loaded.
STARTS_AT = 400


class WarmingTier:
    """Stands where the compiled tier will be; see runtime.Tier."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._heat = 0

    def warm(self, function: LinkedFunction, args: Sequence[Value], closure: Closure | None = None) -> None:
        """Note a call of a function."""
        self._heat += 1
        if self._heat < STARTS_AT and not function.is_generator:
            function.heat += 1
        else:
            self._start().warm(function, args, closure)

    def loop(self, frame: Frame, start: int) -> bool:
        """Note another round of a loop; True if the rest of it has been run."""
        self._heat += 1
        if self._heat < STARTS_AT:
            frame.function.heat += 1
            return False
        return self._start().loop(frame, start)

    def methods_changed(self) -> None:
        """A struct has got methods: nothing here depends on that."""

    def counts(self) -> dict[str, float]:
        """Nothing is translated yet."""
        return {}

    def _start(self) -> Tier:
        from harnpy.jit.tier import JitTier

        tier = self._runtime.tier
        if tier is self:
            tier = self._runtime.tier = JitTier(self._runtime)
        assert tier is not None
        return tier
