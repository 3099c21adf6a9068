"""Which tool result answers which call in a list of messages, so that shortening the list never parts the two.

Providers reject a result whose call is not in front of it. Calls and results are recognized in the form of transcripts
and in those of the providers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harnpy.vm.values import Value

_RESULT_ROLES = {"tool": "tool_call_id", "tool_result": "tool_use_id"}
_CALL_BLOCKS = ("tool_call", "tool_use")


def whole_exchange_split(messages: Sequence[Value], split: int) -> int:
    """The place nearest to split where the messages can be cut without parting a result from its call.

    Looks before split first, so that more is kept than asked for, then behind it; 0 if no place will do.
    """
    answered = answered_messages(messages)
    first, checked = split, len(messages)
    while (earliest := min((call for call in answered[first:checked] if call is not None), default=first)) < first:
        checked, first = first, earliest
    if first > 0:
        return first
    for index in range(split, len(messages)):
        call = answered[index]
        if call is not None and call < split:
            split = index + 1
    return split if split < len(messages) else 0


def answered_messages(messages: Sequence[Value]) -> list[int | None]:
    """For each message the index of the message whose call it answers; None for what is no answer.

    An answer to several messages counts for the earliest. One without a known id belongs to the assistant message
    that it follows, with nothing but other results between them.
    """
    answered: list[int | None] = []
    callers: dict[str, int] = {}
    preceding: int | None = None
    for index, message in enumerate(messages):
        fields: dict[str, Value] = message if type(message) is dict else {}
        results = list(_result_ids(fields))
        if results:
            found = [callers.get(each, preceding) for each in results]
            answered.append(min((call for call in found if call is not None), default=None))
        else:
            answered.append(None)
            preceding = index if fields.get("role") == "assistant" else None
        # The same id may be given out again in a later turn.
        callers.update((each, index) for each in _call_ids(fields) if each)
    return answered


def _result_ids(message: dict[str, Value]) -> Iterator[str]:
    """The ids of the calls that a message has results of, "" for one that does not say."""
    role = message.get("role")
    if type(role) is str and role in _RESULT_ROLES:
        yield _id(message, _RESULT_ROLES[role])
        return
    for block in _blocks(message):
        if block.get("type") == "tool_result":
            yield _id(block, "tool_use_id")


def _call_ids(message: dict[str, Value]) -> Iterator[str]:
    """The ids of the calls that a message makes."""
    calls = message.get("tool_calls")
    for call in calls if type(calls) is list else ():
        if type(call) is dict:
            yield _id(call, "id")
    for block in _blocks(message):
        if block.get("type") in _CALL_BLOCKS:
            yield _id(block, "id")


def _blocks(message: dict[str, Value]) -> Iterator[dict[str, Value]]:
    content = message.get("content")
    return (block for block in content if type(block) is dict) if type(content) is list else iter(())


def _id(fields: dict[str, Value], key: str) -> str:
    value = fields.get(key)
    return value if type(value) is str else ""
