"""Tool hooks: rules of a program that deny calls or shorten results, for the rest of its run (chapter 12 section 12.7).

Holds the builtins register_tool_hook and clear_tool_hooks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.agents.globs import matches
from harnpy.llm.microcompact import compact_text
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@dataclass(frozen=True, slots=True)
class ToolHook:
    """deny is the reason to refuse calls, max_output how long a result may be; None for neither."""

    pattern: str
    deny: str | None
    max_output: int | None


class ToolHooks:
    """The hooks of a runtime, in the order in which they were registered."""

    def __init__(self) -> None:
        self.hooks: list[ToolHook] = []

    def matching(self, tool: str) -> Iterable[ToolHook]:
        return (hook for hook in self.hooks if matches(hook.pattern, tool)) if self.hooks else ()


@builtin("register_tool_hook(config: dict) -> nil")
def register_tool_hook(fiber: Fiber, config: Value = None) -> None:
    """Adds a rule for the tool calls of agent loops: `{pattern?, deny?, max_output?}`, for the rest of the run.

    pattern is a glob for tool names, `*` if absent. deny is the reason for which calls are refused. A result longer
    than max_output is cut to that size, unless that is below 200.
    """
    if type(config) is not dict:
        return
    pattern, deny, limit = config.get("pattern"), config.get("deny"), config.get("max_output")
    hook = ToolHook(
        "*" if pattern is None else display(pattern),
        None if deny is None else display(deny),
        limit if type(limit) is int else None,
    )
    fiber.runtime.state(ToolHooks).hooks.append(hook)


@builtin("clear_tool_hooks() -> nil")
def clear_tool_hooks(fiber: Fiber) -> None:
    """Removes all tool hooks."""
    fiber.runtime.state(ToolHooks).hooks.clear()


def denial(fiber: Fiber, tool: str) -> str | None:
    """The reason of the first hook that denies calls of a tool."""
    for hook in fiber.runtime.state(ToolHooks).matching(tool):
        if hook.deny is not None:
            return hook.deny
    return None


def shortened(fiber: Fiber, tool: str, result: str) -> str:
    """The result of a call as the hooks for its tool leave it."""
    for hook in fiber.runtime.state(ToolHooks).matching(tool):
        if hook.max_output is not None:
            result = compact_text(result, hook.max_output)
    return result
