"""Arguments of tool calls before they reach a tool (chapter 12 section 12.5.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harnpy.agents.annotations import ToolAnnotations
from harnpy.agents.tool_set import ToolSchema
from harnpy.vm.values import Value

_WHOLE_NUMBERS = frozenset(
    ("range_start", "range_end", "offset", "limit", "timeout", "line", "start_line", "end_line", "count")
)
# As many digits as any such number has, and few enough that reading them takes no time.
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


def normalized(arguments: Value, annotations: ToolAnnotations | None) -> Value:
    """The arguments with aliases renamed and numbers in texts read; what is no dict comes back as it is.

    The arguments given are left as they are.
    """
    if type(arguments) is not dict:
        return arguments
    renamed = _renamed(arguments, annotations.arg_aliases) if annotations is not None else arguments
    return _with_numbers(renamed)


def missing_arguments(schema: ToolSchema | None, arguments: Value) -> str | None:
    """What the model is told about required arguments that are not there; None if there is nothing to tell."""
    if schema is None:
        return None
    given = arguments if type(arguments) is dict else {}
    missing = [
        parameter.name
        for parameter in schema.parameters
        if parameter.required and not parameter.has_default and given.get(parameter.name) is None
    ]
    return missing_text(schema.name, missing) if missing else None


def missing_text(tool: str, names: Sequence[str]) -> str:
    """The text about arguments that are not there."""
    return (
        f"Tool '{tool}' is missing required parameter(s): {', '.join(names)}. "
        "Provide all required parameters and try again."
    )


def _renamed(arguments: dict[str, Value], aliases: Mapping[str, str]) -> dict[str, Value]:
    renamed = dict(arguments)
    for alias, canonical in aliases.items():
        if alias in renamed and canonical not in renamed:
            renamed[canonical] = renamed.pop(alias)
    return renamed


def _with_numbers(value: Value) -> Value:
    if type(value) is list:
        return [_with_numbers(item) for item in value]
    if type(value) is not dict:
        return value
    return {
        key: int(item) if key in _WHOLE_NUMBERS and _spells_integer(item) else _with_numbers(item)
        for key, item in value.items()
    }


def _spells_integer(value: Value) -> bool:
    return type(value) is str and _INTEGER.fullmatch(value.strip()) is not None
