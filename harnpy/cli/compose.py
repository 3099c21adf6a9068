"""Putting a runtime together: the one place where the command line names builtins, world and settings."""

from __future__ import annotations

import os

from harnpy import TYPE_CHECKING
from harnpy.cli.catalog import BUILTIN_MODULES, METHOD_MODULES
from harnpy.vm.registry import Registry
from harnpy.vm.runtime import Runtime
from harnpy.vm.world import World

if TYPE_CHECKING:
    from harnpy.syntax.ast import Program
    from harnpy.syntax.diagnostics import Diagnostic

# The interpreter alone; functions translated once they are hot; every function translated at its first call.
TIERS = ("off", "auto", "eager")


def make_registry() -> Registry:
    """All builtins of this distribution, loaded as they are asked for."""
    return Registry(BUILTIN_MODULES, METHOD_MODULES)


def check(program: Program) -> list[Diagnostic]:
    """What there is to say about a program before it is run."""
    from harnpy.analysis.checker.check import check_program
    from harnpy.cli.builtin_types import BUILTIN_TYPES
    from harnpy.syntax.ast import Fn
    from harnpy.syntax.walk import without_attributes

    found = check_program(program, BUILTIN_TYPES)
    if any(
        isinstance(item, Fn) and item.name == "main" and item.params for item in map(without_attributes, program.items)
    ):
        from harnpy.analysis.spellings.harness import uncalled_main

        # Nothing would happen, and nobody would say why.
        unused = uncalled_main(program)
        found += [unused] if unused is not None else []
    return found


def make_runtime(
    *,
    registry: Registry | None = None,
    world: World | None = None,
    denied: frozenset[str] = frozenset(),
    argv: list[str] | None = None,
    jit: str = "auto",
) -> Runtime:
    """A fresh runtime. The environment variable HARN_JIT chooses the tier: off, auto or eager; without it, jit does.

    The policies that this process has inherited by HARN_SANDBOX hold for it. Raises UsageError when either variable makes no
    sense.
    """
    jit = os.environ.get("HARN_JIT") or jit
    if jit not in TIERS:
        from harnpy.cli.arguments import UsageError

        raise UsageError(f"HARN_JIT is '{jit}', but has to be one of: {', '.join(TIERS)}")
    runtime = Runtime(
        registry if registry is not None else make_registry(), world=world, denied=denied, argv=argv, jit=jit
    )
    if jit == "auto":
        from harnpy.jit.heat import WarmingTier

        runtime.tier = WarmingTier(runtime)
    elif jit == "eager":
        from harnpy.jit.tier import JitTier

        runtime.tier = JitTier(runtime, eager=True)
    if "HARN_SANDBOX" in os.environ:
        from harnpy.cli.sandbox import confine, inherited_policies

        confine(runtime, inherited_policies())
    return runtime
