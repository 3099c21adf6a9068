"""Puts the pieces of a streamed answer together (chapter 11 sections 11.3, 11.4, 29.4).

It knows deltas and nothing of wire formats; what it ends with is the same raw result that an unstreamed reply gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harnpy.llm.blocks import output_text, reasoning, tool_call_block, tool_use_block
from harnpy.llm.deltas import (
    Delta,
    Done,
    Failure,
    ModelReport,
    RawResult,
    RedactedThinking,
    Signature,
    Stop,
    TextDelta,
    ThinkingDelta,
    ToolArguments,
    ToolCall,
    ToolStart,
    Usage,
    UsageReport,
    WholeToolCall,
)
from harnpy.llm.failures import empty_answer_error, reported_error
from harnpy.llm.json_values import Json, compact_json, parse_json
from harnpy.llm.think import ThinkSplitter
from harnpy.vm.errors import HarnError


@dataclass(slots=True)
class _OpenTool:
    index: int
    id: str
    name: str
    fragments: list[str] = field(default_factory=list)

    def call(self, answer_tool: str) -> ToolCall:
        text = "".join(self.fragments)
        damaged: Json = text if self.name == answer_tool else {}
        return {"id": self.id, "name": self.name, "arguments": _arguments(text, damaged)}


class Accumulator:
    """Collects the deltas of one answer.

    begun is whether any part of the answer has arrived, complete whether the provider said that it is whole, done
    whether nothing more can follow. emit(text, thinking) gets every visible piece as it settles; one of the two is "".
    inline_thinking says that thinking may come as `<think>` blocks inside the text. Arguments that are not JSON come
    out as {}, those of answer_tool as the text that they are. empty_answer makes the error of an answer for which so
    many tokens were billed and nothing came.
    """

    def __init__(
        self,
        provider: str,
        model: str,
        *,
        inline_thinking: bool,
        answer_tool: str = "",
        emit: Callable[[str, str], None] | None = None,
        empty_answer: Callable[[str, int], HarnError] = empty_answer_error,
    ) -> None:
        self.begun = False
        self.complete = False
        self.done = False
        self._provider = provider
        self._model = model
        self._answer_tool = answer_tool
        self._emit = emit
        self._empty_answer = empty_answer
        self._splitter = ThinkSplitter() if inline_thinking else None
        self._usage = Usage()
        self._stop_reason: str | None = None
        self._tools: dict[int, _OpenTool] = {}
        # Pieces in order of arrival: ("output_text" or "reasoning", texts), or a place where a tool call belongs.
        self._parts: list[tuple[str, list[str]]] = []
        # By index of parts: the signature of a piece of thinking, or a whole block of redacted thinking.
        self._sealed: dict[int, Json] = {}

    @property
    def partial_text(self) -> str:
        """The visible text so far, without what may yet turn out to be a tag."""
        return self._joined("output_text")

    def add(self, delta: Delta) -> None:
        """Take one delta. Raises the error that a Failure delta reports."""
        kind = type(delta)
        if kind is TextDelta:
            self.begun = True
            if self._splitter is None:
                self._visible(delta.text)  # type: ignore[union-attr]
            else:
                visible, thinking = self._splitter.feed(delta.text)  # type: ignore[union-attr]
                self._visible(visible)
                self._thought(thinking)
        elif kind is ThinkingDelta:
            self.begun = True
            self._thought(delta.text)  # type: ignore[union-attr]
        else:
            self._add_other(delta)

    def finish(self) -> RawResult:
        """The whole answer. Raises if tokens were billed for nothing."""
        if self._splitter is not None:
            visible, thinking = self._splitter.flush()
            self._visible(visible)
            self._thought(thinking)
        calls = [self._tools[index].call(self._answer_tool) for index in sorted(self._tools)]
        wire_content = self._wire_content(calls) if self._sealed else None
        text = self._joined("output_text")
        thinking = self._joined("reasoning")
        if not text and thinking:
            text = thinking
            self._parts.append(("output_text", [thinking]))
        output_tokens = self._usage.output_tokens or 0
        if not text and not calls and output_tokens > 0:
            raise self._empty_answer(self._model, output_tokens)
        result: RawResult = {
            "text": text,
            "tool_calls": calls,
            "input_tokens": self._usage.input_tokens or 0,
            "output_tokens": output_tokens,
            "cache_read_tokens": self._usage.cache_read_tokens or 0,
            "cache_write_tokens": self._usage.cache_write_tokens or 0,
            "model": self._model,
            "provider": self._provider,
            "thinking": thinking or None,
            "stop_reason": self._stop_reason,
            "blocks": self._blocks(calls),
        }
        if wire_content is not None:
            result["wire_content"] = wire_content
        return result

    def _add_other(self, delta: Delta) -> None:
        match delta:
            case ToolStart():
                self._open_tool(delta)
            case ToolArguments():
                tool = self._tools.get(delta.index)
                if tool is not None:
                    tool.fragments.append(delta.fragment)
            case Signature():
                self._seal(delta.signature)
            case RedactedThinking():
                self._sealed[len(self._parts)] = delta.block
                self._parts.append(("redacted", []))
            case WholeToolCall():
                index = max(self._tools, default=-1) + 1
                self._open_tool(ToolStart(index, delta.id or f"call_{index}", delta.name))
                self._tools[index].fragments.append(compact_json(delta.arguments))
            case ModelReport():
                self._model = delta.model
            case UsageReport():
                self._usage = self._usage.updated(delta.usage)
            case Stop():
                self.complete = True
                if self._stop_reason is None:
                    self._stop_reason = delta.reason
            case Done():
                self.complete = self.done = True
            case Failure():
                raise reported_error(self._provider, delta.kind, delta.message)

    def _open_tool(self, start: ToolStart) -> None:
        self.begun = True
        tool = self._tools.get(start.index)
        if tool is None:
            self._tools[start.index] = _OpenTool(start.index, start.id, start.name)
            self._parts.append(("tool_call", []))
        else:
            tool.id = tool.id or start.id
            tool.name = tool.name or start.name

    def _seal(self, signature: str) -> None:
        if not self._parts or self._parts[-1][0] != "reasoning":
            # The thinking itself is not shown.
            self._parts.append(("reasoning", []))
        self._sealed[len(self._parts) - 1] = signature

    def _visible(self, text: str) -> None:
        if text:
            self._append("output_text", text)
            if self._emit is not None:
                self._emit(text, "")

    def _thought(self, text: str) -> None:
        if text:
            self._append("reasoning", text)
            if self._emit is not None:
                self._emit("", text)

    def _append(self, kind: str, text: str) -> None:
        if self._parts and self._parts[-1][0] == kind and len(self._parts) - 1 not in self._sealed:
            self._parts[-1][1].append(text)
        else:
            self._parts.append((kind, [text]))

    def _joined(self, kind: str) -> str:
        return "".join(piece for part, pieces in self._parts if part == kind for piece in pieces)

    def _blocks(self, calls: list[ToolCall]) -> list[Json]:
        remaining = iter(calls)
        blocks: list[Json] = []
        for kind, pieces in self._parts:
            if kind == "tool_call":
                blocks.append(tool_call_block(next(remaining)))
            else:
                text = "".join(pieces)
                if text:
                    blocks.append(output_text(text) if kind == "output_text" else reasoning(text))
        return blocks

    def _wire_content(self, calls: list[ToolCall]) -> list[Json]:
        """The answer in Anthropic's blocks, the only provider that seals thinking; unsealed thinking is not taken back."""
        remaining = iter(calls)
        content: list[Json] = []
        for index, (kind, pieces) in enumerate(self._parts):
            text = "".join(pieces)
            if kind == "tool_call":
                content.append(tool_use_block(next(remaining)))
            elif kind == "redacted":
                content.append(self._sealed[index])
            elif kind == "reasoning" and index in self._sealed:
                content.append({"type": "thinking", "thinking": text, "signature": self._sealed[index]})
            elif kind == "output_text":
                content.append({"type": "text", "text": text})
        return content


def _arguments(text: str, damaged: Json) -> Json:
    if not text.strip():
        return {}
    try:
        return parse_json(text)
    except ValueError:
        return damaged
