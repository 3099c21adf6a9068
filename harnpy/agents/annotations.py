"""What a policy knows of a tool: its kind, what it may touch, which of its arguments are paths (chapter 12 section 12.8.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from harnpy.agents.policy_reader import PolicyReader
from harnpy.vm.values import Value

# Levels of side effects, from the least.
LEVELS = ("none", "read_only", "workspace_write", "process_exec", "network")


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
        return "read_only" if self.read_only else _MUTATION_CLASSES.get(self, _UNKNOWN_CLASS)


_UNKNOWN_CLASS = "other"
_MUTATION_CLASSES = {
    ToolKind.EDIT: "workspace_write",
    ToolKind.DELETE: "destructive",
    ToolKind.MOVE: "destructive",
    ToolKind.EXECUTE: "ambient_side_effect",
}


@dataclass(frozen=True, slots=True)
class ToolAnnotations:
    """level is one of LEVELS, `none` where nothing is said."""

    kind: ToolKind = ToolKind.OTHER
    level: str = "none"
    path_params: tuple[str, ...] = ()
    arg_aliases: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    capabilities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_annotations(reader: PolicyReader) -> ToolAnnotations:
    """The annotations of one tool. Raises a thrown string that names a part of a wrong shape."""
    arguments = reader.part("arg_schema")
    kinds = [kind.value for kind in ToolKind]
    return ToolAnnotations(
        kind=ToolKind(reader.word("kind", kinds, ToolKind.OTHER.value)),
        level=reader.word("side_effect_level", LEVELS, LEVELS[0]),
        path_params=arguments.texts("path_params"),
        arg_aliases=arguments.text_dict("arg_aliases"),
        required=arguments.texts("required"),
        capabilities=reader.text_lists("capabilities"),
    )


def mutation_class(annotations: ToolAnnotations | None) -> str:
    """The mutation class of a tool; `other` for one without annotations."""
    return _UNKNOWN_CLASS if annotations is None else annotations.kind.mutation_class


def declared_paths(annotations: ToolAnnotations | None, arguments: Value) -> list[str]:
    """The paths that a call names: sorted, each once; none without annotations."""
    if annotations is None or type(arguments) is not dict:
        return []
    values = [arguments.get(name) for name in annotations.path_params]
    listed = arguments.get("paths")
    if type(listed) is list:
        values.extend(listed)
    return sorted({value for value in values if type(value) is str and value})
