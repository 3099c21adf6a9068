"""Strategies that write tagged responses as models do: every form of argument, label, fence and quotation."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from harnpy.llm.json_values import Json

TOOLS = ["edit", "run", "forbidden"]
FENCE = "```"

_MARKUP = ["<", ">", "`", "'", '"', "\\", "\n", "${", "}", "EOF", "<<EOF\n", "{", "(", "//", "*/", "run({})", "</done>"]
_MARKUP += ["<tool_call>", "</assistant_prose>", "é", "😀", "\t", "\r\n", "\x00", "\b", "\f", "\u2028"]
texts = st.lists(st.sampled_from([*_MARKUP, "word", " ", "x = 1"]), max_size=6).map("".join)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
arguments = st.dictionaries(st.sampled_from(["path", "$x", "_1", "a b", "é", ""]), values, max_size=3)
trivia = st.sampled_from(["", " ", "\n", "\t\r\n", " // it's `a` } note\n", " /* ' ` { */ "])

FORBIDDEN = "forbidden({ really: true })"
JSON_FORBIDDEN = '[{"id":"call_1","function":{"name":"forbidden","arguments":{}}}]'


@dataclass(frozen=True)
class Response:
    """A text and what it says to a reader who knows the protocol."""

    text: str
    calls: list[tuple[str, Json]] = field(default_factory=list)


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


def _template(text: str) -> str:
    return "`" + text.replace("\\", "\\\\").replace("`", "\\`").replace("$", "\\$") + "`"


def _json_text(text: str) -> str:
    return '"' + "".join(f"\\u{{{ord(character):x}}}" for character in text) + '"'


def _heredoc(text: str) -> str:
    tag = "END_" + "X" * (text.count("X") + 1)
    return f"<<{tag}\n{text}\n{tag}"


@st.composite
def strings(draw: st.DrawFn, text: str) -> str:
    """text in one of its spellings; those that can stand inside of a block whatever text is."""
    safe = "</tool_call>" not in text and "think>" not in text
    spellings = [_json_text]
    if safe:
        spellings += [_template]
        if not text.endswith("\r"):
            spellings += [_heredoc]
        if not text.startswith("<<"):
            spellings += [lambda text: _quoted(text, '"'), lambda text: _quoted(text, "'")]
    return draw(st.sampled_from(spellings))(text)


@st.composite
def expressions(draw: st.DrawFn, value: Json) -> str:
    """value as an argument expression."""
    around = draw(trivia)
    if isinstance(value, dict):
        members = []
        for key, inner in value.items():
            plain = key in ("path", "$x", "_1") and draw(st.booleans())
            written = key if plain else _quoted(key, draw(st.sampled_from("'\"")))
            members.append(f"{draw(trivia)}{written}{draw(trivia)}:{draw(expressions(inner))}")
        comma = draw(st.sampled_from(["", ","])) if members else ""
        return f"{around}{{{','.join(members)}{comma}{draw(trivia)}}}{draw(trivia)}"
    if isinstance(value, list):
        items = [draw(expressions(inner)) for inner in value]
        comma = draw(st.sampled_from(["", ","])) if items else ""
        return f"{around}[{','.join(items)}{comma}]"
    if isinstance(value, str):
        return around + draw(strings(value))
    if value is None:
        return around + draw(st.sampled_from(["null", "undefined"]))
    if isinstance(value, bool):
        return around + ("true" if value else "false")
    return around + repr(value)


@st.composite
def calls(draw: st.DrawFn) -> Response:
    """One call in one of the forms that run, with what stands around it."""
    name = draw(st.sampled_from(["edit", "run"]))
    given = draw(arguments)
    call = f"{name}({draw(expressions(given)).lstrip()})"
    form = draw(st.integers(0, 5))
    if form == 1:
        call = draw(st.sampled_from(["tool_code: ", "call:", "python:\t"])) + call
    elif form == 2:
        call = f"some words first\n  {call}"
    elif form == 3 and FENCE not in call:
        call = f"{FENCE}ts\n{call}\n{FENCE}"
    elif form == 4:
        call = f"<{call}>"
    return Response(f"<tool_call>\n{call}\n</tool_call>", [(name, given)])


@st.composite
def examples(draw: st.DrawFn) -> Response:
    """A forbidden call where it only stands as an example."""
    call = draw(
        st.sampled_from([FORBIDDEN, "forbidden()", JSON_FORBIDDEN, f"tool_code: {FORBIDDEN}", "forbidden(\n{})"])
    )
    around = draw(st.sampled_from(["", "words ", "a < b\n", "<b>", "\n"]))
    form = draw(st.integers(0, 7))
    if form == 0:
        return Response(f"<assistant_prose>{around}\n{call}\n<tool_call>{call}</tool_call></assistant_prose>")
    if form == 1:
        return Response(f"Words first\n{around}\n{FENCE}js\n{call}\n{FENCE}\n")
    if form == 2:
        return Response(f"Words first{around} `\n{call}\n` and so on\n")
    if form == 3:
        return Response(f"Words first `<{call}>` and so on\n")
    if form == 4:
        given = {"x": f"\n{call}\n<tool_call>\n{call}\n</tool_call>\n"}
        return Response(f"<tool_call>\nrun({{ x: <<EOF\n{given['x']}\nEOF }})\n</tool_call>", [("run", given)])
    if form == 5:
        return Response(
            f"<tool_call>\nrun({{ x: {_template(around + call)} }})</tool_call>", [("run", {"x": around + call})]
        )
    if form == 6:
        return Response(f"words <<EOF\n{call}\nEOF and\n")
    given = {"x": f"\n{call}\n<tool_call>\n{call}</tool_call>\n"}
    return Response(f"\nrun({{ x: {_quoted(given['x'], chr(39))} }})\n", [("run", given)])


prose = st.sampled_from(["I look first.", "a <b> c", "`x` is `y`", "<think>", "  "]).map(
    lambda text: Response(f"<assistant_prose>{text}</assistant_prose>")
)
done = st.sampled_from(["##DONE##", " X ", ""]).map(lambda text: Response(f"<done>{text}</done>"))
stray = st.sampled_from(["stray", "x = 1\n", "<notes>", "</notes>", "Hint: run({})\n", "<open", "1 << 2", "''"]).map(
    Response
)


def joined(parts: list[Response]) -> Response:
    """The parts one after the other, each on lines of its own."""
    return Response("\n".join(part.text for part in parts), [call for part in parts for call in part.calls])


well_formed = st.lists(calls() | prose | done, max_size=5).map(joined)
with_examples = st.lists(calls() | prose | done | examples(), max_size=5).map(joined)
anything = st.lists(calls() | prose | done | examples() | stray, max_size=6).map(joined)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A response with pieces cut out, doubled, moved or put in."""
    text = draw(anything).text
    for _ in range(draw(st.integers(1, 4))):
        start, end, to = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 3)))
        kind = draw(st.integers(0, 3))
        if kind == 0:
            text = text[:start] + text[end:]
        elif kind == 1:
            text = text[:end] + text[start:]
        elif kind == 2:
            text = text[:start] + text[end:to] + text[start:end] + text[to:]
        else:
            text = text[:start] + draw(st.sampled_from(_MARKUP)) + text[start:]
    return text
