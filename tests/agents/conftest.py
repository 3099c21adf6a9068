"""The agents' tests use what the LLM tests have: programs in process, and a provider on a loopback socket."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "llm"))

from provider_fixtures import no_proxy_of_this_machine, server

__all__ = ["no_proxy_of_this_machine", "server"]
