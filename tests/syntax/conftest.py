"""Tests of syntax also use the programs that the generator of tests/jit makes."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("jit", "docs"):
    sys.path.append(str(Path(__file__).parent.parent / folder))
