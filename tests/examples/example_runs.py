"""Running an example as a user runs it, with no model configured but by the test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from support import HANG_SECONDS

ROOT = Path(__file__).parent.parent.parent

_HIDDEN = ("_API_KEY", "_proxy", "_PROXY", "HF_TOKEN", "LOCAL_LLM", "HARN_", "_BASE_URL", "FIX_TESTS_")


def run_example(
    name: str, *arguments: str, flags: Sequence[str] = (), **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `harn run FLAGS examples/NAME -- ARGUMENTS` from the root of the checkout, with these environment variables."""
    environment = {key: value for key, value in os.environ.items() if not any(part in key for part in _HIDDEN)}
    return subprocess.run(
        [sys.executable, "-m", "harnpy", "run", *flags, f"examples/{name}", "--", *arguments],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
