"""The tools of a stage and the policy that follows from them (chapter 12 section 12.8.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harnpy.agents.annotations import LEVELS, ToolAnnotations, ToolKind
from harnpy.agents.capability import CapabilityPolicy, intersection
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.vm.display import display
from harnpy.vm.values import Value

_KINDS = {kind.value: kind for kind in ToolKind}


def offered_tools(tools: Value, names: Iterable[str]) -> Value:
    """The tools of a node as a loop takes them: a registry, a list, or nil; one tool alone is a list of it.

    Where there are names, only the tools of these names.
    """
    if type(tools) is dict and type(tools.get("tools")) is not list:
        tools = [tools]
    allowed = set(names)
    if not allowed:
        return tools
    if type(tools) is list:
        return [entry for entry in tools if type(entry) is not dict or entry_name(entry) in allowed]
    if type(tools) is dict:
        return {**tools, "tools": offered_tools(tools["tools"], allowed)}
    return tools


def named_entries(tools: Value) -> list[dict[str, Value]]:
    """The entries of such tools that have a name."""
    entries = tools.get("tools") if type(tools) is dict else tools
    if type(entries) is not list:
        return []
    return [entry for entry in entries if type(entry) is dict and entry_name(entry)]


def entry_name(entry: dict[str, Value]) -> str:
    """The name of a tool; "" if it has none."""
    name = entry.get("name")
    return "" if name is None else display(name).strip(WHITE_SPACE)


def derived_policy(entries: Iterable[dict[str, Value]]) -> CapabilityPolicy:
    """What the tools say of themselves in their `policy`: their names, what they need, and their annotations."""
    annotations = {entry_name(entry): _annotations(entry.get("policy")) for entry in entries}
    capabilities: dict[str, tuple[str, ...]] = {}
    for each in annotations.values():
        for name, operations in each.capabilities.items():
            known = capabilities.get(name)
            # No operations stand for all of them.
            everything = not operations or known == ()
            capabilities[name] = () if everything else tuple(dict.fromkeys((*(known or ()), *operations)))
    levels = [each.level for each in annotations.values() if each.level != LEVELS[0]]
    return CapabilityPolicy(
        tools=tuple(annotations),
        capabilities=capabilities,
        side_effect_level=max(levels, key=LEVELS.index, default=None),
        tool_annotations=annotations,
    )


def within(ceiling: CapabilityPolicy, request: CapabilityPolicy) -> CapabilityPolicy:
    """The policy of tools narrowed by that of their node, whose constraints know the annotations of the tools.

    Raises the runtime errors of section 12.8.2.
    """
    annotations = {**request.tool_annotations, **ceiling.tool_annotations}
    return intersection(replace(ceiling, tool_annotations=annotations), replace(request, tool_annotations=annotations))


def _annotations(policy: Value) -> ToolAnnotations:
    """Those of one tool; what is of a wrong kind or unknown counts as absent."""
    given: dict[str, Value] = policy if type(policy) is dict else {}
    schema = given.get("arg_schema")
    arguments = schema if type(schema) is dict else given
    level, kind = given.get("side_effect_level"), given.get("kind")
    return ToolAnnotations(
        kind=_KINDS.get(kind, ToolKind.OTHER) if type(kind) is str else ToolKind.OTHER,
        level=level if type(level) is str and level in LEVELS else LEVELS[0],
        path_params=_texts(arguments.get("path_params")),
        arg_aliases=_text_dict(arguments.get("arg_aliases")),
        required=_texts(arguments.get("required")),
        capabilities=_text_lists(given.get("capabilities")),
    )


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(item for item in value if type(item) is str) if type(value) is list else ()


def _text_dict(value: Value) -> dict[str, str]:
    if type(value) is not dict:
        return {}
    return {name: item for name, item in value.items() if type(item) is str}


def _text_lists(value: Value) -> dict[str, tuple[str, ...]]:
    return {name: _texts(items) for name, items in value.items()} if type(value) is dict else {}
