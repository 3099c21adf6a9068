"""What README.md promises is true; tests/docs runs its programs, and those of the pages that it sends people to."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import harnpy
from harnpy.cli.main import COMMANDS

ROOT = Path(harnpy.__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_command_named_exists():
    named = set(re.findall(r"`harn ([a-z-]+)", README)) | set(re.findall(r"bin/harn ([a-z]+)", MAKEFILE))
    assert named - {*COMMANDS, "help"} == set()


def test_every_make_target_named_exists():
    named = set(re.findall(r"\bmake ([a-z]+)\s*(?:#|`)", README))
    assert named >= {"run", "test"}
    assert {name for name in named if f"\n{name}:" not in MAKEFILE} == set()


def test_the_files_that_it_sends_people_to_exist():
    named = re.findall(r"(?<![\w./-])((?:examples|tests|bench|stdlib|grammar)/[\w./-]*)", README)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_continuous_integration_runs_what_the_readme_tells_a_contributor():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script
    assert "\nmake test-all " in script
    assert "`make test-all`" in README
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)
