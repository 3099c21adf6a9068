"""The tool contract prompt: how a model has to call tools, and which there are (chapter 12 sections 12.4.1 to 12.4.4)."""

from __future__ import annotations

from harnpy.agents.tool_set import ToolSet


def contract_prompt(tools: ToolSet, *, native: bool, action_gated: bool, examples: str | None = None) -> str:
    """The prompt for a loop with tools. action_gated is the turn policy's require_action_or_yield."""
    raise NotImplementedError
