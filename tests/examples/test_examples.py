"""The examples run as a user runs them, and print what they promise."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded_model import needs_embedded_model
from example_runs import ROOT, run_example

HERE = Path(__file__).parent
PAGE = (HERE / "newsroom.expected").read_text()


@pytest.fixture
def server_address() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "newsroom_server.py")], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def test_newsroom_prints_its_page_with_a_model_server(server_address: str) -> None:
    finished = run_example("newsroom.harn", LOCAL_LLM_BASE_URL=server_address, LOCAL_LLM_MODEL="newsroom")
    assert (finished.stdout, finished.returncode) == (PAGE, 0), finished.stderr
    assert "retrying" in finished.stderr  # the refused request was said, on standard error


def test_newsroom_prints_the_same_page_on_the_mock_provider() -> None:
    finished = run_example("newsroom.harn")
    assert (finished.stdout, finished.stderr, finished.returncode) == (PAGE, "", 0)


@needs_embedded_model
def test_quickstart_shows_answers_of_the_embedded_model() -> None:
    finished = run_example("quickstart.harn")
    assert (finished.stderr, finished.returncode) == ("", 0)
    assert finished.stdout.startswith(
        "Provider: embedded, because no key and no local server are configured: smollm2-135m runs right here.\n"
    )
    answers = [line for line in finished.stdout.splitlines()[1:] if line and not line.startswith((">", "Three"))]
    assert len(answers) >= 4
    assert "no answer" not in finished.stdout


def test_quickstart_says_that_it_uses_a_server(server_address: str) -> None:
    finished = run_example("quickstart.harn", LOCAL_LLM_BASE_URL=server_address, LOCAL_LLM_MODEL="any")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("Provider: local, because LOCAL_LLM_BASE_URL is set.\n")
    assert "I would rather not say." in finished.stdout


BUILD = (HERE / "build.expected").read_text()


def test_the_build_script_builds_tests_and_cleans_up(tmp_path: Path) -> None:
    finished = run_example("build.harn", TMPDIR=str(tmp_path))
    assert (finished.stdout, finished.returncode) == (BUILD, 0), finished.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_build_script_passes_its_argument_to_the_compiler(tmp_path: Path) -> None:
    finished = run_example("build.harn", "release", TMPDIR=str(tmp_path))
    expected = BUILD.replace("building (debug)", "building (release)").replace(
        "mode: failed with status 1", "mode: passed"
    )
    assert (finished.stdout, finished.returncode) == (expected, 0), finished.stderr


def test_python_inside_prints_its_report() -> None:
    finished = run_example("python_inside.harn")
    expected = (HERE / "python_inside.expected").read_text()
    assert (finished.stdout, finished.stderr, finished.returncode) == (expected, "", 0)
