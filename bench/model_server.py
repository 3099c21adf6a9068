"""The server of bench/llm/server.py for as long as a benchmark needs it, and what it has written down."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).parent / "llm" / "server.py"


@contextmanager
def server() -> Iterator[str]:
    """A server that runs while the block does; its address."""
    process = subprocess.Popen(
        (sys.executable, str(_PROGRAM)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.stdin.close()
        process.wait(10)


def log(url: str) -> dict[str, Any]:
    """What the server has written down."""
    with urllib.request.urlopen(f"{url}/log") as reply:
        written: dict[str, Any] = json.load(reply)
    return written
