"""HTTP tests share certificates and interruptions with the tests of model calls, which are in a folder of their own."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "llm"))
