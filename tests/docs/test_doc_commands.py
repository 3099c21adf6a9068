"""docs/cli.md tells of the commands that there are: each in a section with an example, in the order of the help text."""

from __future__ import annotations

import re

import pytest
from doc_blocks import DOCS, blocks_of, commands_of

from harnpy.cli.arguments import Command
from harnpy.cli.main import COMMANDS, listed_commands

PAGE = (DOCS / "cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def test_the_sections_are_the_commands_in_the_order_of_the_help_text() -> None:
    assert list(SECTIONS) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_a_section_runs_its_command(name: str) -> None:
    consoles = [block for block in blocks_of(SECTIONS[name]) if block.language == "console"]
    commands = [command for console in consoles for command, _ in commands_of(console.text)]
    assert any(f"harn {name} " in f"{command} " for command in commands) or name == "version"


@pytest.mark.parametrize("command", listed_commands(), ids=lambda command: command.name)
def test_flags_that_a_section_names_are_those_of_its_command(command: Command) -> None:
    prose = re.sub(r"^```.*?^```$", "", SECTIONS[command.name], flags=re.DOTALL | re.MULTILINE)
    known = {name for flag in command.flags for name in (flag.name, flag.short)}
    named = set(re.findall(r"`(--?[a-z][a-z-]*[a-z]|-[a-z])[ `]", prose))
    assert named - known == set()
