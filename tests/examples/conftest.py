"""The tests of the examples use the provider on a loopback socket that the LLM tests have."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "llm"))
