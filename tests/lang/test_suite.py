"""The language's own suite: every program here must print what stands beside it, or fail as it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import HANG_SECONDS

from harnpy.cli.terminal import Paint
from harnpy.cli.test_expectations import ExpectationOptions, load, run_expectation

ROOT = Path(__file__).parent
PROGRAMS = sorted(path for path in ROOT.rglob("*.harn") if load(path, ROOT) is not None)
OPTIONS = ExpectationOptions(timeout_ms=round(HANG_SECONDS * 1000), paint=Paint(False))


@pytest.mark.parametrize("program", PROGRAMS, ids=[str(path.relative_to(ROOT)) for path in PROGRAMS])
def test_program_behaves_as_specified(program: Path) -> None:
    expectation = load(program, ROOT)
    assert expectation is not None
    result = run_expectation(expectation, OPTIONS)
    assert not result.failure, result.failure


def test_the_suite_is_as_large_as_promised() -> None:
    assert len(PROGRAMS) >= 400
