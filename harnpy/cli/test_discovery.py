"""Which files a `harn test PATH` is about: user tests, and programs with their expected result beside them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from harnpy.cli.harn_files import harn_files

# What the text of a file must contain to be worth parsing for tests.
_MENTIONS_TESTS = re.compile(r"test_|@test\b")


@dataclass(frozen=True, slots=True)
class TestFiles:
    """The files below one path, sorted: those that may hold user tests, and the programs with an expectation."""

    user: tuple[str, ...]
    expectations: tuple[Path, ...]


def expectation_of(program: Path) -> Path | None:
    """The file that says how program must end: `X.expected` (wins) or `X.error`; None without either."""
    for suffix in (".expected", ".error"):
        candidate = program.with_suffix(suffix)
        if candidate.is_file():
            return candidate
    return None


def find_tests(target: str) -> TestFiles:
    """The tests at target, a file or a directory.

    In a directory user tests are found by their text and named by canonical absolute path; a file is taken as it is.
    A program with an expectation is never a user test.
    """
    path = Path(target)
    if not path.is_dir():
        return TestFiles((), (path,)) if expectation_of(path) else TestFiles((target,), ())
    user: list[str] = []
    expectations: list[Path] = []
    for file in harn_files(path):
        if expectation_of(file):
            expectations.append(file)
        elif _may_hold_tests(file):
            user.append(os.path.realpath(file))
    return TestFiles(tuple(sorted(user)), tuple(expectations))


def _may_hold_tests(file: Path) -> bool:
    """An unreadable file is kept: the run then reports why."""
    try:
        return _MENTIONS_TESTS.search(file.read_bytes().decode("utf-8", "replace")) is not None
    except OSError:
        return True
