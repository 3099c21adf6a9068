"""Conversations for property tests, made of whole exchanges: a question, tool calls with their results, an answer."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Message = dict[str, Any]

_TEXTS = st.sampled_from(["", "short", "line\n" * 200, "é" * 400, "x" * 600])
_IDS = st.sampled_from(["a", "b", "c", ""])


def _openai(calls: list[str], texts: list[str]) -> list[Message]:
    asked = [{"id": each, "type": "function", "function": {"name": "f", "arguments": "{}"}} for each in calls]
    results = [{"role": "tool", "tool_call_id": each, "content": text} for each, text in zip(calls, texts)]
    return [{"role": "assistant", "content": "", "tool_calls": asked}, *results]


def _anthropic(calls: list[str], texts: list[str]) -> list[Message]:
    asked = [{"type": "tool_use", "id": each, "name": "f", "input": {}} for each in calls]
    results = [{"type": "tool_result", "tool_use_id": each, "content": text} for each, text in zip(calls, texts)]
    return [{"role": "assistant", "content": asked}, {"role": "user", "content": results}]


def _transcript(calls: list[str], texts: list[str]) -> list[Message]:
    asked = [{"type": "tool_call", "id": each, "name": "f", "visibility": "internal"} for each in calls]
    results = [{"role": "tool_result", "tool_use_id": each, "content": text} for each, text in zip(calls, texts)]
    return [{"role": "assistant", "content": asked}, *results]


def _ollama(calls: list[str], texts: list[str]) -> list[Message]:
    asked = [{"id": "", "function": {"name": "f", "arguments": {}}} for _ in calls]
    results = [{"role": "tool", "tool_call_id": "", "tool_name": "f", "content": text} for _, text in zip(calls, texts)]
    return [{"role": "assistant", "content": "", "tool_calls": asked}, *results]


_EXCHANGES = st.builds(
    lambda form, calls, texts: form(calls, texts),
    st.sampled_from([_openai, _anthropic, _transcript, _ollama]),
    st.lists(_IDS, min_size=1, max_size=4),
    st.lists(_TEXTS, min_size=4, max_size=4),
)
_SPOKEN = st.builds(
    lambda role, text: [{"role": role, "content": text}], st.sampled_from(["user", "assistant", "system"]), _TEXTS
)


def conversations(most: int = 30) -> st.SearchStrategy[list[Message]]:
    """Message lists in which every tool result follows its call. Ids may come again in later turns, or be missing."""
    return st.lists(_SPOKEN | _EXCHANGES, max_size=most).map(lambda parts: [each for part in parts for each in part])


def parted_results(messages: list[Message]) -> list[Message]:
    """The messages that have results whose call is not in front of them: what providers reject.

    A conversation's results follow their calls at once, so that a result at the beginning has lost its call.
    """
    parted = []
    calls: set[str] = set()
    for message in messages:
        results = result_ids(message)
        if results is None:
            calls = set(call_ids(message))
        elif not set(results) <= calls:
            parted.append(message)
    return parted


def unanswered_calls(messages: list[Message]) -> int:
    """How many calls have no result in the messages that follow them at once."""
    missing = 0
    pending: list[str] = []
    for message in messages:
        for each in result_ids(message) or ():
            if each in pending:
                pending.remove(each)
        if result_ids(message) is None:
            missing += len(pending)
            pending = call_ids(message)
    return missing + len(pending)


def call_ids(message: Message) -> list[str]:
    blocks = message["content"] if isinstance(message["content"], list) else []
    return [
        *(call["id"] for call in message.get("tool_calls", [])),
        *(block["id"] for block in blocks if block["type"] in ("tool_use", "tool_call")),
    ]


def result_ids(message: Message) -> list[str] | None:
    """The ids of the calls that a message has results of; None if it is no message of results."""
    if message["role"] == "tool":
        return [message["tool_call_id"]]
    if message["role"] == "tool_result":
        return [message["tool_use_id"]]
    blocks = message["content"] if isinstance(message["content"], list) else []
    return [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"] or None
