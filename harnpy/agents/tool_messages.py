"""Tool calls and results as messages in a provider's own shape (chapter 12 section 12.4.6)."""

from __future__ import annotations

from harnpy.llm.json_values import Json
from harnpy.llm.normalize import assistant_calls
from harnpy.llm.providers.styles import Style

__all__ = ["assistant_calls", "tool_result"]


def tool_result(style: Style, call_id: str, content: str) -> dict[str, Json]:
    """The message that answers one call."""
    if style is Style.ANTHROPIC:
        return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call_id, "content": content}]}
    return {"role": "tool", "tool_call_id": call_id, "content": content}
