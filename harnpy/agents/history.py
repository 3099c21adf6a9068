"""The assistant's turn as the conversation keeps it (chapter 12 sections 12.1.6 and 12.4.6)."""

from __future__ import annotations

from harnpy.agents.feedback import elided_turn
from harnpy.agents.loop_state import LoopSetup, Turn
from harnpy.agents.tool_messages import assistant_calls
from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.deltas import ToolCall
from harnpy.llm.json_values import Json, pretty_json

MOST_CHARACTERS = 131_072


def assistant_message(setup: LoopSetup, turn: Turn) -> dict[str, Json]:
    """The message; in a native loop with calls it has the shape of the provider, thinking that it sealed included."""
    calls = turn.own_calls if turn.from_provider else turn.calls
    if not (setup.native and calls):
        return {"role": "assistant", "content": history_text(turn)}
    if turn.from_provider:
        if "wire_content" in turn.result:
            # The provider checks that its thinking comes back unchanged with the results of the tools.
            return {"role": "assistant", "content": turn.result["wire_content"]}
        return assistant_calls(setup.model.style, turn.text, calls)
    # The calls were written as text: they are in the message as calls, so only the rest is text.
    text = history_text(turn) if turn.parse_errors else turn.tagged.prose
    return assistant_calls(setup.model.style, text, calls)


def history_text(turn: Turn) -> str:
    """What an answer is in the history: its canonical form, without what was malformed or far too long."""
    if turn.parse_errors:
        return elided_turn([call["name"] for call in turn.calls], len(turn.parse_errors))
    text = (turn.tagged.canonical.strip(WHITE_SPACE) or turn.text).strip(WHITE_SPACE)
    if not text and turn.from_provider:
        # Providers reject messages without text, and the model should see what it asked for.
        text = "\n\n".join(map(canonical_call, turn.own_calls))
    if len(text) <= MOST_CHARACTERS:
        return text
    return (
        f"{text[:MOST_CHARACTERS]}\n\n<assistant turn truncated: raw length {len(text)} chars exceeded history cap "
        f"({MOST_CHARACTERS})>"
    )


def canonical_call(call: ToolCall) -> str:
    """A call as the tagged protocol writes it."""
    return f"<tool_call>\n{call['name']}({pretty_json(call['arguments'])})\n</tool_call>"
