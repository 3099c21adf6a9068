"""The builtins that show what calls were made and what they took (chapter 11 section 21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.agent_trace import AgentTrace
from harnpy.llm.trace_log import TraceLog
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_KEYS_OF_INFO = ("HARN_API_KEY", "OPENROUTER_API_KEY", "ANTHROPIC_API_KEY")


@builtin("llm_usage() -> dict")
def llm_usage(fiber: Fiber) -> dict[str, Value]:
    """Token counts, time and number of the calls in the trace log: `{input_tokens, output_tokens, total_duration_ms,
    call_count, total_calls}`, all 0 while the log is off.
    """
    log = fiber.runtime.state(TraceLog)
    return {
        "input_tokens": log.input_tokens,
        "output_tokens": log.output_tokens,
        "total_duration_ms": log.duration_ms,
        "call_count": len(log.entries),
        "total_calls": len(log.entries),
    }


@builtin("llm_info() -> dict", effects={"env"})
def llm_info(fiber: Fiber) -> dict[str, Value]:
    """What the environment says about model calls: `{provider, model, api_key_set}`; empty texts for unset variables."""
    world = fiber.runtime.world
    return {
        "provider": fiber.effect(world.env, "HARN_LLM_PROVIDER") or "",
        "model": fiber.effect(world.env, "HARN_LLM_MODEL") or "",
        "api_key_set": any(fiber.effect(world.env, name) is not None for name in _KEYS_OF_INFO),
    }


@builtin("agent_trace() -> list")
def agent_trace(fiber: Fiber) -> list[Value]:
    """Everything that model calls and agent loops have done so far, in order: dicts with `type` and further fields."""
    return fiber.runtime.state(AgentTrace).entries


@builtin("agent_trace_summary() -> dict")
def agent_trace_summary(fiber: Fiber) -> dict[str, Value]:
    """The agent trace summed up: how the last loop ended, and counts, tokens and times of calls and tools."""
    return fiber.runtime.state(AgentTrace).summary()
