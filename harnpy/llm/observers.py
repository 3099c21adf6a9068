"""Attaches to a runtime's first model call what the environment asks to watch calls; nothing else is even loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.agent_trace import AgentTrace

if TYPE_CHECKING:
    from harnpy.llm.context import CallContext


def attach_observers(context: CallContext) -> None:
    """Subscribe the agent trace, which every run has, and what is wanted besides."""
    state, runtime = context.state, context.fiber.runtime
    state.secrets.collect(context.env, state.configuration)
    state.bus.subscribe(runtime.state(AgentTrace), deltas=False)
    directory = context.env("HARN_LLM_TRANSCRIPT_DIR")
    if directory:
        from harnpy.llm.transcript_files import TranscriptFiles

        state.bus.subscribe(TranscriptFiles(directory, runtime.world.clock, state.secrets), deltas=False)
