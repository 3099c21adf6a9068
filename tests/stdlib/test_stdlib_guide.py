"""docs/stdlib.md has a section with a program for each module, and its tables are those of the modules."""

from __future__ import annotations

import re

from guide import GUIDE, module_sources, with_tables

TEXT = GUIDE.read_text(encoding="utf-8")


def test_the_guide_has_a_section_with_a_program_for_each_module() -> None:
    sections = dict(re.findall(r"^## std/(\w+)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE))
    assert list(sections) == list(module_sources())
    for name, section in sections.items():
        assert f'import "std/{name}"' in section or f'from "std/{name}"' in section, name
        assert "```harn\n" in section, name


def test_the_tables_of_the_guide_are_those_of_the_modules() -> None:
    assert with_tables(TEXT) == TEXT, "run: python tests/stdlib/guide.py"
