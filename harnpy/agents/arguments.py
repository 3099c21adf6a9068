"""Arguments of tool calls before they reach a tool (chapter 12 section 12.5.2)."""

from __future__ import annotations

from harnpy.agents.annotations import ToolAnnotations
from harnpy.agents.tool_set import ToolSchema
from harnpy.vm.values import Value


def normalized(arguments: Value, annotations: ToolAnnotations | None) -> Value:
    """The arguments with aliases renamed and numbers in texts read; what is no dict comes back as it is."""
    raise NotImplementedError


def missing_arguments(schema: ToolSchema | None, arguments: Value) -> str | None:
    """What the model is told about required arguments that are not there; None if there is nothing to tell."""
    raise NotImplementedError
