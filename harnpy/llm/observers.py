"""Attaches to a runtime's first model call what the environment asks to watch calls; nothing else is even loaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harnpy.llm.agent_trace import AgentTrace
from harnpy.llm.otel_names import DISABLED, ENDPOINTS
from harnpy.llm.resolve import MOCK, Environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from harnpy.llm.context import CallContext
    from harnpy.llm.options import LlmOptions
    from harnpy.vm.world import StatusLine


def attach_observers(context: CallContext) -> None:
    """Subscribe the agent trace, which every run has, and what is wanted besides."""
    state, runtime = context.state, context.fiber.runtime
    state.secrets.collect(context.env, state.configuration)
    state.bus.subscribe(runtime.state(AgentTrace), only=AgentTrace.KINDS)
    directory = context.env("HARN_LLM_TRANSCRIPT_DIR")
    if directory:
        from harnpy.llm.transcript_files import TranscriptFiles

        state.bus.subscribe(TranscriptFiles(directory, runtime.world.clock, state.secrets), deltas=False)
    if wants_telemetry(context.env):
        _send_telemetry(context)
    if runtime.world.status is not None:
        _show_live(context, runtime.world.status)


def _show_live(context: CallContext, line: StatusLine) -> None:
    from harnpy.llm.budget import Spending
    from harnpy.llm.live_line import LiveLine

    state, runtime = context.state, context.fiber.runtime

    def later(seconds: float, callback: Callable[[], object]) -> object:
        return runtime.world.clock.call_later(runtime.scheduler.loop, seconds, callback)

    def is_instant(options: LlmOptions) -> bool:
        return options.provider == MOCK or not state.needs_keys

    def spent() -> float:
        return runtime.state(Spending).session.spent

    state.bus.subscribe(LiveLine(line, runtime.world.clock, later, is_instant, spent))


def wants_telemetry(env: Environment) -> bool:
    """Whether the environment names a collector."""
    return (env(DISABLED) or "").strip().lower() != "true" and any(env(name) for name in ENDPOINTS)


def _send_telemetry(context: CallContext) -> None:
    try:
        from harnpy.llm.otel import Telemetry
    except ImportError:
        context.warn(
            "telemetry is asked for by OTEL_EXPORTER_OTLP_ENDPOINT, but the extra `otel` is not installed: "
            "pip install 'harnpy[otel]'"
        )
        return
    state, runtime = context.state, context.fiber.runtime
    program = os.path.basename(runtime.entry_path)

    def say(text: str) -> None:
        # Straight to the stream: it comes from a thread that no fiber runs on, perhaps when the program has ended.
        runtime.world.write_error(f"[harn] warning: {text}\n")

    telemetry = Telemetry(program, context.env, runtime.world.clock, state.secrets, say)
    state.bus.subscribe(telemetry)
    runtime.on_close(telemetry.close)
