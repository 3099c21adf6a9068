"""The turn runner: one streamed answer of a model for programs that embed harnpy (chapter 11 section 29).

A provider opens streams of typed chunks; the runner adds retries, cancellation, accumulation and the accounting of
usage. It is independent of the builtins (`llm_call` has retry rules of its own), of Harn values and of HTTP; clock,
chance, spans and the cancel signal are handed in.

    runner = TurnRunner(provider, emit=show, cancel=stop, max_retries=3)
    result = await runner.run(TurnRequest("model-1", messages, system="Be brief."))
    messages.append(result.message)

What a provider's error asks for, by its hint:

| Hint                | Meaning                                    | Delay before the next attempt                    |
|---------------------|--------------------------------------------|--------------------------------------------------|
| NoRetry             | permanent                                  | none: fail now                                   |
| RetryImmediately    | try again at once                          | 0                                                |
| RetryAfter(s)       | the provider named a delay                 | s seconds, as given, uncapped                    |
| RetryWithBackoff    | transient, no delay known                  | 0.5, 1, 2, 4, 8, 16, 16, ... s ±25 %, at most 16 |
| RetryAfterAction(a) | worth another try once action a was taken  | 0                                                |

What a chunk does:

| Chunk             | Effect                                                                                        |
|-------------------|-----------------------------------------------------------------------------------------------|
| MessageStart      | none                                                                                          |
| TextChunk         | appended to the text; event AssistantText with this fragment                                  |
| ThinkingChunk     | appended to the thinking; event AssistantThought with this fragment                           |
| ThinkingSignature | remembered, the last one wins; no event                                                       |
| ToolUseStart      | a new tool use with empty arguments                                                           |
| ToolUseArguments  | appended to the arguments of the first tool use with that id; unknown ids are ignored         |
| ToolUseEnd        | none                                                                                          |
| StopChunk         | the reason is remembered, the last one wins; reading goes on, since usage may follow          |
| UsageChunk        | added to the usage of the call and of the turn                                                |
"""

from __future__ import annotations

import asyncio
import logging
import random as _random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias, TypeVar

from harnpy.llm.turn_types import (
    AssistantMessage,
    AssistantText,
    AssistantThought,
    CancelSignal,
    Chunk,
    ChunkStream,
    Json,
    LlmCallFinished,
    LlmCallStarted,
    NoRetry,
    Part,
    Provider,
    ProviderError,
    RetryAfter,
    RetryHint,
    RetryWithBackoff,
    StopChunk,
    StopReason,
    TextChunk,
    TextPart,
    ThinkingChunk,
    ThinkingPart,
    ThinkingSignature,
    TokenUsage,
    ToolUse,
    ToolUseArguments,
    ToolUsePart,
    ToolUseStart,
    TurnEvent,
    TurnRequest,
    UsageChunk,
)

T = TypeVar("T")

Emit: TypeAlias = Callable[[TurnEvent], Awaitable[None]]
OpenSpan: TypeAlias = Callable[[str, Mapping[str, Json]], AbstractContextManager[object]]

DEFAULT_MAX_RETRIES = 3

_BACKOFF_START_NS = 500_000_000
_BACKOFF_CAP_NS = 16_000_000_000
_JITTER = 0.25
_MAX_DOUBLINGS = 20

_LOG = logging.getLogger(__name__)


class _Mark(Enum):
    CANCELLED = "cancelled"
    END = "end"


@dataclass(slots=True)
class TurnState:
    """What a turn adds up over its calls. request_count counts every request sent, failed ones included."""

    request_count: int = 0
    usage: TokenUsage = field(default_factory=TokenUsage)


@dataclass(slots=True)
class DrainOutcome:
    """What a stream gave until it ended or was cancelled. stop is END_TURN unless saw_stop."""

    text_fragments: list[str] = field(default_factory=list)
    thinking_fragments: list[str] = field(default_factory=list)
    signature: str | None = None
    tool_uses: list[ToolUse] = field(default_factory=list)
    stop: StopReason = StopReason.END_TURN
    saw_stop: bool = False
    usage: TokenUsage = field(default_factory=TokenUsage)
    cancelled: bool = False

    @property
    def text(self) -> str:
        return "".join(self.text_fragments)

    @property
    def thinking(self) -> str:
        return "".join(self.thinking_fragments)

    def message(self) -> AssistantMessage:
        """The answer as a message: thinking if there is any or a signature, text if there is any, then the tool uses.

        Tool uses stand in the order of their starts, with {} for arguments that are not JSON.
        """
        parts: list[Part] = []
        text, thinking = self.text, self.thinking
        if thinking or self.signature is not None:
            parts.append(ThinkingPart(thinking, self.signature))
        if text:
            parts.append(TextPart(text))
        parts += [ToolUsePart(use.id, use.name, _arguments(use)) for use in self.tool_uses]
        return AssistantMessage(tuple(parts))


