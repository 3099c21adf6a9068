"""The tool registry in force (chapter 12 section 12.6.3). Holds the builtins tool_bind, tool_ref and tool_def."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harnpy.builtins.tools import checked_registry, entry_name, tool_entries, without_handler
from harnpy.vm.errors import thrown
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


class CurrentTools:
    """The tools value in force for a task, nil for none; child tasks begin with that of their parent."""

    def __init__(self, value: Value = None) -> None:
        self.value = value

    def inherit(self) -> CurrentTools:
        """What a child task begins with."""
        return CurrentTools(self.value)


@contextmanager
def tools_bound(fiber: Fiber, tools: Value) -> Iterator[None]:
    """Make tools the current registry of the task for the body."""
    current = fiber.task.get(CurrentTools)
    before, current.value = current.value, tools
    try:
        yield
    finally:
        current.value = before


@builtin("tool_bind(registry: dict | nil) -> dict | nil")
def tool_bind(fiber: Fiber, registry: Value = None) -> Value:
    """Make a registry the one that tool_ref and tool_def look into, in this task and those that it starts; nil clears.

    The registry. Throws a string for anything else.
    """
    if registry is not None:
        checked_registry("tool_bind", registry, "argument must be a tool registry or nil")
    fiber.task.get(CurrentTools).value = registry
    return registry


@builtin("tool_ref(name: string) -> string")
def tool_ref(fiber: Fiber, name: Value = None) -> Value:
    """The name of a tool, checked: throws a string unless the current registry has a tool of that name."""
    return entry_name(_current_entry(fiber, "tool_ref", name))


@builtin("tool_def(name: string) -> dict")
def tool_def(fiber: Fiber, name: Value = None) -> Value:
    """The entry of a tool in the current registry, without its handler. Throws a string if there is none."""
    return without_handler(_current_entry(fiber, "tool_def", name))


def _current_entry(fiber: Fiber, function: str, name: Value) -> dict[str, Value]:
    if type(name) is not str:
        raise thrown(f"{function}: name must be a string literal")
    bound = fiber.task.get(CurrentTools).value
    if bound is None:
        raise thrown(
            f"{function}: no tool registry bound to this scope. "
            "Call tool_bind(registry) before it, or call it inside an agent_loop."
        )
    if type(bound) is not dict:
        raise thrown(f"{function}: bound tool registry is not a dict")
    entries = tool_entries(bound)
    for entry in entries:
        if entry_name(entry) == name:
            return entry
    names = ", ".join(sorted(filter(None, map(entry_name, entries))))
    raise thrown(f'{function}: unknown tool "{name}". Registered tools: {names or "(none registered)"}')
