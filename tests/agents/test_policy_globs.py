"""Globs of hooks and policies, and paths that try to leave the place a pattern names."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.agents.globs import first_match, matches
from harnpy.agents.path_scopes import admits


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True),
        ("*", "anything/at/all", True),
        ("**", "anything", True),
        ("edit*", "edit", True),
        ("edit*", "edit_file", True),
        ("edit*", "an_edit", False),
        ("*_file", "read_file", True),
        ("*_file", "file", False),
        ("edit", "edit", True),
        ("edit", "edit2", False),
        ("src/**", "src/a/b", True),
        ("src/***", "src/", True),
        ("**/b", "a/b", True),
        ("*delete*", "please_delete_it", True),
        ("*delete*", "undo", False),
        ("a*b", "axb", False),
        ("a*b", "a*b", True),
        ("", "", True),
        ("", "a", False),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
    ],
)
def test_one_star_at_an_end_is_special(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_the_first_of_the_patterns_is_found() -> None:
    assert first_match(["x", "re*", "*"], "read") == "re*"
    assert first_match([], "read") is None


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("src/*", "src/a.py", True),
        ("src/*", "src/sub/a.py", True),
        ("src/**", "src/sub/a.py", True),
        ("src/*", "src/sub/../a.py", True),
        ("src/*", "src/./a.py", True),
        ("src/*", "src//a.py", True),
        ("src/*", "src/", True),
        ("src/*", "src/sub/..", True),
        ("src/*", "src/..a", True),
        ("src/*", "src/...", True),
        ("src/*", "src/..", False),
        ("src/*", "src/../etc/passwd", False),
        ("src/*", "src/../../etc/passwd", False),
        ("src/*", "src/./.././../etc/passwd", False),
        ("src/*", "src//..//..//etc/passwd", False),
        ("src/*", "src/../srcs/a", False),
        ("src/*", "src/../lib/../src/a", True),
        ("src/*", "/etc/passwd", False),
        ("src/*", "./src/a", False),  # as given it does not match
        ("src/*", "./../src/a", False),
        ("./src/*", "./src/a", True),
        ("./src/*", "./src/../x", False),
        ("./*", "./a", True),
        ("./*", "./../a", False),
        ("./*", "./a/../../b", False),
        ("src*", "src/../etc", False),
        ("src*", "src/../srcs/a", True),
        (".*", ".github/x", True),
        (".*", "../x", False),
        ("..*", "../x", False),
        ("../*", "../x", True),
        ("../*", "../../x", False),
        ("../*", "../a/../../x", False),
        ("../shared/*", "../shared/a", True),
        ("../shared/*", "../shared/../x", False),
        ("/srv/*", "/srv/a", True),
        ("/srv/*", "/srv/../etc/passwd", False),
        ("/srv/*", "/srv/../../etc/passwd", False),
        ("/srv/*", "/srv/../../srv/a", True),
        ("/*", "/../etc", True),
        ("*", "../../etc/passwd", True),
        ("*.md", "/elsewhere/a.md", True),
        ("*.md", "docs/../a.md", True),
        ("*/notes/a.md", "notes/../a.md", False),
        ("*/b/a", "b/a/../c/b/a", True),
        ("*/b/..", "a/b/..", False),
        ("*src*", "src/../etc", False),
        ("src/a.py", "src/a.py", True),
        ("src/a.py", "src/./a.py", False),
        ("src/../a.py", "src/../a.py", True),
    ],
)
def test_a_path_stays_where_its_pattern_says(pattern: str, path: str, expected: bool) -> None:
    assert admits(pattern, path) is expected


NAMES = st.sampled_from(["src", "lib", "..", ".", "", "a"])


@given(st.lists(NAMES, max_size=8), st.sampled_from(["src/", "src/lib/", "/src/", "../src/"]))
def test_no_spelling_leaves_a_place(names: list[str], place: str) -> None:
    path = place + "/".join(names)
    real = posixpath.normpath(posixpath.join("/root/one/work", path))
    scope = posixpath.normpath(posixpath.join("/root/one/work", place))
    assert admits(place + "*", path) == (real == scope or real.startswith(scope + "/"))
