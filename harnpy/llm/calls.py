"""The calling builtins: `llm_call`, `llm_call_safe`, `llm_stream` (chapter 11 sections 14 and 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.agent_events import AgentScope
from harnpy.llm.context import CallContext
from harnpy.llm.deltas import RawResult
from harnpy.llm.normalize import result_dict, result_transcript
from harnpy.llm.observe import SchemaRetry
from harnpy.llm.options import LlmOptions, extract_options
from harnpy.llm.pipeline import observed_call
from harnpy.llm.request import stream_request
from harnpy.llm.resolve import MOCK
from harnpy.llm.spans import SPAN_KIND
from harnpy.llm.stream_watch import StreamWatch, announce_ready
from harnpy.llm.structured import StructuredAnswer, conformance_error, nudge_text, read_answer
from harnpy.vm.channel_feed import Feed
from harnpy.vm.channels import Channel
from harnpy.vm.classification import category_of_error
from harnpy.vm.display import display
from harnpy.vm.errors import HarnError, Origin
from harnpy.vm.patterns import PatternCache
from harnpy.vm.registry import builtin
from harnpy.vm.span_log import traced_span
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

CALL_EFFECTS = frozenset({"clock", "env", "fs.read", "llm", "output", "random", "time"})

_STREAM_CAPACITY = 64


@builtin(
    "llm_call(prompt: string, system: string | nil = nil, options: dict | nil = nil) -> dict",
    effects=CALL_EFFECTS,
    unvalidated=True,
)
def llm_call(fiber: Fiber, prompt: Value = None, system: Value = None, options: Value = None) -> Value:
    """Asks a model and returns its answer as a dict: `prose`, `text`, `tool_calls`, `data`, token counts and more.

    `data` is of the type that `output_schema` describes; a type alias can stand there.
    Throws when no key is found, when the provider fails after the allowed retries, and, with
    `output_validation: "error"`, when the answer does not conform to the schema.
    """
    with traced_span(fiber, SPAN_KIND, "llm_call"):
        return _call(fiber, prompt, system, options)


@builtin(
    "llm_call_safe(prompt: string, system: string | nil = nil, options: dict | nil = nil) -> dict",
    effects=CALL_EFFECTS,
    unvalidated=True,
)
def llm_call_safe(fiber: Fiber, prompt: Value = None, system: Value = None, options: Value = None) -> Value:
    """As llm_call, but never throws: `{ok: true, response, error: nil}` or
    `{ok: false, response: nil, error: {category, message}}`.
    """
    try:
        response = _call(fiber, prompt, system, options)
    except HarnError as error:
        described = {"category": category_of_error(error).value, "message": bare_message(error)}
        return {"ok": False, "response": None, "error": described}
    return {"ok": True, "response": response, "error": None}


@builtin("llm_stream(prompt: string, system: string | nil = nil, options: dict | nil = nil)", effects=CALL_EFFECTS)
def llm_stream(fiber: Fiber, prompt: Value = None, system: Value = None, options: Value = None) -> Channel:
    """Asks a model and returns a channel of the pieces of text of its answer, closed at the end.

    Throws when no key is found; a failure after the start is the last piece, `error: TEXT`.
    """
    with traced_span(fiber, SPAN_KIND, "llm_stream"):
        return _stream(fiber, prompt, system, options)


def _stream(fiber: Fiber, prompt: Value, system: Value, options: Value) -> Channel:
    context = CallContext(fiber)
    extracted = call_options(context, prompt, system, options)
    fiber.task.get(AgentScope).note_model_call()
    channel = Channel("llm_stream", _STREAM_CAPACITY)
    call_id = context.new_id()
    ready = _ready_pieces(context, extracted)
    if ready is not None:
        announce_ready(context, extracted, call_id, ready)
        channel.buffer.extend(ready)
        channel.close()
        return channel
    request = stream_request(context.configuration, context.env, extracted, call_id)
    gateway = context.gateway
    fiber.effect(gateway.begin_stream, request)

    scheduler = fiber.runtime.scheduler
    feed = Feed(channel, lambda: scheduler.call_from_signal(task.cancel))

    watch = StreamWatch(context, extracted, call_id, feed.put)

    async def pump() -> None:
        try:
            with watch:
                await gateway.pump(request, watch.deliver, watch.fail)
        finally:
            feed.close()

    task = fiber.runtime.background(pump())
    return channel


def _ready_pieces(context: CallContext, options: LlmOptions) -> list[str] | None:
    """The pieces of a stream that no provider has to be asked for; None for one that comes over the network."""
    state = context.state
    if options.provider == MOCK or state.mock.script:
        return state.mock.stream_pieces(options.messages)
    if state.fixtures is None or not state.fixtures.replaying:
        return None
    from harnpy.llm.fixtures import replayed_stream

    return replayed_stream(context, state.fixtures, options)


def _call(fiber: Fiber, prompt: Value, system: Value, options: Value) -> dict[str, Value]:
    context = CallContext(fiber)
    extracted = call_options(context, prompt, system, options)
    wanted = extracted.structured
    patterns = fiber.runtime.state(PatternCache)
    retried = 0
    while True:
        result = observed_call(context, extracted)
        if not wanted.expected:
            return _finished(context, extracted, result)
        answer = read_answer(result, wanted, patterns)
        if not answer.errors:
            return _finished(context, extracted, result, answer)
        if wanted.nudge is False or retried >= wanted.retries:
            break
        retried += 1
        context.state.bus.emit(SchemaRetry(retried, answer.errors, nudge_used=True))
        extracted = _nudged(extracted, result, answer)
    failure = conformance_error(wanted, answer.errors)
    if wanted.mode == "error":
        raise failure
    if wanted.mode == "warn":
        context.warn(failure.message)
    return _finished(context, extracted, result, answer)


def call_options(context: CallContext, prompt: Value, system: Value, options: Value) -> LlmOptions:
    """The options of a call from its three arguments. Raises when the provider's key is missing."""
    return extract_options(
        prompt,
        system,
        options,
        chooser=context.chooser(),
        env=context.env,
        remember_key=context.remember_key,
        warn=context.warn,
        needs_key=context.state.needs_keys,
    )


def _nudged(options: LlmOptions, result: RawResult, answer: StructuredAnswer) -> LlmOptions:
    """The same call with the bad answer and what was wrong with it added to its messages."""
    nudge = nudge_text(options.structured, answer.errors)
    if not nudge:
        return options
    # Providers reject assistant messages without text.
    bad = [{"role": "assistant", "content": result["text"]}] if result["text"].strip() else []
    return options.with_messages([*options.messages, *bad, {"role": "user", "content": nudge}])


def _finished(
    context: CallContext, options: LlmOptions, result: RawResult, answer: StructuredAnswer | None = None
) -> dict[str, Value]:
    finished = result_dict(options, result)
    finished["transcript"] = result_transcript(options, result, context.ids())
    if answer is not None and answer.found:
        finished["data"] = answer.data
        if answer.repaired:
            finished["data_repaired"] = True
    return finished


def bare_message(error: HarnError) -> str:
    """What an error says, without its category, which stands beside it where this is shown."""
    if error.origin is Origin.CATEGORIZED:
        return error.message
    if error.origin is Origin.THROWN:
        value = error.value
        if type(value) is str:
            return value
        if type(value) is dict and "message" in value:
            return display(value["message"])
    return error.text
