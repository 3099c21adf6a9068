"""`scan_directory`, on real directories."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_world import ScriptedWorld, fiber_in

from harnpy.builtins.file_access import ExecutionContext
from harnpy.builtins.scan_globs import path_test
from harnpy.builtins.scanning import scan_directory
from harnpy.vm.effects import EffectCall
from harnpy.vm.fiber import Fiber


@pytest.fixture
def fiber(tmp_path: Path) -> Fiber:
    """A fiber whose execution root is tmp_path/root, which has a few files."""
    root = tmp_path / "root"
    for name in ("b.py", "a/x.py", "a/b/c/y.py", "a/z.txt", ".hidden/h.py", ".env", "a0.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    made = fiber_in(ScriptedWorld())
    made.task.get(ExecutionContext).directory = str(root)
    return made


def paths(fiber: Fiber, *arguments: object) -> list[str]:
    return [entry["path"] for entry in scan_directory(fiber, *arguments)]


def test_entries_come_before_what_is_in_them_and_sorted_by_name(fiber: Fiber) -> None:
    everything = ["a", "a/b", "a/b/c", "a/b/c/y.py", "a/x.py", "a/z.txt", "a0.py", "b.py"]
    for arguments in ((), ("",), (None,), (".",), (None, None), ("./", 5, "x")):
        assert paths(fiber, *arguments) == everything


def test_an_entry_has_size_time_and_kind(fiber: Fiber, tmp_path: Path) -> None:
    os.utime(tmp_path / "root" / "b.py", (7.9, 7.9))
    found = {entry["path"]: entry for entry in scan_directory(fiber)}
    assert found["b.py"] == {"path": "b.py", "size": 4, "modified": 7, "is_dir": False}
    assert found["a"]["is_dir"] is True
    assert type(found["a"]["size"]) is int


def test_paths_are_relative_to_the_execution_root_or_absolute_outside_of_it(fiber: Fiber, tmp_path: Path) -> None:
    assert paths(fiber, "./a//b") == ["a/b/c", "a/b/c/y.py"]
    assert paths(fiber, str(tmp_path / "root" / "a" / "b")) == ["a/b/c", "a/b/c/y.py"]
    (tmp_path / "root2").mkdir()
    (tmp_path / "root2" / "f").touch()
    assert paths(fiber, str(tmp_path / "root2")) == [str(tmp_path / "root2" / "f")]
    assert paths(fiber, "../root2") == ["../root2/f"]


@pytest.mark.parametrize(
    ("depth", "deepest"),
    [(0, "a"), (1, "a/b"), (2, "a/b/c"), (3, "a/b/c/y.py"), (-1, "a/b/c/y.py"), (2.5, "a/b/c/y.py")],
)
def test_depth_counts_from_the_direct_entries(fiber: Fiber, depth: object, deepest: str) -> None:
    found = paths(fiber, "", {"max_depth": depth})
    assert max(found, key=lambda path: path.count("/")) == deepest


def test_the_default_depth_is_five(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "root" / "1/2/3/4/5/6/7").mkdir(parents=True)
    assert paths(fiber, "1")[-1] == "1/2/3/4/5/6/7"
    assert "1/2/3/4/5/6" in paths(fiber)
    assert "1/2/3/4/5/6/7" not in paths(fiber)


def test_hidden_entries_are_left_out_unless_asked_for(fiber: Fiber) -> None:
    found = paths(fiber, ".", {"include_hidden": True})
    assert found[:3] == [".env", ".hidden", ".hidden/h.py"]


def test_directories_or_files_can_be_left_out_and_are_entered_all_the_same(fiber: Fiber) -> None:
    assert paths(fiber, ".", {"include_dirs": False, "include_files": 0}) == [
        *("a/b/c/y.py", "a/x.py", "a/z.txt", "a0.py", "b.py")
    ]
    assert paths(fiber, ".", {}, {"include_files": False}) == ["a", "a/b", "a/b/c"]


def test_the_third_argument_goes_before_the_second(fiber: Fiber) -> None:
    assert paths(fiber, ".", "x.py", {"pattern": "z.txt"}) == ["a/z.txt"]
    assert paths(fiber, ".", {"pattern": "x.py"}, {"pattern": ""}) == ["a/x.py"]
    assert paths(fiber, ".", {"pattern": 0}) == ["a0.py"]
    assert paths(fiber, ".", {"pattern": None}) == paths(fiber)


def test_a_pattern_is_tested_against_the_whole_relative_path(fiber: Fiber) -> None:
    assert paths(fiber, "a", "a/x*") == ["a/x.py"]
    assert paths(fiber, ".", "*.py") == ["a/b/c/y.py", "a/x.py", "a0.py", "b.py"]
    assert paths(fiber, ".", "a/**/*.py") == ["a/b/c/y.py", "a/x.py"]
    assert paths(fiber, ".", "a/**") == ["a", "a/b", "a/b/c", "a/b/c/y.py", "a/x.py", "a/z.txt"]


def test_links_are_listed_and_not_followed(fiber: Fiber, tmp_path: Path) -> None:
    (tmp_path / "root" / "a" / "loop").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "a" / "broken").symlink_to("nowhere")
    found = {entry["path"]: entry for entry in scan_directory(fiber, "a")}
    assert found["a/loop"]["is_dir"] is False
    assert found["a/loop"]["size"] == len(str(tmp_path / "root"))
    assert found["a/broken"]["size"] == 7
    assert not any(path.startswith("a/loop/") for path in found)


@pytest.mark.parametrize("path", ["no/such/dir", "b.py", "a\0b"])
def test_what_is_no_directory_is_empty(fiber: Fiber, path: str) -> None:
    assert scan_directory(fiber, path) == []


def test_names_that_are_not_unicode_are_entered_and_shown_with_replacements(fiber: Fiber, tmp_path: Path) -> None:
    strange = os.fsencode(tmp_path) + b"/root/\xff"
    os.mkdir(strange)
    with open(strange + b"/f", "wb"):
        pass
    assert paths(fiber)[-2:] == ["\ufffd", "\ufffd/f"]


class Counter:
    """Counts what passes the effect seam."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def handle(self, call: EffectCall, proceed: Callable[[], object]) -> object:
        if call.operation.name == "entries":
            self.paths.append(call.args[0])
        return proceed()


