"""The normal form of an answer, whole and in pieces, whatever the provider's wire format.

Decoders produce these, the accumulator puts pieces together, and everything above knows nothing else of a provider.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NotRequired, TypeAlias, TypedDict

from harnpy.llm.json_values import Json


class ToolCall(TypedDict):
    """A call that the model asks for. type is there on calls of the mock provider only."""

    id: str
    name: str
    arguments: Json
    type: NotRequired[str]


class RawResult(TypedDict):
    """A whole answer as plain data (section 11): it passes the effect seam and can be written down.

    structured is the answer that came as arguments of the JSON tool (section 9.1). wire_content is the whole answer in
    the provider's own blocks; it is there if some of them are sealed by a signature that the provider wants back.
    limits are the headers of the reply that tell of rate limits.
    """

    text: str
    tool_calls: list[ToolCall]
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    model: str
    provider: str
    thinking: str | None
    stop_reason: str | None
    blocks: list[Json]
    structured: NotRequired[Json]
    wire_content: NotRequired[list[Json]]
    limits: NotRequired[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts that a provider reported; None is unknown, which is not zero."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None

    def updated(self, later: Usage) -> Usage:
        """These counts, replaced where a later report of the same answer knows better; 0 is not better."""
        return Usage(
            _later(self.input_tokens, later.input_tokens),
            _later(self.output_tokens, later.output_tokens),
            _later(self.cache_read_tokens, later.cache_read_tokens),
            _later(self.cache_write_tokens, later.cache_write_tokens),
        )


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Signature:
    """The provider's seal on the thinking before it, which ends with that."""

    signature: str


@dataclass(frozen=True, slots=True)
class RedactedThinking:
    """Thinking that the provider shows encrypted only, as one block of its own."""

    block: Json


@dataclass(frozen=True, slots=True)
class ToolStart:
    """A tool call begins. index tells the calls of one answer apart; id and name are "" where not yet known."""

    index: int
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolArguments:
    """A piece of the JSON text of a call's arguments."""

    index: int
    fragment: str


@dataclass(frozen=True, slots=True)
class WholeToolCall:
    """A tool call that arrives in one piece; id is "" where the provider gives none."""

    id: str
    name: str
    arguments: Json


@dataclass(frozen=True, slots=True)
class ModelReport:
    """The name that the server itself gives to the model that answers."""

    model: str


@dataclass(frozen=True, slots=True)
class UsageReport:
    usage: Usage


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the model stopped, as the provider spells it. The answer is complete, though usage may follow."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """The provider's own mark of the end: nothing follows."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The provider reports an error instead of going on. kind is its own word for it, "" if it has none."""

    kind: str
    message: str


Delta: TypeAlias = (
    TextDelta
    | ThinkingDelta
    | Signature
    | RedactedThinking
    | ToolStart
    | ToolArguments
    | WholeToolCall
    | ModelReport
    | UsageReport
    | Stop
    | Done
    | Failure
)


def count(value: Json) -> int | None:
    """A token count from a reply; None for anything that is not a finite number."""
    return int(value) if type(value) is int or (type(value) is float and math.isfinite(value)) else None


def cache_counts(usage: dict[str, Json]) -> tuple[int | None, int | None]:
    """The tokens read from and written to a cache that a `usage` object reports, under whichever names.

    Gateways put any provider's model behind any wire format, and keep their names of these counts.
    """
    details = usage.get("prompt_tokens_details")
    read = (
        usage.get("cache_read_input_tokens"),
        details.get("cached_tokens") if isinstance(details, dict) else None,
        usage.get("cache_read_tokens"),
        usage.get("cached_prompt_tokens"),
    )
    first = next((number for number in map(count, read) if number is not None), None)
    return first, count(usage.get("cache_creation_input_tokens"))


def _later(known: int | None, later: int | None) -> int | None:
    return later if later or known is None else known
