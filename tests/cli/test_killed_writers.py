"""A writer that is killed at any moment leaves a file that parses and has lost nothing that was acknowledged.

HARN_KILLS says at how many moments for each kind of file; killed_writers.py as a program prints a table of 200.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from harn_process import harn
from killed_writers import FILES, PROGRAMS, kill_writers

MOMENTS = int(os.environ.get("HARN_KILLS", "5"))


@pytest.mark.parametrize("kind", list(PROGRAMS))
@pytest.mark.timeout(60 + 3 * MOMENTS)
def test_a_killed_writer_loses_nothing_that_it_has_acknowledged(kind: str, tmp_path: Path) -> None:
    outcome = kill_writers(kind, MOMENTS, tmp_path, seed=os.getpid())
    assert outcome.problems == []
    assert outcome.moments >= MOMENTS
    assert outcome.acknowledged >= outcome.moments


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("store", 'store_set("last", 1)'),
        ("checkpoint", 'checkpoint("last", 1)'),
        ("metadata", 'metadata_set("last", "n", {n: 1})\nmetadata_save()'),
        ("daemon", 'agent_loop("last", nil, {daemon: true, persist_path: "daemon.json"})'),
    ],
)
def test_the_next_writer_clears_away_what_a_killed_one_has_left(kind: str, source: str, tmp_path: Path) -> None:
    file = tmp_path / FILES[kind]
    file.parent.mkdir(parents=True, exist_ok=True)
    for end in (".tmp", ".lock"):
        file.with_name(file.name + end).write_text("{half of")
    (tmp_path / "writer.harn").write_text(source)
    ended = harn("run", "writer.harn", cwd=tmp_path, HARN_LLM_PROVIDER="mock")
    assert (ended.status, ended.errors) == (0, "")
    assert [name for name in os.listdir(file.parent) if name.startswith(file.name)] == [file.name]
    assert "last" in file.read_text()