def test_each_directory_is_looked_at_once_and_named_to_the_seam(fiber: Fiber, tmp_path: Path) -> None:
    counter = Counter()
    fiber.runtime.seam.attach(counter)
    for number in range(300):
        (tmp_path / "root" / "many" / str(number)).mkdir(parents=True)
    assert len(scan_directory(fiber, "many", "no*")) == 0
    root = str(tmp_path / "root" / "many")
    assert sorted(counter.paths) == sorted([root, *(f"{root}/{number}" for number in range(300))])


# --- patterns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "meant", "not_meant"),
    [
        ("", ["a", "a/b"], []),
        ("b.", ["b.py", "a/b.py", "ab.x"], ["bpy", "a"]),
        ("a?c", ["xa?cx"], ["abc"]),
        ("*", ["a", "a/b.py"], []),
        ("**", ["a", "a/b.py"], []),
        ("*.py", ["a.py", "a/b.py", ".py"], ["a.pyc", "a.py/b"]),
        ("src/*", ["src/a", "src/a/b"], ["src", "x/src/a"]),
        ("src/*.py", ["src/a.py", "src/a/b.py"], ["src/a", "a.py"]),
        ("src/**", ["src", "src/a", "src/a/b"], ["srcs", "srcs/a", "x/src"]),
        ("src/**/*.py", ["src/a.py", "src/x/a.py", "src/x/y/a.py"], ["srcs/a.py", "src/a.pyc", "a.py"]),
        ("**/a.py", ["a.py", "x/a.py", "x/y/a.py"], ["xa.py", "x/xa.py"]),
        ("**/test/**/*.py", ["test/a.py", "x/test/y/a.py"], ["xtest/a.py", "test.py"]),
        ("a/**/b/**/c", ["a/b/c", "a/x/b/y/z/c"], ["a/c", "a/xb/c", "a/b/xc"]),
        ("*a*b*", ["ab", "xaxbx", "a/b"], ["ba"]),
        ("a*a", ["aa", "a/a"], ["a"]),
        ("?.p*", ["a.py"], ["ab.py", "/.py"]),
        ("[ab]*.py", ["a.py", "bx.py", "[ab].py"], ["c.py"]),
        ("[!a]*", ["b", "[!a]x"], ["a", "/"]),
        ("[a-c]*", ["b", "[a-c]"], ["d", "-"]),
        ("[z-a]*", ["[z-a]x"], ["z", "b"]),
        ("app/[id]/*.tsx", ["app/[id]/page.tsx", "app/i/x.tsx"], ["app/x/page.tsx"]),
        ("a.b*", ["a.b"], ["axb"]),
        ("*(x)+$", ["a(x)+$"], ["ax"]),
        ("*\\d", ["a\\d"], ["a1", "\\5"]),
        ("*\n", ["a\n"], ["a"]),
        ("*a", ["\n\na"], ["a\n"]),
    ],
)
def test_patterns(pattern: str, meant: list[str], not_meant: list[str]) -> None:
    is_meant = path_test(pattern)
    assert [path for path in meant + not_meant if is_meant(path)] == meant


