"""The mock provider: scripted answers, patterns, errors, a default answer, and a log of calls (chapter 11 section 23)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from harnpy.llm.blocks import output_text, tool_call_block
from harnpy.llm.common_prefix import common_prefix
from harnpy.llm.deltas import RawResult, ToolCall
from harnpy.llm.json_values import Json, to_json
from harnpy.llm.messages import last_text
from harnpy.llm.resolve import MOCK
from harnpy.vm.display import display
from harnpy.vm.errors import CATEGORY_NAMES, Category, HarnError, categorized_error, runtime_error, thrown
from harnpy.vm.values import Value

DONE_SENTINEL = "##DONE##"

# What a config of an answer may hold; others are not looked at.
CONFIG_KEYS = frozenset(
    ("text", "tool_calls", "match", "input_tokens", "output_tokens", "thinking", "stop_reason", "model", "error")
)

_QUOTED_CHARACTERS = 100
_DEFAULT_ANSWER_TOKENS = 30
_DEFAULT_CALL_TOKENS = 20

# A word with the white space around it that belongs to no other.
_PIECE = re.compile(r"\s*\S+(?:\s+$)?|\s+$")

_DEFAULT_ARGUMENTS = {"integer": 0, "number": 0.0, "boolean": False, "array": [], "object": {}}


@dataclass(frozen=True, slots=True)
class MockAnswer:
    """One registered answer. match is None for answers that are used once, in order."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    match: str | None
    input_tokens: int | None
    output_tokens: int | None
    thinking: str | None
    stop_reason: str | None
    model: str
    error: tuple[Category, str] | None


@dataclass(frozen=True, slots=True)
class MockCall:
    """One recorded call, in wire form. tools is None when the call had no tools option."""

    messages: list[Json]
    system: str | None
    tools: list[Json] | None


class _CallLog:
    """Recorded calls. Of a conversation that grows from call to call each message is listed once, not in every call."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        # By the identity of its first message, the last call of each conversation and the messages of it.
        self._latest: dict[int, tuple[int, list[Json]]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, call: MockCall) -> None:
        """Record a call, whose messages nobody changes any more."""
        key = id(call.messages[0]) if call.messages else 0
        before, shared = self._latest.get(key, (0, []))
        kept = common_prefix(shared, call.messages)
        self._latest[key] = len(self._entries), call.messages
        self._entries.append((before, kept, call.messages[kept:], call.system, call.tools))

    def calls(self) -> list[MockCall]:
        calls: list[MockCall] = []
        for before, kept, more, system, tools in self._entries:
            earlier = calls[before].messages[:kept] if kept else []
            calls.append(MockCall([*earlier, *more], system, tools))
        return calls

    def clear(self) -> None:
        self._entries.clear()
        self._latest.clear()


class _Answers:
    """Registered answers: a queue, and patterns of which the latest that fits counts."""

    def __init__(self) -> None:
        self._queue: list[MockAnswer] = []
        self._patterns: list[MockAnswer] = []

    def register(self, answer: MockAnswer) -> None:
        (self._queue if answer.match is None else self._patterns).append(answer)

    def choose(self, key: str) -> MockAnswer | None:
        if self._queue:
            return self._queue.pop(0)
        for answer in reversed(self._patterns):
            if answer.match is not None and pattern_fits(answer.match, key):
                return answer
        return None

    def clear(self) -> None:
        self._queue.clear()
        self._patterns.clear()


# Which call it goes on from, how many messages of that it begins with, and what is its own: messages, system, tools.
_Entry: TypeAlias = "tuple[int, int, list[Json], str | None, list[Json] | None]"


class MockProvider:
    """The answers and the call log of one runtime.

    script names the file that answers every call of the run, whatever its provider; "" without one.
    """

    def __init__(self) -> None:
        self.script = ""
        self._registered = _Answers()
        self._scripted = _Answers()
        self._log = _CallLog()

    @property
    def calls(self) -> list[MockCall]:
        """The recorded calls, oldest first."""
        return self._log.calls()

    def register(self, answer: MockAnswer) -> None:
        """An answer of the program's own."""
        self._registered.register(answer)

    def follow(self, script: str, answers: Iterable[MockAnswer]) -> None:
        """Answer every call from now on; what the program registers comes first, and nothing is made up."""
        self.script = script
        for answer in answers:
            self._scripted.register(answer)

    def clear(self) -> None:
        """Forget what the program has registered, and the calls."""
        self._registered.clear()
        self._log.clear()

    def answer(self, messages: list[Json], system: str | None, tools: list[Json] | None) -> RawResult:
        """Record a call and answer it.

        Raises the categorized error of an entry that has one, and a thrown string when a script has no answer.
        """
        self._log.add(MockCall(messages, system, tools))
        key = last_text(messages)
        chosen = self._registered.choose(key) or self._scripted.choose(key)
        if chosen is None:
            if self.script:
                raise thrown(_unscripted(self.script, len(self._log), key))
            return _default_answer(key, system, tools)
        if chosen.error is not None:
            raise _repeatable(categorized_error(*chosen.error))
        return _scripted_answer(chosen, key)

    def stream_pieces(self, messages: list[Json]) -> list[str]:
        """The pieces of an `llm_stream`: the words of the last message, or the answer that a script has.

        Raises as answer does.
        """
        if not self.script:
            return last_text(messages).split()
        return _PIECE.findall(self.answer(messages, None, None)["text"])


