"""Compaction in agent loops and sessions: its options and its callbacks (chapter 12 section 12.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.builtins.white_space import WHITE_SPACE
from harnpy.llm.compaction import Compacted, CompactionSettings, Strategy, Summarizers, compact_messages
from harnpy.llm.compaction_builtins import chosen_strategy, closure_summarizer
from harnpy.llm.context import CallContext
from harnpy.llm.microcompact import compact_text
from harnpy.llm.options import LlmOptions, OptionReader
from harnpy.llm.plain_call import plain_answer, without_program_demands
from harnpy.vm.compare import utf8_length
from harnpy.vm.errors import HarnError, runtime_error, thrown
from harnpy.vm.values import Value, is_callable

if TYPE_CHECKING:
    from harnpy.llm.compaction_summaries import Mask
    from harnpy.vm.fiber import Fiber

_DEFAULTS = CompactionSettings()

_SESSION_CALLBACKS = ("custom_compactor", "mask_callback", "compress_callback")
_SESSION_KEYS = (
    "keep_last",
    "token_threshold",
    "tool_output_max_chars",
    "compact_strategy",
    "hard_limit_tokens",
    "hard_limit_strategy",
    *_SESSION_CALLBACKS,
)


@dataclass(frozen=True, slots=True)
class LoopCompaction:
    """Settings and callbacks; a callback that is None does nothing."""

    settings: CompactionSettings
    custom: Value = None
    mask: Value = None
    compress: Value = None

    def compact(self, fiber: Fiber, messages: list[Value], options: LlmOptions | None) -> Compacted | None:
        """The messages compacted; None if there is nothing to archive. options are those of the loop's model calls.

        Raises runtime errors of the callbacks, and the error of the model call.
        """

        def ask(question: str) -> str:
            if options is None:
                raise runtime_error("LLM transcript compaction requires active LLM call options")
            return plain_answer(CallContext(fiber), without_program_demands(options, question))

        custom = closure_summarizer(fiber, self.custom)
        return compact_messages(messages, self.settings, Summarizers(ask, custom, self._mask(fiber)))

    def shortened_output(self, fiber: Fiber, tool: str, output: str) -> str:
        """The result of a tool as the model sees it (section 12.5.4)."""
        limit = self.settings.tool_output_max_chars
        if utf8_length(output) <= limit:
            return output
        if is_callable(self.compress):
            try:
                shorter = fiber.call(self.compress, {"tool_name": tool, "output": output, "max_chars": limit})
            except HarnError:
                shorter = None  # a callback that fails must not fail the tool
            if type(shorter) is str and shorter:
                return shorter
        return compact_text(output, limit)

    def _mask(self, fiber: Fiber) -> Mask | None:
        callback = self.mask
        if callback is None:
            return None

        def mask(archived: list[Value]) -> list[str | None]:
            if not is_callable(callback):
                raise runtime_error("mask_callback must be a closure")
            answer = fiber.call(callback, archived)
            return [each if type(each) is str else None for each in answer] if type(answer) is list else []

        return mask


def read_loop_compaction(options: dict[str, Value]) -> LoopCompaction | None:
    """What the options of agent_loop ask for; None without `auto_compact`. Raises for an unknown strategy."""
    read = OptionReader(options)
    if not read.flag("auto_compact"):
        return None
    custom = options.get("compact_callback")
    settings = _settings(
        read,
        threshold="compact_threshold",
        keep_last="compact_keep_last",
        strategy=_DEFAULTS.strategy if custom is None else Strategy.CUSTOM,
    )
    return LoopCompaction(settings, custom, options.get("mask_callback"), options.get("compress_callback"))


def read_session_compaction(options: Mapping[str, Value]) -> LoopCompaction:
    """What the options of agent_session_compact ask for; a compactor does not make the strategy `custom` here.

    Throws for values of a wrong kind and for unknown keys; raises the runtime error for unknown strategies.
    """
    name = "agent_session_compact"
    read = OptionReader(options)
    keep_last = read.signed_integer("keep_last")
    if keep_last is not None and keep_last < 0:
        raise thrown(f"{name}: `keep_last` must be >= 0")
    for key in _SESSION_CALLBACKS:
        if read.has(key) and not is_callable(options[key]):
            raise thrown(f"{name}: `{key}` must be a closure")
    for key in sorted(options):
        if key not in _SESSION_KEYS:
            raise thrown(f"{name}: unknown option key '{key}' (expected one of: {', '.join(_SESSION_KEYS)})")
    settings = _settings(read, threshold="token_threshold", keep_last="keep_last", strategy=_DEFAULTS.strategy)
    custom, mask, compress = (options.get(key) for key in _SESSION_CALLBACKS)
    return LoopCompaction(settings, custom, mask, compress)


def joined_summary(old: str | None, new: str) -> str:
    """The summary of a transcript after one more compaction."""
    if old is None or not old.strip(WHITE_SPACE) or old == new:
        return new
    return f"{old}\n\n{new}"


def _settings(read: OptionReader, *, threshold: str, keep_last: str, strategy: Strategy) -> CompactionSettings:
    """The settings under the names that the caller has for some of them; strategy is what it does without being told."""

    def integer(key: str, default: int) -> int:
        given = read.integer(key)
        return default if given is None else given

    return CompactionSettings(
        keep_last=integer(keep_last, _DEFAULTS.keep_last),
        strategy=chosen_strategy(read, "compact_strategy", strategy),
        token_threshold=integer(threshold, _DEFAULTS.token_threshold),
        tool_output_max_chars=integer("tool_output_max_chars", _DEFAULTS.tool_output_max_chars),
        hard_limit_tokens=read.integer("hard_limit_tokens"),
        hard_limit_strategy=chosen_strategy(read, "hard_limit_strategy", _DEFAULTS.hard_limit_strategy),
    )
