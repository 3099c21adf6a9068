"""Running the `harn` command as a user does: a real process with its own streams."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support import HANG_SECONDS

import harnpy

COMMAND = (sys.executable, "-m", "harnpy")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    status: int
    output: str
    errors: str


def environment(**changes: str) -> dict[str, str]:
    """The environment of the tests without what would change Harn's behaviour, and with changes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HARN_", "LOCAL_LLM"))}
    kept.pop("NO_COLOR", None)
    # The tests run the code beside them, installed or not.
    kept["PYTHONPATH"] = str(Path(harnpy.__file__).parent.parent)
    return kept | changes


def harn(*words: str, cwd: Path | None = None, input: str = "", **variables: str) -> Ended:
    """Run `harn WORDS` in cwd to its end."""
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=cwd,
        env=environment(**variables),
        input=input.encode(),
        capture_output=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def write(directory: Path, name: str, text: str) -> Path:
    """A file below directory, with its parents."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
