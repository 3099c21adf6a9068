"""What a person should see of the raw text of a model, whole or as it streams in (chapter 12 section 12.14).

The protocol between model and runtime is taken out: thinking, calls, results, done marks and the plans that some models
write as JSON. The order of the steps is the order of the specification.
"""

from __future__ import annotations

import re

from harnpy.llm.json_values import Json, parse_json
from harnpy.llm.text_spans import replace_spans
from harnpy.llm.think import OPEN
from harnpy.llm.think_markers import without_thinking_spans

_INTERNAL_SPANS = tuple(
    (re.compile(opening), re.compile(closing))
    for opening, closing in (
        (r"<\|tool_call\|>", r"</\|tool_call\|>"),
        ("<tool_call>", "</tool_call>"),
        ("<done>", "</done>"),
        (r"<tool_result(?:\s[^<>]*+)?>", "</tool_result>"),
        (r"\[result of [^\[\]]*+\]", r"\[end of [^\[\]]*+\]"),
    )
)
_MARK_LINE = re.compile(r"^[ \t]*+(?:##DONE##|DONE|PLAN_READY)[ \t]*+\r?(?:\n|\Z)", re.MULTILINE)
_PROSE_OPENING = re.compile("<assistant_prose>")
_PROSE_CLOSING = re.compile("</assistant_prose>")
_JSON_FENCE_OPENING = re.compile(r"```json[ \t]*+\r?\n?")
_FENCE_CLOSING = re.compile("```")

_MODES = ("fast_execute", "plan_then_execute", "ask_user")
_PLANNING_KEYS = frozenset(
    (
        "plan",
        "steps",
        "tool_calls",
        "tool_name",
        "verification",
        "execution_mode",
        "required_outputs",
        "files_to_edit",
        "next_action",
        "reasoning",
        "direction",
        "targets",
        "tasks",
        "unknowns",
    )
)
_INLINE_PLAN = re.compile(rf'\{{\s*+"mode"\s*+:\s*+"(?:{"|".join(_MODES)})"')
_STRING_OR_BRACE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}]', re.DOTALL)
# Each plan without its end costs a look at the whole rest.
_MOST_UNCLOSED_PLANS = 4

_CUT_WHEN_OPEN = (
    ("<|tool_call|>", "</|tool_call|>"),
    ("<tool_call>", "</tool_call>"),
    ("<done>", "</done>"),
    ("[result of ", "[end of "),
    ("<tool_result", "</tool_result>"),
)
_HELD_BACK = (
    "<|tool_call|>",
    "<tool_call>",
    "<assistant_prose>",
    "<done>",
    "<tool_result",
    "[result of ",
    "##DONE##",
    "DONE",
    "PLAN_READY",
)


def visible_text(raw: str, partial: bool) -> str:
    """The visible part of raw, the whole text of an answer so far.

    partial says that more is to come: what may be the beginning of something internal is then held back. Takes time
    linear in raw and raises nothing.
    """
    text, _, _ = without_thinking_spans(raw).partition(OPEN)
    for opening, closing in _INTERNAL_SPANS:
        text = replace_spans(text, opening, closing)
    text = _MARK_LINE.sub("", text)
    text = replace_spans(text, _PROSE_OPENING, _PROSE_CLOSING, lambda _, inside: inside.strip())
    text = replace_spans(text, _JSON_FENCE_OPENING, _FENCE_CLOSING, _json_fence)
    text = _without_inline_plans(text)
    if partial:
        text = _without_beginnings(text)
    return text.replace("\r\n", "\n").replace("\n\n\n", "\n\n").strip()


def visible_delta(previous: str, current: str) -> str:
    """What current, a visible text, adds to the previous one; all of it if it does not continue that."""
    return current.removeprefix(previous)


def _json_fence(opening: str, inside: str) -> str:
    """Nothing for a plan; else the fence as it was."""
    try:
        is_plan = _is_plan(parse_json(inside))
    except ValueError:
        is_plan = False
    return "" if is_plan else f"{opening}{inside}```"


def _is_plan(document: Json) -> bool:
    if not isinstance(document, dict):
        return False
    mode = document.get("mode")
    if isinstance(mode, str) and mode in _MODES:
        return True
    level: list[Json] = [document]
    while level:
        following: list[Json] = []
        for value in level:
            if isinstance(value, dict):
                if not _PLANNING_KEYS.isdisjoint(value):
                    return True
                following += value.values()
            elif isinstance(value, list):
                following += value
        level = following
    return False


def _without_inline_plans(text: str) -> str:
    kept: list[str] = []
    position = searched = unclosed = 0
    while unclosed < _MOST_UNCLOSED_PLANS:
        plan = _INLINE_PLAN.search(text, searched)
        if plan is None:
            break
        end = _object_end(text, plan.start())
        if end is None:
            unclosed += 1
            searched = plan.end()
            continue
        kept.append(text[position : plan.start()])
        position = searched = end
    kept.append(text[position:])
    return "".join(kept)


def _object_end(text: str, start: int) -> int | None:
    depth = 0
    for token in _STRING_OR_BRACE.finditer(text, start):
        if token[0] == "{":
            depth += 1
        elif token[0] == "}":
            depth -= 1
            if depth == 0:
                return token.end()
    return None


def _without_beginnings(text: str) -> str:
    """text without the internal block that is still open and without what may become a marker."""
    for opening, closing in _CUT_WHEN_OPEN:
        start = text.rfind(opening)
        if start >= 0 and closing not in text[start:]:
            text = text[:start]
            break
    for marker in _HELD_BACK:
        held = next((length for length in range(len(marker) - 1, 0, -1) if text.endswith(marker[:length])), 0)
        if held:
            text = text[: len(text) - held]
            break
    # Its end is still to come, and what it holds is meant to be seen.
    return _PROSE_OPENING.sub("", text)