@dataclass(frozen=True, slots=True)
class TurnResult:
    """A finished or cancelled call. attempts is the number of the attempt that gave the answer, 0 if none was made."""

    outcome: DrainOutcome
    attempts: int

    @property
    def message(self) -> AssistantMessage:
        return self.outcome.message()


class TurnRunner:
    """Runs calls of one turn.

    emit gets the events, in order, and is awaited. cancel ends every wait; without one nothing does. max_retries is
    how many attempts may follow a failed one. sleep waits for seconds, random gives numbers from 0 up to but not
    including 1, span opens a span by name and attributes. state adds up over the calls of the turn.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        emit: Emit,
        cancel: CancelSignal | None = None,
        max_retries: int = DEFAULT_MAX_RETRIES,
        sleep: Callable[[float], Coroutine[object, object, object]] = asyncio.sleep,
        random: Callable[[], float] = _random.random,
        span: OpenSpan | None = None,
        state: TurnState | None = None,
    ) -> None:
        self._provider = provider
        self._emit = emit
        self._cancel: CancelSignal = asyncio.Event() if cancel is None else cancel
        self._allowed = max(1, max_retries + 1)
        self._sleep = sleep
        self._random = random
        self._span = span or _no_span
        self.state = state if state is not None else TurnState()

    async def run(self, request: TurnRequest) -> TurnResult:
        """Make one call: open its stream, with retries, and drain it.

        Cancelled, it returns what had arrived. Raises the ProviderError of the last attempt to open the stream, or the
        one inside the stream, which is never retried since part of the answer has been shown.
        """
        stream, attempt = await self.open(request)
        try:
            outcome = await self.drain(stream)
        except ProviderError as error:
            usage = error.partial.usage if error.partial is not None else TokenUsage()
            await self._emit(LlmCallFinished(request.model, attempt, usage, str(error)))
            raise
        if attempt:
            await self._emit(LlmCallFinished(request.model, attempt, outcome.usage))
        return TurnResult(outcome, attempt)

    async def open(self, request: TurnRequest) -> tuple[ChunkStream, int]:
        """Send request until a stream opens; the stream and the number of the attempt, from 1, that opened it.

        Cancelled before that, the stream is empty and the number is that of the attempts so far. Raises the
        ProviderError of the last attempt allowed, or of the first that is permanent.
        """
        attempt = 0
        while not self._cancel.is_set():
            attempt += 1
            self.state.request_count += 1
            attributes = {"vendor": self._provider.vendor, "model": request.model, "attempt": attempt}
            with self._span("llm_call", attributes):
                stream = await self._attempt(request, attempt)
            if stream is not None:
                return stream, attempt
        return _empty_stream(), attempt

    async def drain(self, stream: ChunkStream) -> DrainOutcome:
        """Read stream to its end and put its chunks together. Cancelled, it returns what had arrived.

        The stream is closed in any case. Raises the ProviderError of the stream, with what had arrived as `partial`.
        """
        outcome = DrainOutcome()
        try:
            while True:
                chunk = await self._unless_cancelled(_next(stream))
                if chunk is _Mark.CANCELLED:
                    outcome.cancelled = True
                    return outcome
                if chunk is _Mark.END:
                    return outcome
                await self._take(chunk, outcome)
        except ProviderError as error:
            error.partial = outcome
            raise
        finally:
            await _close(stream)

    async def _attempt(self, request: TurnRequest, attempt: int) -> ChunkStream | None:
        """One attempt; None if another one is to follow, or if the turn was cancelled."""
        messages = tuple(request.messages)
        await self._emit(LlmCallStarted(request.model, attempt, request.system, messages))
        try:
            stream = await self._unless_cancelled(self._provider.complete(request, self._cancel), _close)
        except ProviderError as error:
            await self._emit(LlmCallFinished(request.model, attempt, TokenUsage(), str(error)))
            await self._wait_after(error, attempt)
            return None
        return _empty_stream() if stream is _Mark.CANCELLED else stream

    async def _wait_after(self, error: ProviderError, attempt: int) -> None:
        """Wait as the hint of a failed attempt asks, or until cancelled. Raises error if no other attempt may follow."""
        fields: dict[str, Json] = {"error": str(error), "hint": error.hint}
        delay = retry_delay(error.hint, attempt, self._random)
        if attempt >= self._allowed or delay is None:
            _LOG.warning("llm call failed permanently", extra=fields)
            raise error
        _LOG.info("llm call failed, retrying after delay", extra={**fields, "delay_ms": int(delay * 1000)})
        await self._unless_cancelled(self._sleep(delay))

    async def _take(self, chunk: Chunk, outcome: DrainOutcome) -> None:
        match chunk:
            case TextChunk(text):
                outcome.text_fragments.append(text)
                await self._emit(AssistantText(text))
            case ThinkingChunk(text):
                outcome.thinking_fragments.append(text)
                await self._emit(AssistantThought(text))
            case ThinkingSignature(signature):
                outcome.signature = signature
            case ToolUseStart(identifier, name):
                outcome.tool_uses.append(ToolUse(identifier, name))
            case ToolUseArguments(identifier, fragment):
                for use in outcome.tool_uses:
                    if use.id == identifier:
                        use.fragments.append(fragment)
                        break
            case StopChunk(reason):
                outcome.stop = reason
                outcome.saw_stop = True
            case UsageChunk(usage):
                outcome.usage += usage
                self.state.usage += usage

    async def _unless_cancelled(
        self, work: Coroutine[object, object, T], discard: Callable[[T], Awaitable[None]] | None = None
    ) -> T | Literal[_Mark.CANCELLED]:
        """The result of work, or CANCELLED, which wins whenever both are there; discard gets a result that lost."""
        if self._cancel.is_set():
            work.close()
            return _Mark.CANCELLED
        task = asyncio.ensure_future(work)
        signal = asyncio.ensure_future(_wait_for(self._cancel))
        try:
            await asyncio.wait((task, signal), return_when=asyncio.FIRST_COMPLETED)
            if not self._cancel.is_set():
                return task.result()
        finally:
            signal.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))
                if not task.cancelled():
                    task.exception()  # somebody has looked at it, or asyncio complains
        if not task.cancelled() and task.exception() is None and discard is not None:
            await discard(task.result())
        return _Mark.CANCELLED


def retry_delay(hint: RetryHint, attempt: int, random: Callable[[], float]) -> float | None:
    """The seconds to wait after attempt, counted from 1, has failed with hint; None if it must not be repeated."""
    match hint:
        case NoRetry():
            return None
        case RetryAfter(seconds):
            return seconds
        case RetryWithBackoff():
            return backoff_delay(attempt, random)
    return 0.0


def backoff_delay(attempt: int, random: Callable[[], float]) -> float:
    """The seconds to wait after attempt, counted from 1: doubled each time from 0.5 to 16, ±25 %, never above 16."""
    base = min(_BACKOFF_START_NS << min(max(attempt - 1, 0), _MAX_DOUBLINGS), _BACKOFF_CAP_NS)
    jittered = round(base * (1 - _JITTER + 2 * _JITTER * random()))
    return max(0, min(jittered, _BACKOFF_CAP_NS)) / 1e9


def _arguments(use: ToolUse) -> Json:
    try:
        return use.parsed()
    except ValueError:
        return {}


async def _next(stream: ChunkStream) -> Chunk | Literal[_Mark.END]:
    try:
        return await anext(stream)
    except StopAsyncIteration:
        return _Mark.END


async def _wait_for(signal: CancelSignal) -> None:
    await signal.wait()


async def _close(stream: ChunkStream) -> None:
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


async def _empty_stream() -> ChunkStream:
    return
    yield  # makes this a generator, of nothing


def _no_span(name: str, attributes: Mapping[str, Json]) -> AbstractContextManager[object]:
    return nullcontext()
