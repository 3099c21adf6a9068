"""Lets these tests import the modules of bench/, which is a folder of scripts and no package."""

from __future__ import annotations

import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"
sys.path.append(str(BENCH))
