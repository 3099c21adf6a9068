"""The one path of every model call: attempt, observe, decide, wait, attempt again (chapter 11 sections 1 and 17)."""

from __future__ import annotations

from harnpy.llm.admission import admit
from harnpy.llm.agent_events import AgentScope
from harnpy.llm.budget import Reservation
from harnpy.llm.context import CallContext
from harnpy.llm.deltas import RawResult
from harnpy.llm.messages import message_shapes
from harnpy.llm.observe import CallCancelled, CallDelta, CallFailed, CallStarted, CallSucceeded
from harnpy.llm.options import LlmOptions
from harnpy.llm.providers import anthropic
from harnpy.llm.providers.styles import Style
from harnpy.llm.request import WireRequest, chat_request
from harnpy.llm.resolve import MOCK, resolve_key
from harnpy.llm.retry import decide
from harnpy.llm.spans import annotate_failure, annotate_start, annotate_success, current_span_id
from harnpy.vm.classification import category_of_error
from harnpy.vm.errors import HarnError


def observed_call(context: CallContext, options: LlmOptions, iteration: int | None = None) -> RawResult:
    """Make a call, with the retries that its options allow. Every attempt is announced on the bus with an id of its own.

    iteration is the turn of an agent loop. Raises the error of the last attempt.
    """
    bus = context.state.bus
    scope = context.fiber.task.get(AgentScope)
    scope.note_model_call()
    agent_id = scope.agent_id
    attempt = 0
    call_id: str | None = None
    while True:
        admission = admit(context, options)
        retry_of, call_id = call_id, context.new_id()
        annotate_start(context.fiber, call_id, options, attempt, iteration)
        span_id = current_span_id(context.fiber)
        if bus.wants(CallStarted):
            bus.emit(CallStarted(call_id, options, attempt, iteration, span_id, agent_id, retry_of))
        started = context.monotonic()
        try:
            result = provider_call(context, options, call_id)
        except HarnError as error:
            admission.failed(error)
            decision = decide(error, attempt, options.retries, options.backoff_ms, context.wall_time())
            annotate_failure(context.fiber, decision.status, error, decision.retryable, attempt)
            bus.emit(
                CallFailed(
                    call_id,
                    options,
                    attempt,
                    iteration,
                    _milliseconds_since(context, started),
                    decision.status,
                    error.text,
                    decision.retryable,
                    decision.wait_ms,
                    category_of_error(error),
                    error.partial_text or "",
                )
            )
            if decision.wait_ms is None:
                raise
            attempt += 1
            context.warn(
                f"LLM call failed ({error.text}), retrying in {decision.wait_ms}ms "
                f"(attempt {attempt}/{options.retries})"
            )
            context.sleep(decision.wait_ms / 1000)
            continue
        except BaseException:
            bus.emit(CallCancelled(call_id))
            raise
        admission.answered(result)
        annotate_success(context.fiber, result)
        duration_ms = _milliseconds_since(context, started)
        bus.emit(CallSucceeded(call_id, options, attempt, iteration, duration_ms, result, span_id, agent_id))
        return result


def provider_call(context: CallContext, options: LlmOptions, call_id: str) -> RawResult:
    """One attempt: the mock provider, a recording, or the network. Raises the error of the provider."""
    if options.provider == MOCK or context.state.mock.script:
        result = context.state.mock.answer(options.messages, options.system, options.native_tools)
        if result["text"] and context.state.bus.watched:
            context.state.bus.emit(CallDelta(call_id, result["text"], ""))
        return result
    fixtures = context.state.fixtures
    if fixtures is not None and fixtures.replaying:
        from harnpy.llm.fixtures import replayed_answer

        return replayed_answer(context, fixtures, options, call_id)
    with Reservation(context, options) as reservation:
        result = _real_call(context, reservation.options, call_id)
        if fixtures is not None:
            fixtures.save(context, options, result, call_id)
        reservation.settle(result)
    return result


def _real_call(context: CallContext, options: LlmOptions, call_id: str) -> RawResult:
    """The answer of the provider, or of its fallback when it fails. Raises the primary error."""
    _show_shapes(context, options)
    _warn_about_prefill(context, options)
    if options.style is Style.OLLAMA and not options.stream:
        context.warn("stream=false is not supported by Ollama, using streaming")
    request = chat_request(
        context.configuration,
        context.env,
        options,
        call_id,
        provider=options.provider,
        key_source=options.key_source,
        stream=options.stream,
        conversation=context.conversation,
    )
    try:
        return _send(context, request)
    except HarnError as primary:
        # What is not repeatable did not come from the provider: a deadline of the program has passed, for instance.
        fallback = None if primary.repeatable is False else _fallback_result(context, options, call_id)
        if fallback is None:
            raise primary from None
        return fallback


def _send(context: CallContext, request: WireRequest) -> RawResult:
    result: RawResult = context.fiber.effect(context.gateway.send, request)
    return result


def _fallback_result(context: CallContext, options: LlmOptions, call_id: str) -> RawResult | None:
    """The answer of the configured fallback provider; None if there is none, it has no key, or it fails too."""
    configuration = context.configuration
    name = configuration.providers[options.provider].fallback
    if name is None:
        return None
    try:
        key = resolve_key(configuration, context.env, name)
        if not key.value:
            return None
        context.remember_key(key)
        request = chat_request(
            configuration,
            context.env,
            options,
            call_id,
            provider=name,
            key_source=key.source,
            stream=False,
        )
        return _send(context, request)
    except HarnError:
        return None


def _show_shapes(context: CallContext, options: LlmOptions) -> None:
    wanted = context.env("HARN_DEBUG_MESSAGE_SHAPES")
    if wanted is not None and wanted not in ("0", "false"):
        context.info(
            "llm.message_shape",
            f"outbound provider={options.provider} model={options.model}: {message_shapes(options.messages)}",
        )


def _warn_about_prefill(context: CallContext, options: LlmOptions) -> None:
    if (
        options.prefill is not None
        and options.style is Style.ANTHROPIC
        and not anthropic.accepts_prefill(options.model)
    ):
        context.warn_once(
            ("prefill", options.model),
            f"assistant prefill requested for {options.model}, but Anthropic deprecated prefill from 4.6 on; "
            "the request goes out without it",
        )


def _milliseconds_since(context: CallContext, started: float) -> int:
    return int((context.monotonic() - started) * 1000)
