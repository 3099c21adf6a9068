"""docs/python.md: its programs print what it says they print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from python_runs import run

TEXT = (Path(__file__).parent.parent.parent / "docs" / "python.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```harn\n(.*?)```\n```text\n(.*?)```", TEXT, re.DOTALL)


def test_every_program_of_the_guide_is_among_those_that_are_run() -> None:
    assert len(PROGRAMS) == TEXT.count("```harn\n") >= 8


@pytest.mark.parametrize(("program", "expected"), PROGRAMS)
def test_a_program_of_the_guide_prints_what_is_shown(program: str, expected: str) -> None:
    assert run(program) == expected
