"""Events of model calls and the bus that carries them: whatever watches calls subscribes here.

Trace log, transcripts, cost, spans, progress and host notifications are subscribers; what makes a call knows none of
them. No event holds a key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from harnpy.llm.deltas import RawResult
from harnpy.llm.options import LlmOptions
from harnpy.vm.errors import Category

if TYPE_CHECKING:
    from harnpy.llm.agent_events import AgentEvent


class Status(Enum):
    """How one attempt of a call ended."""

    OK = "ok"
    RETRYING = "retrying"
    RETRIES_EXHAUSTED = "retries_exhausted"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CallStarted:
    """An attempt begins. attempt counts from 0; iteration is the turn of an agent loop, None outside of one.

    span_id is the innermost span that the program's own tracing has open, agent_id the agent that makes the call,
    retry_of the call_id of the attempt before.
    """

    call_id: str
    options: LlmOptions
    attempt: int
    iteration: int | None
    span_id: int | None = None
    agent_id: str | None = None
    retry_of: str | None = None


@dataclass(frozen=True, slots=True)
class CallDelta:
    """A piece of a streamed answer; one of text and thinking is "". A later retry makes the pieces void."""

    call_id: str
    text: str
    thinking: str


@dataclass(frozen=True, slots=True)
class CallSucceeded:
    call_id: str
    options: LlmOptions
    attempt: int
    iteration: int | None
    duration_ms: int
    result: RawResult
    span_id: int | None = None
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class CallFailed:
    """An attempt failed. error is the text form; wait_ms is the time until the next attempt, None if there is none.

    partial_text is what of the visible answer had arrived; the answer itself is void.
    """

    call_id: str
    options: LlmOptions
    attempt: int
    iteration: int | None
    duration_ms: int
    status: Status
    error: str
    retryable: bool
    wait_ms: int | None
    category: Category = Category.GENERIC
    partial_text: str = ""


@dataclass(frozen=True, slots=True)
class CallCancelled:
    """An attempt was given up by the program: its task was cancelled, a deadline passed, or the program ends."""

    call_id: str


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """An `llm_stream` begins; its pieces are CallDelta events. Sent only while somebody watches pieces."""

    call_id: str
    options: LlmOptions
    span_id: int | None = None
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """An `llm_stream` is over. error is the text form of its failure, "" for none.

    complete says that it came to its own end: neither failed nor left by its reader. from_provider is false where the
    mock provider or a recording had the pieces ready.
    """

    call_id: str
    options: LlmOptions
    chunks: tuple[str, ...]
    error: str
    complete: bool
    from_provider: bool = True


@dataclass(frozen=True, slots=True)
class CompletionSucceeded:
    """An `llm_completion` has its answer; it is in the trace log, though it is no observed call (section 21.1)."""

    options: LlmOptions
    duration_ms: int
    result: RawResult


@dataclass(frozen=True, slots=True)
class SchemaRetry:
    """A structured answer did not conform and the model is asked again; attempt counts these from 1."""

    attempt: int
    errors: tuple[str, ...]
    nudge_used: bool


Event: TypeAlias = (
    "CallStarted | CallDelta | CallSucceeded | CallFailed | CallCancelled | StreamStarted | StreamEnded "
    "| CompletionSucceeded | SchemaRetry | AgentEvent"
)
Subscriber: TypeAlias = "Callable[[Event], None]"
_Subscription: TypeAlias = "tuple[Subscriber, bool, Collection[type[Event]] | None]"


class EventBus:
    """Hands every event to everybody who wants events of its type, in order of subscription, before emit returns."""

    def __init__(self) -> None:
        self._subscriptions: tuple[_Subscription, ...] = ()
        self._by_type: dict[type[Event], tuple[Subscriber, ...]] = {}

    @property
    def watched(self) -> bool:
        """Whether anybody wants pieces of answers; they are not even put into events otherwise."""
        return self.wants(CallDelta)

    def wants(self, kind: type[Event]) -> bool:
        """Whether anybody wants events of a type; who makes many of them asks before."""
        return bool(self._subscribers(kind))

    def subscribe(
        self, subscriber: Subscriber, *, deltas: bool = True, only: Collection[type[Event]] | None = None
    ) -> None:
        """Tell subscriber of events from now on: of every one, without deltas of all but pieces of answers; with only
        of those of these types.
        """
        self._set((*self._subscriptions, (subscriber, deltas, only)))

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._set(tuple(each for each in self._subscriptions if each[0] is not subscriber))

    def emit(self, event: Event) -> None:
        for subscriber in self._subscribers(type(event)):
            subscriber(event)

    def _subscribers(self, kind: type[Event]) -> tuple[Subscriber, ...]:
        found = self._by_type.get(kind)
        if found is None:
            found = self._by_type[kind] = tuple(
                subscriber
                for subscriber, deltas, only in self._subscriptions
                if (kind in only if only is not None else deltas or kind is not CallDelta)
            )
        return found

    def _set(self, subscriptions: tuple[_Subscription, ...]) -> None:
        self._subscriptions = subscriptions
        self._by_type = {}
