"""Tool hooks: rules of a program that deny calls or shorten results, for the rest of its run (chapter 12 section 12.7).

Holds the builtins register_tool_hook and clear_tool_hooks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


def denial(fiber: Fiber, tool: str) -> str | None:
    """The reason of the first hook that denies calls of a tool."""
    raise NotImplementedError


def shortened(fiber: Fiber, tool: str, result: str) -> str:
    """The result of a call as the hooks for its tool leave it."""
    raise NotImplementedError
