"""Printing, progress lines and terminal colours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_world import ScriptedWorld, fiber_in
from support import run_source

from harnpy.builtins.output import progress


def test_print_adds_no_newline() -> None:
    assert run_source('print("a")\nprint(1.0)\nprint(nil)') == "a1.0nil"


def test_println_adds_a_newline() -> None:
    assert run_source("println([1, nil])\nprintln()") == "[1, nil]\n\n"


def test_log_marks_its_line() -> None:
    assert run_source('log("a")\nlog()') == "[harn] a\n[harn] \n"


def test_only_the_first_argument_is_printed() -> None:
    assert run_source("print(1, 2)\nprintln(3, 4)\nlog(5, 6)") == "13\n[harn] 5\n"


def test_printing_returns_nil() -> None:
    assert run_source("println(println(1))") == "1\nnil\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ('"p", "m"', "[p] m"),
        ('"p"', "[p] "),
        ("", "[] "),
        ("1, nil", "[1] nil"),
        ('"p", "m", 50', "[p] m (50%)"),
        ('"p", "m", 2, 5', "[p] m (2/5)"),
        ('"p", "m", 2, 5.0', "[p] m (2%)"),
        ('"p", "m", 2.5, 5', "[p] m"),
        ('"p", "m", true', "[p] m"),
        ('"p", "m", {mode: "other"}', "[p] m"),
        ('"p", "m", {}', "[p] m"),
    ],
)
def test_progress_shows_numbers_after_the_message(arguments: str, line: str) -> None:
    assert run_source(f"progress({arguments})") == line + "\n"


@pytest.mark.parametrize(
    ("state", "frame"),
    [
        ("", "|"),
        ("step: 1", "/"),
        ("step: 2", "-"),
        ("step: 3", "\\"),
        ("step: 4", "|"),
        ("step: -1", "\\"),
        ("current: 1", "/"),
        ('step: "2", current: 1', "/"),
    ],
)
def test_a_spinner_turns_with_its_step(state: str, frame: str) -> None:
    source = f'progress("p", "m", {{mode: "spinner"{", " + state if state else ""}}})'
    assert run_source(source) == f"[p] {frame} m\n"


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("current: 4, total: 10", "[####------] m (4/10)"),
        ("current: 12, total: 10", "[##########] m (12/10)"),
        ("current: -2, total: 10", "[----------] m (-2/10)"),
        ("current: 1, total: 0", "[----------] m (1/0)"),
        ("current: 1, total: 2, width: 1", "[##-] m (1/2)"),
        ("current: 1, total: 1, width: 99", f"[{'#' * 40}] m (1/1)"),
        ("current: 1, total: 4, width: 10", "[###-------] m (1/4)"),
        ("current: 1.5, total: 4", "[----------] m (0/4)"),
    ],
)
def test_a_bar_fills_with_what_is_done(state: str, shown: str) -> None:
    assert run_source(f'progress("p", "m", {{mode: "bar", {state}}})') == f"[p] {shown}\n"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ('bold("x")', "\x1b[1mx\x1b[0m"),
        ("dim(1)", "\x1b[2m1\x1b[0m"),
        ('color("x", "red")', "\x1b[31mx\x1b[0m"),
        ('color("x", "white")', "\x1b[37mx\x1b[0m"),
        ('color("x", "gray")', "\x1b[90mx\x1b[0m"),
        ('color("x", "grey")', "\x1b[90mx\x1b[0m"),
        ('color("x", "bright_black")', "\x1b[90mx\x1b[0m"),
        ('color("x", "bright_white")', "\x1b[97mx\x1b[0m"),
        ('color("x", "Red")', "x"),
        ('color("x")', "x"),
    ],
)
def test_colours_are_escape_sequences(expression: str, text: str) -> None:
    assert run_source(f"print({expression})") == text


@given(st.integers(-5, 200), st.integers(-5, 200), st.integers(-5, 60))
def test_a_bar_is_always_as_wide_as_it_should_be(current: int, total: int, width: int) -> None:
    state = {"mode": "bar", "current": current, "total": total, "width": width}
    world = ScriptedWorld()
    progress(fiber_in(world), "p", "m", state)
    bar = world.output.removeprefix("[p] [").split("]")[0]
    assert len(bar) == max(3, min(40, width)) and bar == bar.replace("-", "").ljust(len(bar), "-")
