"""Asking for what the runtime itself does in a program's stead: no agent gets by a tool what its program may not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.agents.capability import check_builtin

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


def require_builtin(fiber: Fiber, name: str, path: str) -> None:
    """Raise the error of the run, or of the policy in force, that does not let a program call this builtin with path."""
    if name in fiber.runtime.denied:
        fiber.runtime.reject(name)
    check_builtin(fiber, name, [path])