def _unscripted(script: str, number: int, key: str) -> str:
    shown = key[:_QUOTED_CHARACTERS] + ("..." if len(key) > _QUOTED_CHARACTERS else "")
    return (
        f"No answer for model call {number} in {script}: its entries are used up and no `match` fits "
        f'(last message: "{shown}")'
    )


def read_mock_answer(config: Value) -> MockAnswer:
    """The answer that `llm_mock(config)` registers. Raises runtime errors for what it cannot mean."""
    if type(config) is not dict:
        raise runtime_error("llm_mock: expected a dict argument")
    calls = config.get("tool_calls")
    return MockAnswer(
        text=_text(config, "text") or "",
        tool_calls=_tool_calls(calls if type(calls) is list else []),
        match=_text(config, "match"),
        input_tokens=_count(config, "input_tokens"),
        output_tokens=_count(config, "output_tokens"),
        thinking=_text(config, "thinking"),
        stop_reason=_text(config, "stop_reason"),
        model=_text(config, "model") or MOCK,
        error=_error(config.get("error")),
    )


def pattern_fits(pattern: str, text: str) -> bool:
    """Whether a pattern, in which `*` stands for any text, fits the whole of text."""
    if "*" not in pattern:
        return pattern == text
    first, *middle, last = pattern.split("*")
    if not text.startswith(first):
        return False
    rest = text[len(first) :]
    for piece in middle:
        _, found, rest = rest.partition(piece) if piece else ("", "*", rest)
        if not found:
            return False
    return rest.endswith(last)


def default_text(key: str, system: str | None) -> str:
    """The text of a call that nothing was registered for."""
    words = len(key.split())
    body = f"Mock response to {words}-word prompt: {key[:_QUOTED_CHARACTERS]}" if key else "Mock LLM response"
    text = f"<assistant_prose>{body}</assistant_prose>"
    if system is not None and DONE_SENTINEL in system:
        text += f"\n<done>{DONE_SENTINEL}</done>"
    return text


def _default_answer(key: str, system: str | None, tools: list[Json] | None) -> RawResult:
    text = "" if tools else default_text(key, system)
    calls = [_default_call(tools[0])] if tools else []
    return _result(
        text, calls, len(key.encode("utf-8", "replace")), _DEFAULT_CALL_TOKENS if tools else _DEFAULT_ANSWER_TOKENS
    )


def _default_call(tool: Json) -> ToolCall:
    function = tool.get("function", tool)
    schema = function.get("parameters") or function.get("input_schema") or {}
    required = schema.get("required", [])
    arguments = {
        name: _DEFAULT_ARGUMENTS.get(_type_word(described), "")
        for name, described in schema.get("properties", {}).items()
        if name in required
    }
    return {"id": "mock_call_1", "type": "tool_call", "name": function["name"], "arguments": arguments}


def _type_word(described: Json) -> str:
    word = described.get("type") if isinstance(described, dict) else None
    return word if isinstance(word, str) else ""


def _scripted_answer(answer: MockAnswer, key: str) -> RawResult:
    input_tokens = len(key.encode("utf-8", "replace")) if answer.input_tokens is None else answer.input_tokens
    output_tokens = _DEFAULT_ANSWER_TOKENS if answer.output_tokens is None else answer.output_tokens
    result = _result(answer.text, list(answer.tool_calls), input_tokens, output_tokens)
    result["model"] = answer.model
    result["thinking"] = answer.thinking
    result["stop_reason"] = answer.stop_reason
    return result


def _result(text: str, calls: list[ToolCall], input_tokens: int, output_tokens: int) -> RawResult:
    return {
        "text": text,
        "tool_calls": calls,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "model": MOCK,
        "provider": MOCK,
        "thinking": None,
        "stop_reason": None,
        "blocks": [*([output_text(text)] if text else []), *(tool_call_block(call) for call in calls)],
    }


def _tool_calls(calls: list[Value]) -> tuple[ToolCall, ...]:
    read: list[ToolCall] = []
    for number, call in enumerate((call for call in calls if type(call) is dict), start=1):
        name = call.get("name")
        arguments = call.get("arguments")
        read.append(
            {
                "id": f"mock_call_{number}",
                "type": "tool_call",
                "name": name if type(name) is str else "unknown",
                "arguments": {} if arguments is None else to_json(arguments),
            }
        )
    return tuple(read)


def _error(error: Value) -> tuple[Category, str] | None:
    if error is None:
        return None
    if type(error) is not dict:
        raise runtime_error("llm_mock: error must be a dict {category, message}")
    category = _text(error, "category")
    if not category:
        raise runtime_error("llm_mock: error.category is required")
    if category not in CATEGORY_NAMES:
        raise runtime_error(f"llm_mock: unknown error category `{category}`")
    return Category(category), _text(error, "message") or ""


def _text(config: dict[str, Value], key: str) -> str | None:
    value = config.get(key)
    return None if value is None else display(value)


def _count(config: dict[str, Value], key: str) -> int | None:
    value = config.get(key)
    return value if type(value) is int else None


def _repeatable(error: HarnError) -> HarnError:
    error.begun = False
    error.repeatable = True
    return error
