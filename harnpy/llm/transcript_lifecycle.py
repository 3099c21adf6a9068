"""Builtins that take a transcript from one state to the next, or shorten it (chapter 11 sections 26.6 and 26.7)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harnpy.llm.calls import CALL_EFFECTS, call_options
from harnpy.llm.context import CallContext
from harnpy.llm.options import OptionReader
from harnpy.llm.plain_call import plain_answer, user_message
from harnpy.llm.transcript import (
    ID_EFFECTS,
    Lifecycle,
    TranscriptParts,
    build,
    message_role,
    parts_of,
    require_transcript,
)
from harnpy.vm.display import display
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber

DEFAULT_KEEP_LAST = 6

_SUMMARY_PROMPT = (
    "Summarize the conversation below for a coding agent that continues the work without having seen it. Keep the "
    "goals, the constraints, the decisions that were made, the questions that are still open and the concrete next "
    "steps. Be brief, but leave out nothing that the agent needs."
)


@builtin("transcript_fork(transcript: dict, options: dict | nil = nil)", effects=ID_EFFECTS)
def transcript_fork(fiber: Fiber, transcript: Value = None, options: Value = None) -> Value:
    """A copy of a transcript in state `forked`, with the same id.

    Options: `retain_messages` and `retain_summary`, both true by default. Throws
    `transcript_fork: argument must be a transcript`.
    """
    parts = parts_of(require_transcript(transcript, "transcript_fork"))
    read = OptionReader(options)
    if read.has("retain_messages") and not read.flag("retain_messages"):
        parts = replace(parts, messages=[])
    if read.has("retain_summary") and not read.flag("retain_summary"):
        parts = replace(parts, summary=None)
    return _moved(fiber, parts, "forked", Lifecycle("transcript_fork", "transcript forked"))


@builtin("transcript_archive(transcript: dict) -> dict", effects=ID_EFFECTS)
def transcript_archive(fiber: Fiber, transcript: Value = None) -> Value:
    """The transcript in state `archived`. Throws `transcript_archive: argument must be a transcript`."""
    parts = parts_of(require_transcript(transcript, "transcript_archive"))
    return _moved(fiber, parts, "archived", Lifecycle("transcript_archive", "transcript archived"))


@builtin("transcript_abandon(transcript: dict) -> dict", effects=ID_EFFECTS)
def transcript_abandon(fiber: Fiber, transcript: Value = None) -> Value:
    """The transcript in state `abandoned`. Throws `transcript_abandon: argument must be a transcript`."""
    parts = parts_of(require_transcript(transcript, "transcript_abandon"))
    return _moved(fiber, parts, "abandoned", Lifecycle("transcript_abandon", "transcript abandoned"))


@builtin("transcript_resume(transcript: dict) -> dict", effects=ID_EFFECTS)
def transcript_resume(fiber: Fiber, transcript: Value = None) -> Value:
    """The transcript in state `active`. Throws `transcript_resume: argument must be a transcript`."""
    parts = parts_of(require_transcript(transcript, "transcript_resume"))
    return _moved(fiber, parts, "active", Lifecycle("transcript_resume", "transcript resumed"))


@builtin("transcript_reset(options: dict | nil = nil) -> dict", effects=ID_EFFECTS)
def transcript_reset(fiber: Fiber, options: Value = None) -> Value:
    """A new empty transcript in state `active`. Option: `metadata`."""
    parts = TranscriptParts(metadata=OptionReader(options).options.get("metadata"))
    return _moved(fiber, parts, "active", Lifecycle("transcript_reset", "transcript reset"))


@builtin("transcript_compact(transcript: dict, options: dict | nil = nil) -> dict", effects=ID_EFFECTS)
def transcript_compact(fiber: Fiber, transcript: Value = None, options: Value = None) -> Value:
    """The transcript with its last messages only; `archived_messages` says how many are gone.

    Options: `keep_last` (6 messages by default) and `summary`, which replaces the old one. Throws
    `transcript_compact: argument must be a transcript`.
    """
    parts = parts_of(require_transcript(transcript, "transcript_compact"))
    read = OptionReader(options)
    summary = read.text("summary")
    return _shortened(CallContext(fiber), parts, read, parts.summary if summary is None else summary)


@builtin("transcript_summarize(transcript: dict, options: dict | nil = nil) -> dict", effects=CALL_EFFECTS)
def transcript_summarize(fiber: Fiber, transcript: Value = None, options: Value = None) -> Value:
    """As transcript_compact, with a summary that a model is asked for.

    Options: `keep_last`, `prompt` (the instruction for the model) and those of llm_call. There is no retry: the
    error of the call is raised. Throws `transcript_summarize: argument must be a transcript`.
    """
    parts = parts_of(require_transcript(transcript, "transcript_summarize"))
    read = OptionReader(options)
    lines = [f"{message_role(message).upper()}: {_content(message)}" for message in parts.messages]
    question = f"{read.text('prompt') or _SUMMARY_PROMPT}\n\nConversation:\n" + "\n".join(lines)
    context = CallContext(fiber)
    asked = call_options(context, question, None, options)
    # A message list in the options is for other calls.
    summary = plain_answer(context, asked.with_messages(user_message(question)))
    # An empty answer is no reason to forget what the transcript was about.
    return _shortened(context, parts, read, summary or parts.summary)


def _moved(fiber: Fiber, parts: TranscriptParts, state: str, lifecycle: Lifecycle) -> dict[str, Value]:
    return build(CallContext(fiber).ids(), replace(parts, state=state), lifecycle)


def _shortened(
    context: CallContext, parts: TranscriptParts, read: OptionReader, summary: str | None
) -> dict[str, Value]:
    keep_last = read.integer("keep_last")
    dropped = max(0, len(parts.messages) - (DEFAULT_KEEP_LAST if keep_last is None else keep_last))
    shortened = build(context.ids(), replace(parts, messages=parts.messages[dropped:], summary=summary))
    shortened["archived_messages"] = dropped
    return shortened


def _content(message: Value) -> str:
    content = message.get("content") if type(message) is dict else None
    return "" if content is None else display(content)
