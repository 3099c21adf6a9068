"""What a streaming turn is made of: chunks, usage, errors with retry hints, messages, events (chapter 11 section 29).

These are the types at the border between the turn runner (turn.py) and whoever embeds it: a provider yields chunks
and raises ProviderError, a listener gets events. Nothing here knows Harn values, HTTP or a provider's wire format.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from harnpy.llm.turn import DrainOutcome

# What json.loads returns.
Json: TypeAlias = Any


class StopReason(Enum):
    """Why a model stopped, in one vocabulary for all providers. END_TURN also stands for a reason nobody gave."""

    END_TURN = "end_turn"
    TOOL_USE = "tool_use"
    MAX_TOKENS = "max_tokens"
    STOP_SEQUENCE = "stop_sequence"
    REFUSAL = "refusal"

    @classmethod
    def from_wire(cls, reason: str | None) -> StopReason:
        """The reason that a provider spells so; END_TURN for None and for words that are not known."""
        return _WIRE_REASONS.get(reason or "", cls.END_TURN)


_WIRE_REASONS = {
    **{reason.value: reason for reason in StopReason},
    "content_filter": StopReason.REFUSAL,
    "function_call": StopReason.TOOL_USE,
    "length": StopReason.MAX_TOKENS,
    "stop": StopReason.END_TURN,
    "tool_calls": StopReason.TOOL_USE,
}


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Token counts; None is unknown, which is not zero."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None

    def __add__(self, other: TokenUsage) -> TokenUsage:
        """Field by field: the sum of what is known, unknown where neither is known."""
        return TokenUsage(
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
            _sum(self.cache_read_input_tokens, other.cache_read_input_tokens),
            _sum(self.cache_creation_input_tokens, other.cache_creation_input_tokens),
        )

    @property
    def real_input_tokens(self) -> int | None:
        """What occupied the context: input, cache reads and cache writes; None only if all three are unknown."""
        return _sum(_sum(self.input_tokens, self.cache_read_input_tokens), self.cache_creation_input_tokens)


# --- chunks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageStart:
    """The answer begins."""


@dataclass(frozen=True, slots=True)
class TextChunk:
    text: str


@dataclass(frozen=True, slots=True)
class ThinkingChunk:
    text: str


@dataclass(frozen=True, slots=True)
class ThinkingSignature:
    """The provider's seal on the thinking so far, which it wants back with the message; the last one counts."""

    signature: str


@dataclass(frozen=True, slots=True)
class ToolUseStart:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolUseArguments:
    """A fragment of the JSON text of the arguments of the tool use with this id."""

    id: str
    fragment: str


@dataclass(frozen=True, slots=True)
class ToolUseEnd:
    id: str


@dataclass(frozen=True, slots=True)
class StopChunk:
    """Why the model stopped. The stream may go on, usually with usage."""

    reason: StopReason


@dataclass(frozen=True, slots=True)
class UsageChunk:
    """Counts to be added to those reported so far."""

    usage: TokenUsage


Chunk: TypeAlias = (
    MessageStart
    | TextChunk
    | ThinkingChunk
    | ThinkingSignature
    | ToolUseStart
    | ToolUseArguments
    | ToolUseEnd
    | StopChunk
    | UsageChunk
)
ChunkStream: TypeAlias = AsyncIterator[Chunk]


# --- messages --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ThinkingPart:
    text: str
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str


@dataclass(frozen=True, slots=True)
class ToolUsePart:
    id: str
    name: str
    arguments: Json


Part: TypeAlias = ThinkingPart | TextPart | ToolUsePart


@dataclass(frozen=True, slots=True)
class AssistantMessage:
    """An answer as a message of the conversation; content may be empty."""

    content: tuple[Part, ...]
    role: str = "assistant"


