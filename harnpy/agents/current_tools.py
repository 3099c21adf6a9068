"""The tool registry in force (chapter 12 section 12.6.3). Holds the builtins tool_bind, tool_ref and tool_def."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@contextmanager
def tools_bound(fiber: Fiber, tools: Value) -> Iterator[None]:
    """Make tools the current registry of the task for the body."""
    raise NotImplementedError
    yield
