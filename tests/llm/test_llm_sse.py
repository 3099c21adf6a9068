"""Server-sent events come out whole, however the bytes are cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harnpy.llm.sse import SseParser

_LINE = st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=("Cs",)), max_size=12)
_EVENTS = st.lists(st.lists(_LINE, min_size=1, max_size=3), max_size=5)


def parse(*pieces: bytes) -> list[str]:
    parser = SseParser()
    events = [event for piece in pieces for event in parser.feed(piece)]
    return events + parser.finish()


@given(_EVENTS, st.sampled_from(["\n", "\r\n", "\r"]), st.data())
def test_every_way_to_cut_a_stream_gives_the_same_events(
    events: list[list[str]], end: str, data: st.DataObject
) -> None:
    body = "".join("".join(f"data: {line}{end}" for line in lines) + end for lines in events).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(body)])]
    assert parse(*pieces) == ["\n".join(lines) for lines in events]


@given(st.binary(max_size=60))
def test_no_bytes_make_the_parser_fail(body: bytes) -> None:
    assert all(isinstance(event, str) for event in parse(body))


def test_a_character_cut_in_two_is_one_character() -> None:
    body = "data: é\n\n".encode()
    assert parse(body[:7], body[7:]) == ["é"]


def test_a_line_end_cut_between_cr_and_lf_is_one_line_end() -> None:
    assert parse(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == ["a\nb"]


def test_lines_of_one_event_are_joined_by_newlines() -> None:
    assert parse(b"data: a\ndata: b\n\n") == ["a\nb"]


def test_the_space_behind_the_colon_is_optional_and_only_one_goes() -> None:
    assert parse(b"data:a\n\ndata:  b\n\n") == ["a", " b"]


def test_comments_and_other_fields_are_skipped() -> None:
    assert parse(b": keep-alive\n\nevent: ping\nid: 1\nretry: 5\n\ndata: a\n\n") == ["a"]


def test_a_last_event_without_its_blank_line_counts() -> None:
    assert parse(b"data: a\n\ndata: b") == ["a", "b"]


def test_a_byte_order_mark_is_not_part_of_the_first_field() -> None:
    assert parse(b"\xef\xbb\xbfdata: a\n\n") == ["a"]


def test_an_event_without_data_is_no_event() -> None:
    assert parse(b"event: message_stop\n\n\n\n") == []
