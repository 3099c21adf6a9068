"""What a person sees of a model's raw text (chapter 12 section 12.14, chapter 14 section 14.6.5)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harnpy.llm.visible_stream import VisibleStream
from harnpy.llm.visible_text import visible_delta, visible_text


@pytest.mark.parametrize(
    ("raw", "visible"),
    [
        ("a", "a"),
        (" a \n", "a"),
        ("a<think>b</think>c", "ac"),
        ("a<think>b</think>c<think>d", "ac"),
        ("a</think>b", "a</think>b"),
        ("a<|tool_call|>x</|tool_call|>b", "ab"),
        ("a<tool_call>x</tool_call>b<tool_call>y</tool_call>c", "abc"),
        ("a<done>##DONE##</done>", "a"),
        ('a<tool_result name="x">b</tool_result>c<tool_result>d</tool_result>', "ac"),
        ("a[result of run]\nb\n[end of run]c", "ac"),
        ("a[result of run]b[end of other]c", "ac"),
        ("a\nDONE\nb\n ##DONE## \nc\r\nPLAN_READY", "a\nb\nc"),
        ("all DONE\nDONE.", "all DONE\nDONE."),
        ("<assistant_prose>\n a \n</assistant_prose>b", "ab"),
        ("<assistant_prose>a", "<assistant_prose>a"),
        ("<tool_call>a", "<tool_call>a"),
        ('a\n```json\n{"mode": "ask_user"}\n```\nb', "a\n\nb"),
        ('a\n```json\n{"x": [{"next_action": 1}]}\n```', "a"),
        ('```json\n{"mode": "fast", "x": ["plan"]}\n```', '```json\n{"mode": "fast", "x": ["plan"]}\n```'),
        ("```json\nplan\n```", "```json\nplan\n```"),
        ('```python\n{"plan": 1}\n```', '```python\n{"plan": 1}\n```'),
        ('a {"mode": "fast_execute", "x": {"y": "}"}} b', "a  b"),
        ('a {"mode": "fast_execute", b', 'a {"mode": "fast_execute", b'),
        ('{"x": 1, "mode": "ask_user"}', '{"x": 1, "mode": "ask_user"}'),
        ("```json  {}```", "```json  {}```"),
        ("a\r\n\r\n\r\nb", "a\n\nb"),
        ("a\n\n\n\nb", "a\n\n\nb"),
    ],
)
def test_whole(raw: str, visible: str) -> None:
    assert visible_text(raw, partial=False) == visible


@pytest.mark.parametrize(
    ("raw", "visible"),
    [
        ("a<tool_call>\nrun({", "a"),
        ("a<|tool_call|>x", "a"),
        ("a<done>##DO", "a"),
        ("a[result of run]\nb", "a"),
        ('a<tool_result name="', "a"),
        ("a<think>b", "a"),
        ("a<done>b<tool_call>c", "a<done>b"),
        ("<assistant_prose>Hello, wor", "Hello, wor"),
        ("<assistant_prose>Hello</assistant_pro", "Hello</assistant_pro"),
        ("a <", "a"),
        ("a <tool_ca", "a"),
        ("a <assistant_prose", "a"),
        ("a\n#", "a"),
        ("a D", "a"),
        ("a PLAN_REA", "a"),
        ("a PLAN_READ", "a PLAN_REA"),
        ("a [resu", "a"),
        ("a <#", "a <"),
    ],
)
def test_partial(raw: str, visible: str) -> None:
    assert visible_text(raw, partial=True) == visible


def test_the_delta_is_what_comes_after_the_previous_text() -> None:
    assert visible_delta("a", "ab") == "b"
    assert visible_delta("ax", "ab") == "ab"
    assert visible_delta("", "ab") == "ab"


_PIECES = [
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<done>",
    "</done>",
    "<assistant_prose>",
    "[result of ",
]
_PIECES += ["[end of ", "]", "</assistant_prose>", "<tool_result", ">", "```json\n", "```", '{"mode": "ask_user"', "{"]
_PIECES += ["}", '"', "\\", "DONE", "\n", "\r\n", " ", "a", "é"]


@given(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join), st.booleans())
def test_every_text_has_a_trimmed_visible_part(raw: str, partial: bool) -> None:
    visible = visible_text(raw, partial)
    assert visible == visible.strip()
    assert "\r\n" not in visible
    assert len(visible) <= len(raw)


@given(st.lists(st.sampled_from(_PIECES), max_size=25).map("".join))
def test_thinking_is_never_seen(raw: str) -> None:
    assert "secret" not in visible_text(f"{raw}<think>secret</think>", partial=True)
    assert "secret" not in visible_text(f"{raw}<think>secret", partial=False)


@pytest.mark.parametrize("piece", _PIECES)
def test_many_of_one_piece_are_read(piece: str) -> None:
    assert len(visible_text(piece * 50_000, partial=True)) <= len(piece) * 50_000


_MARKED = st.lists(
    st.sampled_from(
        [
            *("<tool_call>", "</tool_call>", "<|tool_call|>", "</|tool_call|>", "<done>", "</done>", "<tool_", "call>"),
            *("<assistant_prose>", "</assistant_prose>", "<think>", "</think>", "<thi", "nk>", "[result of a]"),
            *("[end of a]", "<tool_result>", "</tool_result>", "```json\n", "```", '{"mode": "ask_user"', "}", "\n"),
            *("DONE", "##DONE##", "plain words", 'edit({ path: "a", content: <<E\nx < y\nE })', " ", "\r\n", "é"),
        ]
    ),
    max_size=12,
).map("".join)


@given(st.lists(_MARKED | st.text(max_size=4), max_size=8), st.booleans())
@settings(max_examples=400)
def test_a_stream_shows_what_the_whole_text_so_far_shows(pieces: list[str], public: bool) -> None:
    stream = VisibleStream(public)
    raw = before = ""
    for piece in pieces:
        raw += piece
        added = stream.add(piece)
        whole = visible_text(raw, partial=public)
        expected = visible_delta(before, whole)
        assert stream.visible == whole and added == expected
        before = whole


def test_a_long_call_costs_no_more_than_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def counted(raw: str, partial: bool) -> str:
        looked.append(len(raw))
        return visible_text(raw, partial)

    monkeypatch.setattr("harnpy.llm.visible_stream.visible_text", counted)
    stream = VisibleStream(public=True)
    for piece in [
        "<assistant_prose>Now.</assistant_prose>\n",
        "<tool_call>",
        *["line <b> {x}\n"] * 5000,
        "</tool_call>",
    ]:
        stream.add(piece)
    assert stream.visible == "Now." and len(looked) < 6
