"""docs/stdlib.md: its programs print what it says they print, and its tables are those of the modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from guide import GUIDE, module_sources, with_tables
from support import run_source

TEXT = GUIDE.read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```harn\n(.*?)```\n```text\n(.*?)```", TEXT, re.DOTALL)


def test_every_program_of_the_guide_is_among_those_that_are_run() -> None:
    assert len(PROGRAMS) == TEXT.count("```harn\n") > len(module_sources())


@pytest.mark.parametrize(("program", "expected"), PROGRAMS)
def test_a_program_of_the_guide_prints_what_is_shown(
    program: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HARN_STATE_DIR", "HARN_RUN_DIR", "HARN_WORKTREE_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert run_source(program, str(tmp_path / "main.harn")) == expected


def test_the_guide_has_a_section_with_a_program_for_each_module() -> None:
    sections = dict(re.findall(r"^## std/(\w+)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE))
    assert list(sections) == list(module_sources())
    for name, section in sections.items():
        assert f'"std/{name}"' in section, name


def test_the_tables_of_the_guide_are_those_of_the_modules() -> None:
    assert with_tables(TEXT) == TEXT, "run: python tests/stdlib/guide.py"