@dataclass(slots=True)
class ToolUse:
    """A tool use as it is put together from fragments of the JSON text of its arguments."""

    id: str
    name: str
    fragments: list[str] = field(default_factory=list)

    @property
    def arguments(self) -> str:
        """The JSON text so far."""
        return "".join(self.fragments)

    def parsed(self) -> Json:
        """The arguments as a value: {} for nothing but white space, else whatever JSON value the text is.

        Raises ValueError, whose text says what is wrong with the JSON.
        """
        return parse_arguments(self.arguments)


def parse_arguments(text: str) -> Json:
    """The value of a buffer of tool arguments, see ToolUse.parsed. Raises ValueError."""
    return json.loads(text, parse_constant=_reject) if text.strip() else {}


# --- requests and errors ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What the model is asked. The messages and options are the provider's business; the runner only shows them."""

    model: str
    messages: Sequence[Json]
    system: str | None = None
    options: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoRetry:
    """Permanent: fail now."""


@dataclass(frozen=True, slots=True)
class RetryImmediately:
    """Try again at once."""


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """The provider named a delay, which is kept to as given, uncapped."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RetryWithBackoff:
    """Transient, no delay known."""


@dataclass(frozen=True, slots=True)
class RetryAfterAction:
    """Worth another try once the layer that knows action has taken it; the runner itself waits for nothing."""

    action: str


RetryHint: TypeAlias = NoRetry | RetryImmediately | RetryAfter | RetryWithBackoff | RetryAfterAction


class ProviderError(Exception):
    """A failure of a provider. How it assigns hints is its own affair; hint_for_category has a suggestion.

    partial is what had arrived when the error came out of a stream that had begun; None if nothing had.
    """

    def __init__(self, message: str, hint: RetryHint | None = None) -> None:
        super().__init__(message)
        self.hint: RetryHint = NoRetry() if hint is None else hint
        self.partial: DrainOutcome | None = None


def hint_for_category(category: str, retry_after: float | None = None, *, context_overflow: bool = False) -> RetryHint:
    """The hint for an error category of chapter 11 section 16.1.

    A context that is too long asks for the action `compact`; a known retry_after, in seconds, is kept to; transient
    categories back off; the others are permanent.
    """
    if context_overflow:
        return RetryAfterAction("compact")
    if category not in _TRANSIENT:
        return NoRetry()
    return RetryWithBackoff() if retry_after is None else RetryAfter(retry_after)


_TRANSIENT = frozenset(["rate_limit", "overloaded", "server_error", "transient_network", "timeout"])


class CancelSignal(Protocol):
    """What tells a turn to stop. asyncio.Event is one."""

    def is_set(self) -> bool:
        """Whether it has been given; it stays given."""
        ...

    async def wait(self) -> object:
        """Return once it is given."""
        ...


class Provider(Protocol):
    """Something that answers requests as streams of chunks."""

    @property
    def vendor(self) -> str:
        """Its name, for spans."""
        ...

    def complete(self, request: TurnRequest, cancel: CancelSignal) -> Coroutine[Any, Any, ChunkStream]:
        """Send request and return the stream of its answer as soon as it has begun.

        Raises ProviderError; so may the stream. Whoever stops reading closes the stream by its `aclose`, if it has one.
        """
        ...


# --- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LlmCallStarted:
    """A request is about to be sent. attempt counts from 1; system and messages are what is sent."""

    model: str
    attempt: int
    system: str | None
    messages: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class LlmCallFinished:
    """A request is over: it could not be opened (error is the text, usage empty), or its stream has been drained."""

    model: str
    attempt: int
    usage: TokenUsage
    error: str | None = None


@dataclass(frozen=True, slots=True)
class AssistantText:
    """One fragment of the visible answer."""

    text: str


@dataclass(frozen=True, slots=True)
class AssistantThought:
    """One fragment of the thinking."""

    text: str


TurnEvent: TypeAlias = LlmCallStarted | LlmCallFinished | AssistantText | AssistantThought


def _sum(first: int | None, second: int | None) -> int | None:
    if first is None or second is None:
        return first if second is None else second
    return first + second


def _reject(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
