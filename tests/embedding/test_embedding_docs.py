"""docs/embedding.md does what it says, and examples/embed.py prints what it promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8"), re.DOTALL)
EXAMPLE = ROOT / "examples" / "embed.py"


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 6


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_the_guide_runs(block: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_the_example_prints_what_it_promises() -> None:
    done = subprocess.run([sys.executable, "-W", "error", str(EXAMPLE)], capture_output=True, text=True)
    expected = EXAMPLE.read_text().split('"""')[1].split("It prints:\n\n")[1]
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == re.sub(r"(?m)^    ", "", expected).rstrip() + "\n"


def test_the_example_is_typed() -> None:
    """Strictly, against the package as it is installed: with its marker py.typed."""
    pytest.importorskip("mypy")
    assert (ROOT / "harnpy" / "py.typed").exists()
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(EXAMPLE)],
        cwd=ROOT,  # with what mypy remembers of the package, which takes minutes to read anew
        env={"PATH": "", "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "Success: no issues found in 1 source file\n"