def by_definition(pattern: str, path: str) -> bool:
    """The same by trying everything."""
    if not pattern:
        return not path
    if pattern == "/**":
        return path == "" or path.startswith("/")
    if pattern.startswith("**/") and (not path_so_far[0] or path_so_far[0].endswith("/")):
        rests = [path] + [path[at + 1 :] for at, each in enumerate(path) if each == "/"]
        return any(_after(path[: len(path) - len(rest)] + "/", pattern[3:], rest) for rest in rests)
    if pattern.startswith("*"):
        return any(_after(pattern[0], pattern[1:], path[at:]) for at in range(len(path) + 1))
    if not path or (pattern[0] == "?" and path[0] == "/") or (pattern[0] not in ("?", path[0])):
        return False
    return _after(pattern[0], pattern[1:], path[1:])


path_so_far = [""]


def _after(consumed: str, pattern: str, path: str) -> bool:
    """by_definition of the rest, knowing whether the pattern stands behind a slash."""
    before = path_so_far[0]
    path_so_far[0] = consumed
    try:
        return by_definition(pattern, path)
    finally:
        path_so_far[0] = before


@given(st.text("ab/*?", max_size=8).filter(lambda text: "*" in text), st.text("ab/", max_size=8))
@settings(deadline=None, max_examples=600)
def test_globs_mean_what_their_definition_says(pattern: str, path: str) -> None:
    # Runs of stars that are no `**/` or `/**` are one star.
    plain = re.sub(r"\*{2,}", lambda run: run[0] if _is_special(pattern, run) else "*", pattern)
    assert path_test(pattern)(path) == by_definition(plain, path)


def _is_special(pattern: str, run: re.Match[str]) -> bool:
    if len(run[0]) != 2:
        return False
    opens = run.start() == 0 or pattern[run.start() - 1] == "/"
    return opens and (pattern[run.end() : run.end() + 1] == "/" or (run.start() > 0 and run.end() == len(pattern)))


def test_many_stars_take_no_exponential_time() -> None:
    is_meant = path_test("*a" * 30 + "*b")
    assert not is_meant("a" * 4000)
    assert not path_test("**/a/" * 20 + "b*c")("a/" * 2000)
