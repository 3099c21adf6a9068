"""The builtins that script the mock provider and show what it was asked (chapter 11 section 23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.mock import read_mock_answer
from harnpy.llm.state import LlmState
from harnpy.vm.registry import builtin
from harnpy.vm.values import Value

if TYPE_CHECKING:
    from harnpy.vm.fiber import Fiber


@builtin("llm_mock(config: dict) -> nil")
def llm_mock(fiber: Fiber, config: Value = None) -> None:
    """Registers an answer of the mock provider: for the next call, or with `match` for every call whose text fits.

    Returns nil; raises for a config that is no dict and for an error entry without a known category.
    """
    fiber.runtime.state(LlmState).mock.register(read_mock_answer(config))


@builtin("llm_mock_calls() -> list")
def llm_mock_calls(fiber: Fiber) -> list[Value]:
    """The calls that the mock provider has received, oldest first: dicts of `messages`, `system` and `tools`."""
    return [
        {"messages": call.messages, "system": call.system, "tools": call.tools}
        for call in fiber.runtime.state(LlmState).mock.calls
    ]


@builtin("llm_mock_clear() -> nil")
def llm_mock_clear(fiber: Fiber) -> None:
    """Forgets all registered answers and recorded calls of the mock provider. Returns nil."""
    fiber.runtime.state(LlmState).mock.clear()
