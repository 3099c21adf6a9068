"""Inline think blocks are separated from the visible answer, whole or in pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harnpy.llm.think import ThinkSplitter, split_thinking

_FRAGMENTS = st.lists(
    st.sampled_from(["<think>", "</think>", "<", ">", "think", "/", "a", "é", "\n", " "]), max_size=14
)


def split_pieces(pieces: list[str]) -> tuple[str, str]:
    splitter = ThinkSplitter()
    outputs = [splitter.feed(piece) for piece in pieces] + [splitter.flush()]
    return "".join(visible for visible, _ in outputs), "".join(thinking for _, thinking in outputs)


@given(_FRAGMENTS, st.data())
def test_every_way_to_cut_a_text_splits_it_alike(fragments: list[str], data: st.DataObject) -> None:
    text = "".join(fragments)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(text)])]
    assert split_pieces(pieces) == split_pieces([text])


@given(_FRAGMENTS)
def test_only_tags_are_lost(fragments: list[str]) -> None:
    text = "".join(fragments)
    visible, thinking = split_pieces(list(text))
    assert len(text) - len(visible) - len(thinking) == _tag_characters(text)


def _tag_characters(text: str) -> int:
    removed = 0
    inside = False
    while True:
        tag = "</think>" if inside else "<think>"
        _, found, text = text.partition(tag)
        if not found:
            return removed
        removed += len(tag)
        inside = not inside


def test_visible_text_is_not_held_back_when_no_tag_can_begin() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed("hello") == ("hello", "")
    assert splitter.feed(" <th") == (" ", "")
    assert splitter.feed("ing>") == ("<thing>", "")


def test_an_unclosed_block_takes_the_rest() -> None:
    assert split_pieces(["a<think>b", "c"]) == ("a", "bc")
    assert split_thinking("a<think>bc") == ("a", "bc")


def test_several_blocks_of_a_whole_text_are_concatenated() -> None:
    assert split_thinking("<think>a</think>x<think> b </think>y") == ("xy", "a b")


def test_leading_newlines_go_and_thinking_is_trimmed_where_there_was_a_tag() -> None:
    assert split_thinking("<think>\n why \n</think>\n\nbecause\n") == ("because\n", "why")


def test_a_text_without_tags_is_left_alone() -> None:
    assert split_thinking("\n a < b </think> ") == ("\n a < b </think> ", "")
