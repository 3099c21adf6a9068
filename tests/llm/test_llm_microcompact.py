"""Microcompaction: a bound that holds for every text, whole characters and lines, diagnostics kept."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.llm.microcompact import compact_text
from harnpy.llm.utf8 import first_bytes, last_bytes

LINES = st.sampled_from(
    ["plain", "FAIL here", "a.go:3: undefined: x", "  error: bad", "é" * 30, "x" * 90, "", "it got 3", "ab error cd\r"]
)
TEXTS = st.lists(LINES, max_size=120).map("\n".join) | st.text(max_size=800)
LIMITS = st.integers(200, 2000)

SNIPPED = re.compile(r"\A(.*)\n\n\[\.\.\. (\d+) characters snipped \.\.\.\]\n\n(.*)\Z", re.DOTALL)
PRESERVED = re.compile(
    r"\A(.*)\n\n\[diagnostic lines preserved\]\n(.*)\n\n\[\.\.\. output compacted \.\.\.\]\n\n(.*)\Z", re.DOTALL
)


@given(TEXTS, st.integers(-5, 2000))
def test_a_text_that_fits_is_unchanged_and_no_other_is(text: str, limit: int) -> None:
    fits = len(text.encode()) <= limit or limit < 200
    assert (compact_text(text, limit) == text) == fits


@given(TEXTS, LIMITS)
def test_the_result_has_the_limit_and_one_label_at_most(text: str, limit: int) -> None:
    compacted = compact_text(text, limit)
    label = len(f"\n\n[... {len(text.encode())} characters snipped ...]\n\n")
    assert len(compacted.encode()) <= limit + label


@given(TEXTS, LIMITS)
def test_the_ends_are_those_of_the_text_and_what_is_left_out_is_counted(text: str, limit: int) -> None:
    compacted = compact_text(text, limit)
    if compacted == text:
        return
    parts = PRESERVED.match(compacted)
    if parts is not None:
        assert len(compacted.encode()) <= limit
        assert all(line in text for line in parts[2].split("\n"))
    else:
        parts = SNIPPED.match(compacted)
        assert parts is not None
        assert int(parts[2]) == len(text.encode()) - len(parts[1].encode()) - len(parts[3].encode())
    assert text.startswith(parts[1])
    assert text.endswith(parts[3])


def is_diagnostic(line: str) -> bool:
    """The rules of chapter 11 section 27.3, line by line."""
    trimmed, lowered = line.strip(), line.strip().lower()
    _, colon, rest = trimmed.partition(":")
    placed = colon and rest[:1] in set("0123456789")
    words = ("error", "undefined", "expected", "got")
    phrases = (
        "cannot find",
        "not found",
        "no such",
        "unresolved",
        "missing",
        "declared but not used",
        "unused",
        "mismatch",
    )
    return bool(
        any(word in trimmed for word in ("FAIL", "panic", "Panic"))
        or (placed and (any(word in trimmed for word in words) or any(phrase in lowered for phrase in phrases)))
        or " error " in lowered
        or "panic:" in lowered
        or lowered.startswith(("error:", "warning:", "note:"))
    )


PIECES = st.sampled_from(
    ["FAIL", "fail", "panic", "Panic", "PANIC:", "error", "Error", ":", ":1", "é:2", " ", "\t", "got", "Not found", "x"]
)


@given(st.lists(st.lists(PIECES, max_size=4).map("".join), max_size=60))
def test_the_diagnostics_are_the_first_lines_that_report_a_problem(lines: list[str]) -> None:
    filler = "." * 5000
    wanted = [line for line in lines if is_diagnostic(line)]
    parts = PRESERVED.match(compact_text("\n".join([filler, *lines, filler]), 9000))
    assert (parts[2].split("\n") if parts else []) == wanted[:32]


@given(st.text(), st.integers(0, 60))
def test_the_bytes_at_an_end_are_whole_characters(text: str, limit: int) -> None:
    data = text.encode()
    assert first_bytes(text, limit) == data[:limit].decode(errors="ignore")
    last = last_bytes(text, limit)
    assert text.endswith(last)
    assert len(last.encode()) <= limit
    assert last == text or len(text[len(text) - len(last) - 1 :].encode()) > limit


def test_a_line_feed_may_have_a_carriage_return() -> None:
    compacted = compact_text("ok\r\nFAIL a\r\n" + "x" * 3000, 1000)
    assert "[diagnostic lines preserved]\nFAIL a\n\n[" in compacted


def test_the_ends_leave_room_for_diagnostics_and_labels() -> None:
    compacted = compact_text("x" * 5000 + "\nFAIL\n" + "x" * 5000, 1000)
    assert compacted.startswith("x" * 466 + "\n\n[")
    assert compacted.endswith("]\n\n" + "x" * 466)
    assert len(compacted) == 997


def test_signs_next_to_each_other_count_once() -> None:
    line = "FAIL: panic: error: cannot find, not found, missing"
    compacted = compact_text(f"{line}\n" + "x" * 3000 + f"\n{line}", 1000)
    assert f"[diagnostic lines preserved]\n{line}\n{line}\n\n[" in compacted


@pytest.mark.parametrize(
    "text",
    [
        "an ordinary line of a log, of which there are many\n" * 200_000,
        "\n" * 10_000_000,
        "x" * 10_000_000,
        "an error " * 1_100_000,
        "error error error error error error error error error\n" * 190_000,
        "faifaifai cannot fin\n" * 500_000,
        "é:1 missin\n" * 900_000,
    ],
    ids=["log", "empty lines", "one line", "signs in one line", "signs in all lines", "almost signs", "not ASCII"],
)
def test_ten_megabytes_are_cut(text: str) -> None:
    compacted = compact_text(text, 20_000)
    assert 19_000 < len(compacted.encode()) <= 20_040
    assert text.startswith(compacted[:9_000])
