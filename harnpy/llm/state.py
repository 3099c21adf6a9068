"""What the LLM layer keeps for the life of one runtime, shared by all its tasks (chapter 11 section 31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harnpy.llm.mock import MockProvider
from harnpy.llm.observe import EventBus
from harnpy.llm.providers.table import BUILT_IN, REGISTERED_AT_START, Configuration
from harnpy.llm.secrets import Secrets

if TYPE_CHECKING:
    from harnpy.llm.fixtures import Fixtures
    from harnpy.llm.gateway import Gateway
    from harnpy.vm.runtime import Runtime


class LlmState:
    """availability says whether a provider's key was found when asked; warned which once-only warnings have been said;
    observed whether what observes calls has been attached; registered which names `provider_register` and the defaults
    have made known. fixtures are recordings of calls, None unless they are asked for.
    """

    def __init__(self) -> None:
        self._configuration: Configuration | None = None
        self.registered = set(REGISTERED_AT_START)
        self.bus = EventBus()
        self.mock = MockProvider()
        self.secrets = Secrets()
        self.observed = False
        self.fixtures: Fixtures | None = None
        self.availability: dict[str, bool] = {}
        self.warned: set[tuple[str, ...]] = set()
        self._gateway: Gateway | None = None

    @property
    def is_configured(self) -> bool:
        """Whether the configuration has been read, or set."""
        return self._configuration is not None

    @property
    def configuration(self) -> Configuration:
        """Which providers there are; the built-in ones until somebody has asked a CallContext, which reads the files."""
        return self._configuration or BUILT_IN

    @configuration.setter
    def configuration(self, configuration: Configuration) -> None:
        self._configuration = configuration

    @property
    def needs_keys(self) -> bool:
        """Whether calls go to providers; recordings and scripts answer without a key."""
        return not self.mock.script and (self.fixtures is None or not self.fixtures.replaying)

    def gateway(self, runtime: Runtime) -> Gateway:
        """The gateway of runtime, which this state belongs to. Programs that only mock never load it."""
        if self._gateway is None:
            from harnpy.llm.gateway import Gateway

            self._gateway = Gateway(self.bus, secrets=self.secrets)
            runtime.scheduler.on_close(self._gateway.close)
        return self._gateway
