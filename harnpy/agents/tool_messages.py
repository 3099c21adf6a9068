"""Tool calls and results as messages in a provider's own shape (chapter 12 section 12.4.6)."""

from __future__ import annotations

from collections.abc import Sequence

from harnpy.llm.deltas import ToolCall
from harnpy.llm.json_values import Json
from harnpy.llm.providers.styles import Style


def assistant_calls(style: Style, text: str, calls: Sequence[ToolCall]) -> dict[str, Json]:
    """The assistant message that made the calls."""
    raise NotImplementedError


def tool_result(style: Style, call_id: str, content: str) -> dict[str, Json]:
    """The message that answers one call."""
    raise NotImplementedError
