"""What the LLM tests find in place."""

from __future__ import annotations

from provider_fixtures import no_proxy_of_this_machine, server

__all__ = ["no_proxy_of_this_machine", "server"]
