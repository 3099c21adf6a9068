"""`llm_completion`: going on with a text instead of answering it (chapter 11 section 15.4).

Providers with a completion endpoint are asked there; of the others a chat call asks for the same thing in words.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harnpy.llm.agent_events import AgentScope
from harnpy.llm.blocks import output_text
from harnpy.llm.calls import call_options
from harnpy.llm.context import CallContext
from harnpy.llm.deltas import RawResult
from harnpy.llm.normalize import result_dict
from harnpy.llm.observe import CompletionSucceeded
from harnpy.llm.options import LlmOptions
from harnpy.llm.pipeline import provider_call
from harnpy.llm.plain_call import user_message
from harnpy.llm.request import completion_request
from harnpy.llm.resolve import MOCK, resolve_key
from harnpy.llm.spans import annotate_success
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.span_log import annotate_span
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_MOCK_OUTPUT_TOKENS = 16

_INSTRUCTION = (
    "Continue the user's text. Reply with the missing continuation only: no commentary, no code fences, no quotes."
)
_SUFFIX_INSTRUCTION = (
    "The required suffix stays exactly as it is; write only what belongs between `PREFIX` and `SUFFIX`."
)


@builtin(
    "llm_completion(prefix: string, suffix: string | nil = nil, system: string | nil = nil, "
    "options: dict | nil = nil) -> dict",
    effects=frozenset({"clock", "env", "llm", "output", "random", "time"}),
    unvalidated=True,
)
def llm_completion(
    fiber: Fiber, prefix: Value = None, suffix: Value = None, system: Value = None, options: Value = None
) -> Value:
    """Asks a model to go on with prefix, up to suffix if there is one, and returns the result dict of llm_call
    without `transcript` and `data`.

    Throws when no key is found and when the provider fails: there are no retries. With span tracing on, the span around
    the call is annotated; the builtin opens none of its own.
    """
    context = CallContext(fiber)
    started = context.monotonic()
    before, after = _text(prefix), _text(suffix)
    extracted = call_options(context, prefix, system, options)
    annotate_span(fiber, {"model": extracted.model, "provider": extracted.provider})
    fiber.task.get(AgentScope).note_model_call()
    result = _complete(context, extracted, before, after)
    annotate_success(fiber, result)
    duration_ms = int((context.monotonic() - started) * 1000)
    context.state.bus.emit(CompletionSucceeded(extracted, duration_ms, result))
    return result_dict(extracted, result)


def _complete(context: CallContext, options: LlmOptions, prefix: str, suffix: str) -> RawResult:
    if options.provider == MOCK:
        return _mock_completion(prefix, suffix)
    if context.state.mock.script:
        return context.state.mock.answer(user_message(prefix), options.system, None)
    call_id = context.new_id()
    request = completion_request(context.state.configuration, context.env, options, call_id, prefix, suffix)
    if request is None:
        return provider_call(context, _as_chat(options, prefix, suffix), call_id)
    if not context.state.needs_keys:
        # Recordings do not hold answers of completion endpoints, so that the request goes out even now.
        key = resolve_key(context.configuration, context.env, options.provider)
        context.remember_key(key)
        request["key_source"] = key.source
    result: RawResult = context.fiber.effect(context.gateway.send, request)
    return result


def _mock_completion(prefix: str, suffix: str) -> RawResult:
    text = f"Mock completion after {len(prefix)} chars"
    if suffix:
        text += f" before {len(suffix)} chars"
    return {
        "text": text,
        "tool_calls": [],
        "input_tokens": len((prefix + suffix).encode("utf-8", "replace")),
        "output_tokens": _MOCK_OUTPUT_TOKENS,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "model": MOCK,
        "provider": MOCK,
        "thinking": None,
        "stop_reason": "stop",
        "blocks": [output_text(text)],
    }


def _as_chat(options: LlmOptions, prefix: str, suffix: str) -> LlmOptions:
    """The chat call that asks for a completion in words."""
    instruction = f"{_INSTRUCTION}\n{_SUFFIX_INSTRUCTION}" if suffix else _INSTRUCTION
    prompt = f"PREFIX:\n{prefix}\n\n"
    if suffix:
        prompt += f"SUFFIX:\n{suffix}\n\nWrite just the text that is missing between `PREFIX` and `SUFFIX`."
    else:
        prompt += "Write the continuation only."
    return replace(
        options,
        messages=[{"role": "user", "content": prompt}],
        system=f"{options.system}\n\n{instruction}" if options.system else instruction,
    )


def _text(value: Value) -> str:
    return "" if value is None else display(value)
