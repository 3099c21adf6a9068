"""What stands for archived messages in a conversation (chapter 11 section 27.1, chapter 12 section 12.10.3).

Lengths are bytes of UTF-8. Contents that are no text count as empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from harnpy.llm.transcript import message_role
from harnpy.llm.utf8 import first_bytes
from harnpy.vm.compare import utf8_length
from harnpy.vm.values import Value

# Says for each archived message what stands for it, its role included; nil leaves it to the usual rules.
Mask = Callable[[list[Value]], Sequence[str | None]]

LONG_CONTENT = 500

_SHORT_LINES = 3
_FIRST_LINE = 120
_ABBREVIATED_MESSAGES = 15

_QUESTION = (
    "Summarize the archived messages below for a coding agent that takes over this conversation. Keep the goals, the "
    "constraints, the decisions that were made, the tool work that is finished, the issues that are still open and "
    "the next steps. Answer with the summary alone."
)


def masked(archived: list[Value], count: int, mask: Mask | None) -> str:
    """What assistants said in full, and of everything else that is long only where it began."""
    lines = [f"[auto-compacted {count} older messages via observation masking]"]
    replacements = mask(archived) if mask is not None else ()
    for index, message in enumerate(archived):
        content = text_content(message)
        if not content:
            continue
        role = message_role(message)
        if role != "assistant" and utf8_length(content) >= LONG_CONTENT:
            replacement = replacements[index] if index < len(replacements) else None
            if replacement is not None:
                lines.append(replacement)
                continue
            content = _masked_content(content)
        lines.append(f"[{role}] {content}")
    return "\n".join(lines)


def _masked_content(content: str) -> str:
    count = content.count("\n") + (not content.endswith("\n"))
    if count <= _SHORT_LINES:
        return content
    first = content[: content.find("\n")].removesuffix("\r")
    return f"{first_bytes(first, _FIRST_LINE)}... [{count} lines, {utf8_length(content)} chars masked]"


def truncated(archived: list[Value], count: int) -> str:
    """The first messages, each cut to 500 bytes."""
    return _abbreviated(archived, count, f"[auto-compacted {count} older messages via truncate strategy]")


def truncated_for_lack_of_summary(archived: list[Value], count: int) -> str:
    """As truncated, when the model that was to summarize had nothing to say."""
    header = (
        f"[auto-compact fallback: LLM summarizer returned empty; {count} older messages abbreviated to ~500 chars each]"
    )
    return _abbreviated(archived, count, header)


def _abbreviated(archived: list[Value], count: int, header: str) -> str:
    spoken = (message for message in archived if text_content(message))
    lines = [header]
    for message in islice(spoken, _ABBREVIATED_MESSAGES):
        content = text_content(message)
        length = utf8_length(content)
        if length > LONG_CONTENT:
            content = f"{first_bytes(content, LONG_CONTENT)}... [truncated from {length} chars]"
        lines.append(f"[{message_role(message)}] {content}")
    if count > _ABBREVIATED_MESSAGES:
        lines.append(f"... and {count - _ABBREVIATED_MESSAGES} more")
    return "\n".join(lines)


def summarized(text: str, count: int) -> str:
    """A summary that a model or a callback wrote."""
    return f"[auto-compacted {count} older messages]\n{text}"


def summary_question(archived: list[Value], count: int) -> str:
    """What a model is asked, so that it summarizes the messages."""
    lines = "\n".join(f"{message_role(message).upper()}: {text_content(message)}" for message in archived)
    return f"{_QUESTION}\n\nArchived message count: {count}\n\nConversation:\n{lines}"


def text_content(message: Value) -> str:
    """The content of a message if it is text, else ""."""
    content = message.get("content") if type(message) is dict else None
    return content if type(content) is str else ""
