"""What a policy knows of a tool: its kind, what it may touch, which of its arguments are paths (chapter 12 section 12.8.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from harnpy.vm.values import Value


class ToolKind(Enum):
    """What a tool does."""

    READ = "read"
    EDIT = "edit"
    DELETE = "delete"
    MOVE = "move"
    SEARCH = "search"
    EXECUTE = "execute"
    THINK = "think"
    FETCH = "fetch"
    OTHER = "other"

    @property
    def read_only(self) -> bool:
        """Whether calls of such tools may run side by side."""
        return self in (ToolKind.READ, ToolKind.SEARCH, ToolKind.THINK, ToolKind.FETCH)

    @property
    def mutation_class(self) -> str:
        """`read_only`, `workspace_write`, `destructive`, `ambient_side_effect` or `other`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ToolAnnotations:
    """level is one of `none read_only workspace_write process_exec network`, `none` where nothing is said."""

    kind: ToolKind = ToolKind.OTHER
    level: str = "none"
    path_params: tuple[str, ...] = ()
    arg_aliases: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    capabilities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def mutation_class(annotations: ToolAnnotations | None) -> str:
    """The mutation class of a tool; `other` for one without annotations."""
    raise NotImplementedError


def declared_paths(annotations: ToolAnnotations | None, arguments: Value) -> list[str]:
    """The paths that a call names: sorted, each once; none without annotations."""
    raise NotImplementedError
