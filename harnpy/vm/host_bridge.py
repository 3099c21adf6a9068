"""What a program may ask of its host: an editor or another program that runs it and answers its requests (chapter 14
section 14.5). A runtime without one has `host` None, and its builtins do what they do by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from harnpy.vm.fiber import Fiber

# What json.loads returns.
Json: TypeAlias = Any


class HostBridge(Protocol):
    """The host. Every method may suspend the fiber that it is called with, and raises HarnError: a runtime error such as
    `Client error: MESSAGE` for a request that has failed.
    """

    def call(self, fiber: Fiber, name: str, arguments: Json) -> Json:
        """Do a host operation, named as the program has named it."""

    def capabilities(self, fiber: Fiber) -> Json:
        """What the host offers: capability -> list of operation names, or an object with `ops`. Anything else counts as
        nothing.
        """

    def run_command(self, fiber: Fiber, command: str, arguments: Sequence[str]) -> tuple[bool, Json]:
        """Run a command in a terminal of the host: whether it has terminals, and what it says about how the command ended."""

    def emit_response(self, fiber: Fiber, text: str) -> None:
        """Show a piece of the program's answer to the user."""
