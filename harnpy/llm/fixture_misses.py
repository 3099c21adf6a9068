"""What to say about a call that has no recording: which one is nearest, and in what it differs."""

from __future__ import annotations

from typing import TypedDict

from harnpy.llm.json_values import Json, compact_json

# Of two texts, so many characters before and after the first difference are shown.
_BEFORE = 12
_AFTER = 36


class Question(TypedDict):
    """What a recording answers."""

    model: str
    messages: list[Json]
    system: str | None


def miss_text(name: str, question: Question, directory: str, recorded: dict[str, Question]) -> str:
    """The error of a call without a recording; recorded are the questions of those that there are, by file."""
    text = f"No fixture found for LLM call (hash: {name}). Run once with --record and a key to record it."
    if not recorded:
        return f"{text} There are no recordings in {directory}."
    found = {file: differences(other, question) for file, other in recorded.items()}
    nearest = min(found, key=lambda file: (len(found[file]), file))
    return f"{text} The nearest recording, {nearest}, differs in: {'; '.join(found[nearest])}."


def differences(recorded: Question, asked: Question) -> list[str]:
    """One phrase for each field in which two questions differ."""
    found = []
    for field in ("model", "system"):
        before, now = recorded[field], asked[field]
        if before != now:
            found.append(f"{field} ({_compared(before, now)})")
    before_messages, messages = recorded["messages"], asked["messages"]
    for number, (before, now) in enumerate(zip(before_messages, messages), start=1):
        found += _message_differences(number, before, now)
    if len(before_messages) != len(messages):
        found.append(f"number of messages (recorded {len(before_messages)}, now {len(messages)})")
    return found


def _message_differences(number: int, recorded: Json, asked: Json) -> list[str]:
    if not (isinstance(recorded, dict) and isinstance(asked, dict)):
        return [] if recorded == asked else [f"message {number} ({_compared(recorded, asked)})"]
    return [
        f"message {number}, {key} ({_compared(recorded.get(key), asked.get(key))})"
        for key in sorted({*recorded, *asked})
        if recorded.get(key) != asked.get(key)
    ]


def _compared(recorded: Json, asked: Json) -> str:
    before, now = _shown(recorded), _shown(asked)
    if before is None or now is None:
        return f"recorded {_excerpt(before, 0)}, now {_excerpt(now, 0)}"
    same = 0
    while same < min(len(before), len(now)) and before[same] == now[same]:
        same += 1
    start = max(0, same - _BEFORE)
    place = f"from character {same + 1}: " if start else ""
    return f"{place}recorded {_excerpt(before, start)}, now {_excerpt(now, start)}"


def _shown(value: Json) -> str | None:
    return value if value is None or isinstance(value, str) else compact_json(value)


def _excerpt(text: str | None, start: int) -> str:
    if text is None:
        return "none"
    piece = text[start : start + _BEFORE + _AFTER]
    left, right = "..." if start else "", "..." if start + len(piece) < len(text) else ""
    return compact_json(left + piece + right)
