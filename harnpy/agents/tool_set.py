"""The tools that a loop offers: their schemas for prompts and checks, their handlers (chapter 12 section 12.4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harnpy.llm.json_values import Json
from harnpy.vm.values import Value


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a tool. type is its text in the notation of the contract prompt, such as `string[]`."""

    name: str
    type: str
    required: bool
    description: str = ""
    has_default: bool = False
    default: Json = None
    examples: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """A tool as models see it; required parameters first, then by name."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    compact: bool = False


@dataclass(frozen=True, slots=True)
class ToolSet:
    """The tools of one loop. value is what the option held; schemas are sorted by name; shared are the `$ref` types in
    order of registration, as (name, type) pairs.
    """

    value: Value
    schemas: tuple[ToolSchema, ...]
    shared: tuple[tuple[str, str], ...]

    @property
    def names(self) -> Sequence[str]:
        """The declared names, sorted."""
        raise NotImplementedError

    def schema(self, name: str) -> ToolSchema | None:
        raise NotImplementedError

    def entry(self, name: str) -> dict[str, Value] | None:
        """The registry entry of a tool, handler included."""
        raise NotImplementedError


def collect_tools(value: Value, native: Sequence[Json] = ()) -> ToolSet:
    """The tools of a registry or list merged with native definitions. Raises thrown strings as llm_call does."""
    raise NotImplementedError
