"""`transcript_auto_compact` (chapter 11 section 27.1), and how a program's own summarizer is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harnpy.builtins.display_json import display_json
from harnpy.llm.calls import CALL_EFFECTS, call_options
from harnpy.llm.compaction import CompactionSettings, Strategy, Summarizers, compact_messages, strategy_of
from harnpy.llm.context import CallContext
from harnpy.llm.options import OptionReader
from harnpy.llm.plain_call import plain_answer, without_program_demands
from harnpy.vm.display import display
from harnpy.vm.errors import runtime_error
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value, is_callable

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

_DEFAULTS = CompactionSettings()


@builtin("transcript_auto_compact(messages: list, options: dict | nil = nil)", effects=CALL_EFFECTS)
def transcript_auto_compact(fiber: Fiber, messages: Value = None, options: Value = None) -> Value:
    """The messages with all but the last few replaced by one that summarizes them; unchanged if they are few.

    Options: `keep_last` (12 messages), `compact_strategy` (`observation_mask`, `truncate`, `llm` or `custom`),
    `compact_callback` (a closure that gets the old messages and returns their summary), and for `llm` those of
    llm_call. Raises runtime errors for what is no list, for unknown strategies and for a missing callback, and the
    error of the model call.
    """
    if type(messages) is not list:
        raise runtime_error("transcript_auto_compact: first argument must be a message list")
    read = OptionReader(options)

    def ask(question: str) -> str:
        context = CallContext(fiber)
        asked = call_options(context, question, None, options)
        return plain_answer(context, without_program_demands(asked, question))

    custom = closure_summarizer(fiber, read.options.get("compact_callback"))
    compacted = compact_messages(messages, _settings(read), Summarizers(ask, custom))
    return messages if compacted is None else compacted.messages


def closure_summarizer(fiber: Fiber, callback: Value) -> Callable[[list[Value]], str]:
    """What calls a program's own summarizer. That it is missing or cannot be called is an error when it is needed."""

    def summarize(archived: list[Value]) -> str:
        if callback is None:
            raise runtime_error("compact_callback is required when compact_strategy is 'custom'")
        if not is_callable(callback):
            raise runtime_error("compact_callback must be a closure when compact_strategy is 'custom'")
        return _summary_text(fiber.call(callback, archived))

    return summarize


def chosen_strategy(read: OptionReader, key: str, default: Strategy) -> Strategy:
    """The strategy that an option names. Raises the runtime error for unknown ones."""
    name = read.text(key)
    return default if name is None else strategy_of(name)


def _settings(read: OptionReader) -> CompactionSettings:
    keep_last = read.integer("keep_last")
    unless_named = Strategy.CUSTOM if read.has("compact_callback") else _DEFAULTS.strategy
    return CompactionSettings(
        keep_last=_DEFAULTS.keep_last if keep_last is None else keep_last,
        strategy=chosen_strategy(read, "compact_strategy", unless_named),
    )


def _summary_text(answer: Value) -> str:
    if type(answer) is dict:
        for key in ("summary", "text"):
            if answer.get(key) is not None:
                return display(answer[key])
    if answer is None:
        return ""
    return answer if type(answer) is str else display_json(answer, pretty=True)
