"""OpenTelemetry: spans and metrics of model calls, tools and agents, exported by OTLP (extra `otel`).

One trace a run. Its root is the program; below it are agents, and below these their calls and tools. What prompts and
answers say is only in it on request (OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

import harnpy
from harnpy.llm import otel_names as names
from harnpy.llm.agent_events import AgentStarted, LoopCompleted, ToolExecuted
from harnpy.llm.deltas import RawResult
from harnpy.llm.json_values import compact_json
from harnpy.llm.observe import (
    CallCancelled,
    CallDelta,
    CallFailed,
    CallStarted,
    CallSucceeded,
    Event,
    StreamEnded,
    StreamStarted,
)
from harnpy.llm.options import LlmOptions
from harnpy.llm.otel_content import input_messages, output_messages, system_instructions
from harnpy.llm.resolve import Environment
from harnpy.llm.secrets import Secrets
from harnpy.vm.classification import classify_message
from harnpy.vm.clock import Clock
from harnpy.vm.errors import Category

Attributes = dict[str, AttributeValue]

# How long the end of a run waits for a collector that does not answer.
_FLUSH_MILLISECONDS = 3000
_EXPORT_SECONDS = 3

# How much of a problem is shown.
_SHOWN_CHARACTERS = 200


@dataclass(slots=True)
class _Open:
    """A call whose span is open. first and latest are the times of its first and its latest piece."""

    span: Span
    started: float
    metric: Attributes
    first: float | None = None
    latest: float = 0.0


class Telemetry:
    """A subscriber that makes spans and metrics; close exports what is left. program is the name of what runs."""

    def __init__(self, program: str, env: Environment, clock: Clock, secrets: Secrets, say: Callable[[str], None]):
        self._clock = clock
        self._secrets = secrets
        self._captures = (env(names.CAPTURE_CONTENT) or "").strip().lower() in names.CAPTURING_VALUES
        _report_problems(say)
        service = env(names.SERVICE_NAME_VARIABLE) or names.DEFAULT_SERVICE
        resource = Resource.create({names.SERVICE_NAME: service})
        self._tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=_EXPORT_SECONDS)))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(timeout=_EXPORT_SECONDS))
        self._meters = MeterProvider([reader], resource, shutdown_on_exit=False)
        self._tracer = self._tracers.get_tracer(names.INSTRUMENTATION, harnpy.__version__)
        self._metrics = _Metrics(self._meters.get_meter(names.INSTRUMENTATION, harnpy.__version__))
        self._calls: dict[str, _Open] = {}
        self._agents: dict[str, Span] = {}
        self._root = self._tracer.start_span(
            f"{names.INVOKE_WORKFLOW} {program}",
            _parent_of_the_process(env),
            SpanKind.INTERNAL,
            {names.OPERATION_NAME: names.INVOKE_WORKFLOW, names.WORKFLOW_NAME: program},
            start_time=self._now(),
        )

    def __call__(self, event: Event) -> None:
        match event:
            case CallDelta():
                self._note_piece(event.call_id)
            case CallStarted():
                attributes: Attributes = {names.HARN_ATTEMPT: event.attempt}
                if event.iteration is not None:
                    attributes[names.HARN_ITERATION] = event.iteration
                self._start_call(event.call_id, event.options, event.agent_id, event.options.stream, attributes)
            case StreamStarted():
                self._start_call(event.call_id, event.options, event.agent_id, True, {})
            case CallSucceeded():
                self._succeed(event.call_id, event.result)
            case CallFailed():
                wait: Attributes = {} if event.wait_ms is None else {names.HARN_RETRY_WAIT_MS: event.wait_ms}
                self._fail(event.call_id, event.category, event.error, wait)
            case CallCancelled():
                self._fail(event.call_id, Category.CANCELLED, "cancelled", {})
            case StreamEnded():
                self._end_stream(event)
            case AgentStarted():
                self._start_agent(event)
            case LoopCompleted():
                agent = self._agents.pop(event.agent_id, None)
                if agent is not None:
                    agent.end(self._now())
            case ToolExecuted():
                self._record_tool(event)

    def close(self) -> None:
        """End what is open and send what was not sent yet, within a few seconds."""
        for call in self._calls.values():
            call.span.end(self._now())
        for agent in self._agents.values():
            agent.end(self._now())
        self._root.end(self._now())
        self._tracers.force_flush(_FLUSH_MILLISECONDS)
        self._tracers.shutdown()
        self._meters.shutdown(_FLUSH_MILLISECONDS)

    # --- calls --------------------------------------------------------------------------------------------------------

    def _start_call(
        self, call_id: str, options: LlmOptions, agent_id: str | None, streams: bool, more: Attributes
    ) -> None:
        metric: Attributes = {
            names.OPERATION_NAME: names.CHAT,
            names.PROVIDER_NAME: names.PROVIDERS.get(options.provider, options.provider),
            names.REQUEST_MODEL: options.model,
        }
        attributes = metric | _requested(options, streams) | more | {names.HARN_CALL_ID: call_id}
        if self._captures:
            attributes[names.INPUT_MESSAGES] = input_messages(options.messages)
            if options.system:
                attributes[names.SYSTEM_INSTRUCTIONS] = system_instructions(options.system)
            if options.native_tools:
                attributes[names.TOOL_DEFINITIONS] = compact_json(options.native_tools)
        span = self._tracer.start_span(
            f"{names.CHAT} {options.model}",
            self._inside(agent_id),
            SpanKind.CLIENT,
            self._clean(attributes),
            start_time=self._now(),
        )
        self._calls[call_id] = _Open(span, self._clock.monotonic(), metric)

    def _note_piece(self, call_id: str) -> None:
        call = self._calls.get(call_id)
        if call is None:
            return
        now = self._clock.monotonic()
        if call.first is None:
            call.first = now
            self._metrics.first_chunk.record(now - call.started, call.metric)
            call.span.set_attribute(names.RESPONSE_TIME_TO_FIRST_CHUNK, now - call.started)
        else:
            self._metrics.chunk.record(now - call.latest, call.metric)
        call.latest = now

    def _succeed(self, call_id: str, result: RawResult) -> None:
        call = self._calls.pop(call_id, None)
        if call is None:
            return
        metric = call.metric | {names.RESPONSE_MODEL: result["model"]}
        attributes: Attributes = {
            names.RESPONSE_MODEL: result["model"],
            names.USAGE_INPUT_TOKENS: result["input_tokens"],
            names.USAGE_OUTPUT_TOKENS: result["output_tokens"],
        }
        if result["cache_read_tokens"]:
            attributes[names.USAGE_CACHE_READ_TOKENS] = result["cache_read_tokens"]
        if result["cache_write_tokens"]:
            attributes[names.USAGE_CACHE_CREATION_TOKENS] = result["cache_write_tokens"]
        if result["stop_reason"]:
            attributes[names.RESPONSE_FINISH_REASONS] = (result["stop_reason"],)
        if self._captures:
            attributes[names.OUTPUT_MESSAGES] = output_messages(result)
        call.span.set_attributes(self._clean(attributes))
        self._metrics.tokens.record(result["input_tokens"], metric | {names.TOKEN_TYPE: names.INPUT})
        self._metrics.tokens.record(result["output_tokens"], metric | {names.TOKEN_TYPE: names.OUTPUT})
        self._end(call, metric)

    def _fail(self, call_id: str, category: Category, error: str, more: Attributes) -> None:
        call = self._calls.pop(call_id, None)
        if call is None:
            return
        kind = names.OTHER_ERROR if category is Category.GENERIC else category.value
        call.span.set_attributes({names.ERROR_TYPE: kind, **more})
        call.span.set_status(StatusCode.ERROR, self._secrets.redacted(error))
        self._end(call, call.metric | {names.ERROR_TYPE: kind})

    def _end_stream(self, event: StreamEnded) -> None:
        if event.error:
            message = event.error.removeprefix("Thrown: ")
            self._fail(event.call_id, classify_message(message), event.error, {})
            return
        call = self._calls.pop(event.call_id, None)
        if call is not None:
            self._end(call, call.metric)

    def _end(self, call: _Open, metric: Attributes) -> None:
        self._metrics.duration.record(self._clock.monotonic() - call.started, metric)
        call.span.end(self._now())

    # --- agents and tools -----------------------------------------------------------------------------------------------

    def _start_agent(self, event: AgentStarted) -> None:
        attributes: Attributes = {
            names.OPERATION_NAME: names.INVOKE_AGENT,
            names.AGENT_ID: event.agent_id,
            names.AGENT_NAME: event.name,
        }
        self._agents[event.agent_id] = self._tracer.start_span(
            f"{names.INVOKE_AGENT} {event.name}",
            self._inside(event.parent_id),
            SpanKind.INTERNAL,
            self._clean(attributes),
            start_time=self._now(),
        )

    def _record_tool(self, event: ToolExecuted) -> None:
        attributes: Attributes = {
            names.OPERATION_NAME: names.EXECUTE_TOOL,
            names.TOOL_NAME: event.tool_name,
            names.TOOL_CALL_ID: event.tool_use_id,
            names.HARN_ITERATION: event.iteration,
        }
        if self._captures:
            attributes[names.TOOL_CALL_ARGUMENTS] = compact_json(event.arguments)
            attributes[names.TOOL_CALL_RESULT] = compact_json(event.result)
        now = self._now()
        span = self._tracer.start_span(
            f"{names.EXECUTE_TOOL} {event.tool_name}",
            self._inside(event.agent_id),
            SpanKind.INTERNAL,
            self._clean(attributes),
            start_time=now - event.duration_ms * 1_000_000,
        )
        if event.status != "ok":
            span.set_attribute(names.ERROR_TYPE, event.status)
            span.set_status(StatusCode.ERROR)
        span.end(now)

    # --- what all have in common ----------------------------------------------------------------------------------------

    def _inside(self, agent_id: str | None) -> Context:
        """The context of a span that belongs to an agent, or to the run."""
        parent = self._root if agent_id is None else self._agents.get(agent_id, self._root)
        return trace.set_span_in_context(parent, Context())

    def _clean(self, attributes: Attributes) -> Attributes:
        """attributes without keys of providers."""
        return {
            name: self._secrets.redacted(value) if isinstance(value, str) else value
            for name, value in attributes.items()
        }

    def _now(self) -> int:
        return int(self._clock.wall() * 1_000_000_000)


class _Metrics:
    """The histograms of the conventions for clients."""

    def __init__(self, meter: Meter) -> None:
        self.tokens = meter.create_histogram(
            names.TOKEN_USAGE,
            "{token}",
            "Number of input and output tokens used.",
            explicit_bucket_boundaries_advisory=names.TOKEN_BOUNDS,
        )
        self.duration = meter.create_histogram(
            names.OPERATION_DURATION,
            "s",
            "GenAI operation duration.",
            explicit_bucket_boundaries_advisory=names.SECONDS_BOUNDS,
        )
        self.first_chunk = meter.create_histogram(
            names.TIME_TO_FIRST_CHUNK,
            "s",
            "Time to receive the first chunk.",
            explicit_bucket_boundaries_advisory=names.CHUNK_SECONDS_BOUNDS,
        )
        self.chunk = meter.create_histogram(
            names.TIME_PER_OUTPUT_CHUNK,
            "s",
            "Time per output chunk after the first one.",
            explicit_bucket_boundaries_advisory=names.CHUNK_SECONDS_BOUNDS,
        )


def _requested(options: LlmOptions, streams: bool) -> Attributes:
    given: Mapping[str, AttributeValue | None] = {
        names.OUTPUT_TYPE: "json" if options.structured.expected else "text",
        names.REQUEST_MAX_TOKENS: options.max_tokens,
        names.REQUEST_TEMPERATURE: options.temperature,
        names.REQUEST_TOP_P: options.top_p,
        names.REQUEST_TOP_K: options.top_k,
        names.REQUEST_STOP_SEQUENCES: tuple(options.stop) if options.stop else None,
        names.REQUEST_SEED: options.seed,
        names.REQUEST_FREQUENCY_PENALTY: options.frequency_penalty,
        names.REQUEST_PRESENCE_PENALTY: options.presence_penalty,
        names.REQUEST_STREAM: streams,
    }
    return {name: value for name, value in given.items() if value is not None}


def _parent_of_the_process(env: Environment) -> Context:
    """The span that whoever started this process was in, if it said so."""
    carrier = {"traceparent": env(names.TRACE_PARENT) or "", "tracestate": env(names.TRACE_STATE) or ""}
    return TraceContextTextMapPropagator().extract({key: value for key, value in carrier.items() if value}, Context())


class _Problems(logging.Handler):
    """Says the first problem that OpenTelemetry reports, in one line and without its traceback."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say: Callable[[str], None] | None = say

    def emit(self, record: logging.LogRecord) -> None:
        """Say it unless something was said before."""
        say, self._say = self._say, None
        if say is not None:
            say(f"telemetry: {record.getMessage()[:_SHOWN_CHARACTERS].splitlines()[0]}")


def _report_problems(say: Callable[[str], None]) -> None:
    logger = logging.getLogger("opentelemetry")
    logger.propagate = False
    logger.handlers = [_Problems(say)]
