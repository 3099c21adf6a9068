"""The tagged response protocol: prose, tool calls and the done marker in one text (chapter 11 section 13).

A model is asked to put everything it says into one of three tags. This reads a response generously, and says for each
thing outside the protocol what was wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from harnpy.llm.deltas import ToolCall
from harnpy.llm.json_values import pretty_json
from harnpy.llm.tool_text import IDENTIFIER, parse_call, scan_calls

LEDGER_TOOL = "ledger"

_THINK_SPAN = re.compile(r"<think>.*?</think>", re.DOTALL)
_THINK_TAG = re.compile(r"</?think>")
_WHITE_SPACE = " \t\r\n\f"
_HEREDOC = re.compile(r"<<(['\"]?)([A-Za-z0-9_]+)\1\r?\n")
_ANGLE_CALL = re.compile(rf"<(?={IDENTIFIER}\()")
_TAGS = ("tool_call", "assistant_prose", "done")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_STRAY_PREVIEW = 120
_TAG_PREVIEW = 40


@dataclass(frozen=True, slots=True)
class Tagged:
    """What a response says. errors are per damaged tool call, violations per breach of the protocol."""

    prose: str
    calls: tuple[ToolCall, ...]
    errors: tuple[str, ...]
    violations: tuple[str, ...]
    done_marker: str | None
    canonical: str


def parse_tagged(text: str, tools: Collection[str]) -> Tagged:
    """Read a response; tools are the names that may be called."""
    return _Reader(_THINK_TAG.sub("", _THINK_SPAN.sub("", text)), frozenset([*tools, LEDGER_TOOL])).read()


def quoted(text: str, limit: int) -> str:
    """The beginning of text as a double-quoted literal; an ellipsis says that something was cut."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    if shown.isprintable() and '"' not in shown and "\\" not in shown:
        return f'"{shown}"'
    return '"' + "".join(_escaped(character) for character in shown) + '"'


def _escaped(character: str) -> str:
    known = _ESCAPES.get(character)
    if known is not None:
        return known
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"


