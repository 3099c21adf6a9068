"""What the LLM layer keeps for the life of one runtime, shared by all its tasks (chapter 11 section 31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.mock import MockProvider
from harnpy.llm.observe import EventBus
from harnpy.llm.providers.table import BUILT_IN, Configuration

if TYPE_CHECKING:
    from harnpy.llm.gateway import Gateway
    from harnpy.vm.runtime import Runtime


class LlmState:
    """configuration says which providers there are; availability whether a provider's key was found when asked;
    warned which once-only warnings have been said.
    """

    def __init__(self) -> None:
        self.configuration: Configuration = BUILT_IN
        self.bus = EventBus()
        self.mock = MockProvider()
        self.availability: dict[str, bool] = {}
        self.warned: set[tuple[str, ...]] = set()
        self._gateway: Gateway | None = None

    def gateway(self, runtime: Runtime) -> Gateway:
        """The gateway of runtime, which this state belongs to. Programs that only mock never load it."""
        if self._gateway is None:
            from harnpy.llm.gateway import Gateway

            self._gateway = Gateway(self.bus)
            runtime.scheduler.on_close(self._gateway.close)
        return self._gateway
