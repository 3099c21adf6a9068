"""Servers that nobody here wrote, from an environment of their own: `make test-peers` installs them and runs this.

Without HARN_TEST_PEERS, the folder of their commands, there is nothing to collect.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "llm"))

collect_ignore_glob = [] if os.environ.get("HARN_TEST_PEERS") else ["test_*.py"]
