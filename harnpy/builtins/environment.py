"""Environment variables: those of the execution context, then those of the process."""

from __future__ import annotations

from harnpy import TYPE_CHECKING
from harnpy.builtins.file_access import ExecutionContext
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("env(name: string) -> string | nil", effects={"env"})
def env(fiber: Fiber, name: Value = "") -> str | None:
    """The value of an environment variable; nil when it is not set or not Unicode."""
    return variable(fiber, display(name))


@builtin("env_or(name: string, default: any) -> any", effects={"env"})
def env_or(fiber: Fiber, name: Value = "", default: Value = None) -> Value:
    """The value of an environment variable, or default when it is not set; one set to "" is set."""
    found = variable(fiber, display(name))
    return default if found is None else found


def variable(fiber: Fiber, name: str, purpose: str = "") -> str | None:
    """An environment variable: that of the execution context, else that of the process; None if it is not set or not
    Unicode. purpose is one of effects.py.
    """
    own = fiber.task.get(ExecutionContext).environment
    if name in own:
        return own[name]
    try:
        value: str | None = fiber.effect_for(purpose, fiber.runtime.world.env, name)
        if value is not None:
            value.encode("utf-8")  # what is not Unicode has come as lone surrogates
    except ValueError:
        return None
    return value
