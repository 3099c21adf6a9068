"""Lexical path builtins."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harnpy.builtins import paths

_PATHS = st.lists(st.sampled_from(["a", "b.c", ".d", "..", ".", "/", "//", "\\", "C:", "e."])).map("".join)


@pytest.mark.parametrize(
    ("path", "directory"),
    [
        ("a/b", "a"),
        ("a/b/", "a"),
        ("a//b", "a"),
        ("a/./b", "a"),
        ("a", ""),
        ("", ""),
        ("/", ""),
        ("/a", "/"),
        ("./a", "."),
        ("../a", ".."),
        ("..", ""),
        (".", ""),
        ("/a/b/c", "/a/b"),
    ],
)
def test_dirname(path: str, directory: str) -> None:
    assert paths.dirname(path) == directory


@pytest.mark.parametrize(
    ("path", "name"),
    [("a/b", "b"), ("a/b/", "b"), ("a/b/.", "b"), ("/", ""), ("", ""), ("..", ""), ("a/..", ""), (".", ""), ("a", "a")],
)
def test_basename(path: str, name: str) -> None:
    assert paths.basename(path) == name


@pytest.mark.parametrize(
    ("path", "extension"),
    [("a.txt", ".txt"), ("a.tar.gz", ".gz"), ("x/.bashrc", ""), ("a.", "."), ("a", ""), ("a.b/c", ""), ("..", "")],
)
def test_extname(path: str, extension: str) -> None:
    assert paths.extname(path) == extension


@pytest.mark.parametrize(
    ("parts", "joined"),
    [((), ""), (("a",), "a"), (("a", "b"), "a/b"), (("a", "/b", "c"), "/b/c"), (("a", ""), "a/"), (("a/", 1), "a/1")],
)
def test_path_join(parts: tuple[object, ...], joined: str) -> None:
    assert paths.path_join(*parts) == joined


@pytest.mark.parametrize(
    ("path", "segments"),
    [("a/b", ["a", "b"]), ("/a//./../b/", ["a", ".", "..", "b"]), ("C:\\x\\y", ["x", "y"]), ("C:x", ["x"]), ("", [])],
)
def test_path_segments(path: str, segments: list[str]) -> None:
    assert paths.path_segments(path) == segments


@pytest.mark.parametrize(
    ("path", "parent"),
    [("/", "/"), ("/a", "/"), ("a/b/", "a"), ("a", ""), ("", ""), ("C:/x/y", "C:/x"), ("C:/x", "C:/"), ("C:x", "")],
)
def test_path_parent(path: str, parent: str) -> None:
    assert paths.path_parent(path) == parent


@pytest.mark.parametrize(
    ("path", "stem", "extension"),
    [
        ("x/c.tar.gz", "c.tar", ".gz"),
        (".gitignore", ".gitignore", ""),
        ("a", "a", ""),
        ("a.", "a", "."),
        ("a\\b.c", "b", ".c"),
    ],
)
def test_path_stem_and_extension(path: str, stem: str, extension: str) -> None:
    assert (paths.path_stem(path), paths.path_extension(path)) == (stem, extension)


def test_path_basename_is_the_last_segment() -> None:
    assert [paths.path_basename(path) for path in ("a/b/", "/", "..", "C:")] == ["b", "", "..", ""]


def test_path_parts_has_every_part() -> None:
    assert paths.path_parts("/a/b.c") == {
        "dir": "/a",
        "file": "b.c",
        "stem": "b",
        "ext": ".c",
        "segments": ["a", "b.c"],
    }


@pytest.mark.parametrize(
    ("path", "extension", "result"),
    [
        ("a/b.txt", "md", "a/b.md"),
        ("a/b.txt", ".md", "a/b.md"),
        ("a/b.txt", "", "a/b"),
        ("/b", "md", "/b.md"),
        ("b", "md", "b.md"),
        ("C:/x.txt", "py", "C:/x.py"),
    ],
)
def test_path_with_extension(path: str, extension: str, result: str) -> None:
    assert paths.path_with_extension(path, extension) == result


def test_path_with_stem_keeps_the_extension() -> None:
    assert [paths.path_with_stem(path, "n") for path in ("a/b.txt", "/b", "C:/x.py")] == ["a/n.txt", "/n", "C:/n.py"]


def test_a_path_is_absolute_by_slash_or_drive() -> None:
    shown = [paths.path_is_absolute(path) for path in ("/a", "\\a", "C:a", "a", "", "1:")]
    assert shown == [True, True, True, False, False, False]


@given(_PATHS)
def test_a_path_is_either_absolute_or_relative(path: str) -> None:
    assert paths.path_is_relative(path) is not paths.path_is_absolute(path)


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("a/./b//c/", "a/b/c"),
        ("a/../../b", "../b"),
        ("/..", "/"),
        ("/../a", "/a"),
        ("a/..", "."),
        (".", "."),
        ("", ""),
        ("C:\\a\\..\\b", "C:/b"),
        ("../..", "../.."),
    ],
)
def test_path_normalize(path: str, normal: str) -> None:
    assert paths.path_normalize(path) == normal


@given(st.lists(st.sampled_from(["a", "b", "..", ".", "/"])).map("".join))
def test_normalizing_agrees_with_posix(path: str) -> None:
    expected = posixpath.normpath(path) if path else ""
    assert paths.path_normalize(path) == (expected[1:] if expected.startswith("//") else expected)


@given(_PATHS)
def test_normalizing_twice_changes_nothing(path: str) -> None:
    assert paths.path_normalize(paths.path_normalize(path)) == paths.path_normalize(path)


@pytest.mark.parametrize(
    ("path", "base", "way"),
    [
        ("a/b/c", "a/d", "../b/c"),
        ("a", "a/.", "."),
        ("/a", "/", "a"),
        ("a", "/a", None),
        ("/a", "a", None),
        ("", "a/b", "../.."),
        ("C:/a", "D:/b", "../a"),
    ],
)
def test_path_relative_to(path: str, base: str, way: str | None) -> None:
    assert paths.path_relative_to(path, base) == way


def test_backslashes_become_slashes() -> None:
    assert paths.path_to_posix("a\\b/c") == "a/b/c"


def test_arguments_are_taken_as_text_and_may_be_missing() -> None:
    assert [paths.path_basename(42), paths.dirname(), paths.path_normalize(None)] == ["42", "", "nil"]
