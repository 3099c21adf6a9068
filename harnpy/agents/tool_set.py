"""The tools that a loop offers: their schemas for prompts and checks, their handlers (chapter 12 section 12.4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harnpy.llm.json_values import Json
from harnpy.llm.tool_schemas import ToolSchema, collect_schemas
from harnpy.llm.tool_types import ToolType
from harnpy.llm.tools_wire import tool_definitions
from harnpy.vm.display import display
from harnpy.vm.values import Value

__all__ = ["ToolSchema", "ToolSet", "collect_tools"]


@dataclass(frozen=True, slots=True)
class ToolSet:
    """The tools of one loop. value is what the option held; schemas and names are sorted by name; shared are the types
    that `$ref` names, in order of registration.
    """

    value: Value
    schemas: tuple[ToolSchema, ...]
    shared: Mapping[str, ToolType]
    names: Sequence[str] = field(init=False, repr=False, compare=False)
    _by_name: dict[str, ToolSchema] = field(init=False, repr=False, compare=False)
    _entries: dict[str, dict[str, Value]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {schema.name: schema for schema in self.schemas})
        object.__setattr__(self, "names", tuple(self._by_name))
        entries: dict[str, dict[str, Value]] = {}
        for entry in tool_definitions(self.value) if self.value is not None else ():
            if entry.get("name") is not None:
                entries.setdefault(display(entry["name"]), entry)
        object.__setattr__(self, "_entries", entries)

    def schema(self, name: str) -> ToolSchema | None:
        return self._by_name.get(name)

    def entry(self, name: str) -> dict[str, Value] | None:
        """The registry entry of a tool, handler included; None for one that only a native definition names."""
        return self._entries.get(name)

    def handled(self, name: str) -> dict[str, Value] | None:
        """The registry entry of a tool that the program runs itself, its handler included; None for every other tool."""
        entry = self.entry(name)
        return entry if entry is not None and entry.get("handler") is not None else None


def collect_tools(value: Value, native: Sequence[Json] = ()) -> ToolSet:
    """The tools of a registry or list, nil for none, merged with native definitions, where the former win.

    Raises thrown strings as llm_call does.
    """
    collected = collect_schemas(value, native)
    return ToolSet(value, collected.tools, collected.named_types)
