"""What README.md and the files it sends people to promise is true."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from harn_process import harn, write

import harnpy
from harnpy.cli.compose import make_runtime
from harnpy.cli.main import COMMANDS

ROOT = Path(harnpy.__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```harn\n(.*?)```", README, re.DOTALL)


def test_every_command_is_named_except_those_that_everybody_knows():
    assert [name for name in COMMANDS if f"`harn {name}" not in README] == ["version"]


def test_every_command_named_exists():
    named = set(re.findall(r"`harn ([a-z-]+)", README)) | set(re.findall(r"bin/harn ([a-z]+)", MAKEFILE))
    assert named - {*COMMANDS, "help"} == set()


def test_every_make_target_named_exists():
    named = set(re.findall(r"\bmake ([a-z]+)\s*(?:#|`)", README))
    assert named >= {"run", "test"}
    assert {name for name in named if f"\n{name}:" not in MAKEFILE} == set()


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_every_program_shown_compiles(number):
    runtime = make_runtime()
    try:
        assert runtime.compile(PROGRAMS[number], "README.md", use_cache=False).path == "README.md"
    finally:
        runtime.close()


def test_the_test_shown_passes(tmp_path):
    program = next(program for program in PROGRAMS if "pipeline test_" in program)
    write(tmp_path, "a.harn", program)
    assert harn("test", "a.harn", cwd=tmp_path).status == 0


def test_the_files_that_it_sends_people_to_exist():
    named = re.findall(r"(?<![\w./-])((?:examples|tests|bench|stdlib|grammar)/[\w./-]*)", README)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_continuous_integration_runs_what_the_readme_tells_a_contributor():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script
    assert "\nmake test-all " in script
    assert "`make test-all`" in README
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)
