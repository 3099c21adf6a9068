"""Events of model calls and the bus that carries them: whatever watches calls subscribes here.

Trace log, transcripts, cost, spans, progress and host notifications are subscribers; what makes a call knows none of
them. No event holds a key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from harnpy.llm.deltas import RawResult
from harnpy.llm.options import LlmOptions


class Status(Enum):
    """How one attempt of a call ended."""

    OK = "ok"
    RETRYING = "retrying"
    RETRIES_EXHAUSTED = "retries_exhausted"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CallStarted:
    """An attempt begins. attempt counts from 0; iteration is the turn of an agent loop, None outside of one."""

    call_id: str
    options: LlmOptions
    attempt: int
    iteration: int | None


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
    partial_text: str = ""


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


Event: TypeAlias = CallStarted | CallDelta | CallSucceeded | CallFailed | CompletionSucceeded | SchemaRetry
Subscriber: TypeAlias = Callable[[Event], None]


class EventBus:
    """Hands every event to every subscriber, in order of subscription, before emit returns."""

    def __init__(self) -> None:
        self._subscribers: tuple[Subscriber, ...] = ()

    @property
    def watched(self) -> bool:
        """Whether there is anybody to tell; pieces of answers are not even put into events otherwise."""
        return bool(self._subscribers)

    def subscribe(self, subscriber: Subscriber) -> None:
        self._subscribers = (*self._subscribers, subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._subscribers = tuple(each for each in self._subscribers if each is not subscriber)

    def emit(self, event: Event) -> None:
        for subscriber in self._subscribers:
            subscriber(event)
