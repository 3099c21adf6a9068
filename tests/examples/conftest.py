"""The tests of the examples use the servers on loopback sockets that the tests of model calls and of HTTP have."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("llm", "builtins"):
    sys.path.insert(0, str(Path(__file__).parent.parent / folder))