class _Reader:
    def __init__(self, text: str, known: frozenset[str]) -> None:
        self._text = text
        self._known = known
        self._prose: list[str] = []
        self._calls: list[ToolCall] = []
        self._numbered = 0
        self._errors: list[str] = []
        self._violations: list[str] = []
        self._canonical: list[str] = []
        self._done: str | None = None

    def read(self) -> Tagged:
        position = 0
        text = self._text
        while position < len(text):
            if text[position] in _WHITE_SPACE:
                position += 1
            elif text[position] == "<":
                position = self._read_tag(position)
            else:
                end = self._stray_end(position)
                self._take_stray(text[position:end].strip())
                position = end
        if text.strip() and not (self._prose or self._calls or self._errors or self._violations or self._done):
            self._violations.append(
                "Response contained no <tool_call>, <assistant_prose>, or <done> block. "
                "A response is made of these tags and nothing else."
            )
        return Tagged(
            "\n\n".join(self._prose),
            tuple(self._calls),
            tuple(self._errors),
            tuple(self._violations),
            self._done,
            "\n\n".join(self._canonical),
        )

    def _read_tag(self, start: int) -> int:
        """Read what begins with `<` at start; the position behind it."""
        for tag in _TAGS:
            opening, closing = f"<{tag}>", f"</{tag}>"
            if self._text.startswith(opening, start):
                end = self._text.find(closing, start)
                if end < 0:
                    break
                self._take_block(tag, self._text[start + len(opening) : end])
                return end + len(closing)
        return self._read_angle_call(start) or self._skip_unknown(start)

    def _take_block(self, tag: str, body: str) -> None:
        trimmed = body.strip()
        if tag == "tool_call":
            self._take_call_body(body)
        elif tag == "assistant_prose":
            if trimmed:
                self._prose.append(trimmed)
                self._canonical.append(f"<assistant_prose>\n{trimmed}\n</assistant_prose>")
        elif trimmed:
            self._done = trimmed
            self._canonical.append(f"<done>{trimmed}</done>")
        else:
            self._violations.append("<done> block is empty. It has to hold the done sentinel, by default `##DONE##`.")

    def _take_call_body(self, body: str) -> None:
        scan = scan_calls(body, self._known, self._numbered)
        if scan.errors:
            self._errors.append(scan.errors[0])
        elif not scan.calls:
            self._errors.append(
                "<tool_call> body did not contain a bare `name({ ... })` expression. "
                f"Got: {quoted(body.strip(), _STRAY_PREVIEW)}"
            )
        elif len(scan.calls) > 1:
            self._errors.append(
                f"<tool_call> body contained {len(scan.calls)} calls; emit one call per <tool_call> block."
            )
        else:
            self._accept(scan.calls[0])

    def _accept(self, call: ToolCall) -> None:
        self._calls.append(call)
        self._numbered += call["id"].startswith("tc_")
        self._canonical.append(f"<tool_call>\n{call['name']}({pretty_json(call['arguments'])})\n</tool_call>")

    def _read_angle_call(self, start: int) -> int | None:
        if not _ANGLE_CALL.match(self._text, start):
            return None
        found = parse_call(self._text, start + 1, self._known)
        if not isinstance(found, tuple):
            return None
        name, arguments, end = found
        self._calls.append({"id": f"tc_angle_{name}", "name": name, "arguments": arguments})
        self._canonical.append(f"<tool_call>\n{name}({pretty_json(arguments)})\n</tool_call>")
        self._violations.append(
            f"Tool call `{name}` was emitted as `<{name}(...)>` instead of "
            f"`<tool_call>{name}({{ ... }})</tool_call>`. It runs this time, to keep the work going; "
            "from the next turn on each call needs its `<tool_call>` tags."
        )
        closing = re.compile(r"[ \t]*>?").match(self._text, end)
        return closing.end() if closing else end

    def _skip_unknown(self, start: int) -> int:
        newline = self._text.find("\n", start)
        line_end = len(self._text) if newline < 0 else newline
        closing = self._text.find(">", start, line_end)
        if closing >= 0:
            self._violations.append(
                f"Unknown top-level tag {quoted(self._text[start : closing + 1], _TAG_PREVIEW)}. At the top level only "
                "`<tool_call>`, `<assistant_prose>` or `<done>` may stand."
            )
            return closing + 1
        self._violations.append(
            f"Unclosed tag starting at {quoted(self._text[start:line_end], _TAG_PREVIEW)}. Close or remove it; the "
            "accepted tags are `<tool_call>`, `<assistant_prose>` and `<done>`."
        )
        return line_end

    def _stray_end(self, start: int) -> int:
        """The end of the text outside tags: the next `<`, unless it begins a heredoc, which is passed whole."""
        position = start
        while True:
            position = self._text.find("<", position)
            if position < 0:
                return len(self._text)
            opening = _HEREDOC.match(self._text, position)
            closing = (
                re.compile(rf"^[ \t]*{re.escape(opening[2])}(?![A-Za-z0-9_$])", re.MULTILINE).search(
                    self._text, opening.end()
                )
                if opening
                else None
            )
            if closing is None:
                return position
            position = closing.end()

    def _take_stray(self, stray: str) -> None:
        scan = scan_calls(stray, self._known, self._numbered)
        if not scan.calls:
            self._violations.append(
                f"Stray text outside response tags: {quoted(stray, _STRAY_PREVIEW)}. Prose belongs in "
                "`<assistant_prose>...</assistant_prose>`, each tool call in `<tool_call>...</tool_call>`."
            )
            return
        for call in scan.calls:
            self._accept(call)
        names = ", ".join(call["name"] for call in scan.calls)
        self._violations.append(
            f"Tool call(s) ({names}) were emitted as bare text outside `<tool_call>` tags. They run this time, to keep "
            "the work going; from the next turn on each call needs its `<tool_call>...</tool_call>`."
        )
