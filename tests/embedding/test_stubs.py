"""`harn stubs`: what type checkers see of a module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from harn_process import harn

import harnpy

ROOT = Path(__file__).parent.parent.parent

SOURCE = """
/// A point.
pub struct Point { x: int
  y?: float }
enum Shape { Circle(radius: float)
  Dot }
type Mode = "fast" | "slow"
/// Moves a point \\ "so".
///
/// By that much.
pub fn move(p: Point, by: int = 1, mode: Mode = "fast", ...rest) -> Point { return p }
/// The length of "all"
pub fn count(names: list<string>, table: dict<string, int>) -> int | nil { return len(names) }
pub fn check(f: fn(int) -> string) -> Result<int, string> { return Ok(1) }
pub fn area(s: Shape) -> float { return 1.0 }
pub fn class_(lambda) { return lambda }
pub fn each(n: int) -> iter<int> { yield n }
fn hidden() { }
"""

GOOD = """
from typing import TYPE_CHECKING, cast

import harnpy

if TYPE_CHECKING:
    import shapes

with harnpy.Runtime() as runtime:
    module = cast("shapes.Module", runtime.load("shapes.harn"))
    point: shapes.Point = module.move({"x": 1}, by=2, mode="slow")
    number: int | None = module.count(["a"], {"a": 1})
    result: harnpy.Result = module.check(lambda n: str(n))
    numbers: list[int] = list(module.each(3))
    print(point["x"], number, bool(result), numbers)

async def later() -> int:
    point = await module.move.async_({"x": 1})
    return point["x"]
"""

# Lines and what mypy finds there.
BAD = {
    'module.move({"x": "1"})': "typeddict-item",
    'module.move({"x": 1}, mode="odd")': "arg-type",
    "module.move()": "call-arg",
    "module.nothing()": "attr-defined",
    "module.count([1], {})": "list-item",
    "text: str = module.count([], {})": "assignment",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("stubs")
    (directory / "shapes.harn").write_text(SOURCE)
    done = harn("stubs", "shapes.harn", "-o", "shapes.pyi", cwd=directory)
    assert (done.status, done.output, done.errors) == (0, "", "")
    return directory


def test_a_stub_is_python_and_names_what_is_exported(project: Path) -> None:
    text = (project / "shapes.pyi").read_text()
    compile(text, "shapes.pyi", "exec")
    assert text == harn("stubs", "shapes.harn", cwd=project).output
    assert "hidden" not in text
    assert '"""A point."""' in text


def test_type_checkers_hold_programs_to_the_stub(project: Path) -> None:
    pytest.importorskip("mypy")
    (project / "good.py").write_text(GOOD)
    top = GOOD.split("    point:")[0]
    (project / "bad.py").write_text(top + "".join(f"    {line}\n" for line in BAD))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--show-error-codes",
            "--no-error-summary",
            "good.py",
            "bad.py",
            "shapes.pyi",
        ],
        cwd=project,
        env={"PATH": "", "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    start = top.count("\n") + 1
    found = [line for line in done.stdout.splitlines() if "error" in line]
    expected = [f"bad.py:{start + place}: " for place in range(len(BAD))]
    assert [line[: len(begin)] for line, begin in zip(found, expected, strict=True)] == expected, done.stdout
    assert [line.rpartition("[")[2].rstrip("]") for line in found] == list(BAD.values())


def test_the_good_program_runs(project: Path) -> None:
    with harnpy.Runtime(cwd=project) as runtime:
        module = runtime.load("shapes.harn")
        assert module.move({"x": 1}, by=2, mode="slow")["x"] == 1
        assert list(module.each(3)) == [3]


def test_files_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    (tmp_path / "bad.harn").write_text("fn (")
    (tmp_path / "good.harn").write_text("fn f() { }")
    missing, bad, target = (
        harn("stubs", "none.harn", cwd=tmp_path),
        harn("stubs", "bad.harn", cwd=tmp_path),
        harn("stubs", "good.harn", "-o", "no/such/place.pyi", cwd=tmp_path),
    )
    assert [done.status for done in (missing, bad, target)] == [1, 1, 1]
    assert missing.errors == "Error reading none.harn: No such file or directory (os error 2)\n"
    assert "error:" in bad.errors and "Traceback" not in bad.errors
    assert target.errors == "Error writing no/such/place.pyi: No such file or directory (os error 2)\n"
