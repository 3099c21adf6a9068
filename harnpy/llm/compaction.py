"""Shortening a list of messages: old ones are archived and one message in front says what they were about (chapter 11
section 27.1, chapter 12 section 12.10).

It knows lists of messages and what summarizes them, neither transcripts nor fibers. Lists and messages are values: a
new list is made and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.compaction_summaries import (
    Mask,
    is_summary,
    masked,
    summarized,
    summary_question,
    truncated,
    truncated_for_lack_of_summary,
)
from harnpy.llm.token_estimate import BYTES_PER_TOKEN, estimate_tokens
from harnpy.llm.tool_exchanges import whole_exchange_split
from harnpy.llm.transcript import message_role
from harnpy.vm.compare import utf8_length
from harnpy.vm.errors import runtime_error
from harnpy.vm.values import Value


class Strategy(Enum):
    """How archived messages are summarized."""

    LLM = "llm"
    TRUNCATE = "truncate"
    CUSTOM = "custom"
    OBSERVATION_MASK = "observation_mask"


@dataclass(frozen=True, slots=True)
class CompactionSettings:
    """keep_last messages stay at least as a rule: no tool result is kept without its call, and tool work not without
    the user message that it is for.

    Limits of tokens are estimates. What exceeds hard_limit_tokens after compaction has its summary summarized again
    with hard_limit_strategy. tool_output_max_chars is the length in bytes that agent loops cut tool results to.
    """

    keep_last: int = 12
    strategy: Strategy = Strategy.OBSERVATION_MASK
    token_threshold: int = 48_000
    tool_output_max_chars: int = 16_000
    hard_limit_tokens: int | None = None
    hard_limit_strategy: Strategy = Strategy.LLM

    def due(self, messages: list[Value], system: str = "") -> bool:
        """Whether messages and system prompt are estimated to be beyond the threshold."""
        return estimate_tokens(messages) + utf8_length(system) // BYTES_PER_TOKEN > self.token_threshold


@dataclass(frozen=True, slots=True)
class Summarizers:
    """What the strategies need from outside: ask gives a model's answer to a question, custom the program's own
    summary of archived messages. mask is optional.
    """

    ask: Callable[[str], str]
    custom: Callable[[list[Value]], str]
    mask: Mask | None = None


@dataclass(frozen=True, slots=True)
class Compacted:
    """The new list, which begins with the summary, and how many messages that stands for."""

    messages: list[Value]
    summary: str
    archived: int


def strategy_of(name: str) -> Strategy:
    """The strategy of that name. Raises the runtime error for unknown ones."""
    try:
        return Strategy(name)
    except ValueError:
        expected = "expected 'llm', 'truncate', 'custom', or 'observation_mask'"
        raise runtime_error(f"unknown compact_strategy '{name}' ({expected})") from None


def compact_messages(messages: list[Value], settings: CompactionSettings, summarizers: Summarizers) -> Compacted | None:
    """The messages compacted, however many tokens they are; None if there is nothing to archive.

    Raises what the summarizers raise.
    """
    split = split_point(messages, settings.keep_last)
    if split == 0:
        return None
    archived, kept = messages[:split], messages[split:]
    summary = _summary(archived, split, settings.strategy, summarizers, summarizers.mask)
    compacted = [_summary_message(summary), *kept]
    if settings.hard_limit_tokens is not None and estimate_tokens(compacted) > settings.hard_limit_tokens:
        summary = _summary(compacted[:1], split, settings.hard_limit_strategy, summarizers, None)
        compacted = [_summary_message(summary), *kept]
    return Compacted(compacted, summary, split)


def split_point(messages: Sequence[Value], keep_last: int) -> int:
    """How many messages to archive. The first that is kept is a user message if possible, as is the one in front of
    the first tool work that is kept, and no tool result is parted from its call.
    """
    split = len(messages) - keep_last
    if split <= 0:
        return 0
    if keep_last == 0:
        return split
    # To archive nothing but the summary of what is archived already would shorten nothing, turn after turn.
    least = 2 if is_summary(messages[0]) else 1
    split = _last_user_message(messages, least, split) or split
    work = next((index for index in range(split, len(messages)) if _is_tool_work(messages[index])), None)
    if work is not None:
        split = _last_user_message(messages, least, work - 1) or split
    return whole_exchange_split(messages, split)


def _last_user_message(messages: Sequence[Value], first: int, last: int) -> int:
    """The index of the last user message from index first to index last; 0 if there is none."""
    return next((index for index in range(last, first - 1, -1) if message_role(messages[index]) == "user"), 0)


def _is_tool_work(message: Value) -> bool:
    return type(message) is dict and (
        message.get("role") == "tool" or message.get("tool_calls") is not None or message.get("reasoning") is not None
    )


def _summary_message(summary: str) -> dict[str, Value]:
    return {"role": "user", "content": summary}


def _summary(archived: list[Value], count: int, strategy: Strategy, summarizers: Summarizers, mask: Mask | None) -> str:
    match strategy:
        case Strategy.OBSERVATION_MASK:
            return masked(archived, count, mask)
        case Strategy.TRUNCATE:
            return truncated(archived, count)
        case Strategy.LLM:
            answer = summarizers.ask(summary_question(archived, count)).strip(WHITE_SPACE)
            return summarized(answer, count) if answer else truncated_for_lack_of_summary(archived, count)
        case Strategy.CUSTOM:
            text = summarizers.custom(archived)
            return summarized(text, count) if text.strip(WHITE_SPACE) else truncated(archived, count)
