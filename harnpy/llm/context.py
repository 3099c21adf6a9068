"""One fiber's view of the LLM layer: its state, and the world as model calls need it, always through the seam."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harnpy.llm.configure import load_configuration
from harnpy.llm.observers import attach_observers
from harnpy.llm.own_blocks import ProviderMessages
from harnpy.llm.providers.table import Configuration
from harnpy.llm.resolve import ApiKey, ModelChooser
from harnpy.llm.state import LlmState
from harnpy.vm.effects import OWN

if TYPE_CHECKING:
    from harnpy.llm.gateway import Gateway
    from harnpy.vm.fiber import Fiber

_GREATEST_RANDOM = (1 << 74) - 1
_LAST_GROUP_DIGITS = 12
_LAST_GROUP = (1 << 4 * _LAST_GROUP_DIGITS) - 1


class CallContext:
    """Everything that making a call asks for, on behalf of one fiber."""

    def __init__(self, fiber: Fiber) -> None:
        self.fiber = fiber
        # The calls of one context are mostly about one conversation that grows; others are converted as a whole.
        self.conversation = ProviderMessages()
        self.state = fiber.runtime.state(LlmState)
        if not self.state.observed:
            self.state.observed = True
            attach_observers(self)

    @property
    def configuration(self) -> Configuration:
        """Which providers there are; its files are read when it is first asked for."""
        if not self.state.is_configured:
            self.state.configuration = load_configuration(self.fiber)
            self.state.secrets.collect(self.env, self.state.configuration)
        return self.state.configuration

    @property
    def gateway(self) -> Gateway:
        return self.state.gateway(self.fiber.runtime)

    def chooser(self) -> ModelChooser:
        return ModelChooser(self.configuration, self.env, self.state.availability, self.warn_once)

    def env(self, name: str) -> str | None:
        """A variable that configures the runtime; names that a program chooses do not belong here."""
        value: str | None = self.fiber.effect_for(OWN, self.fiber.runtime.world.env, name)
        return value

    def remember_key(self, key: ApiKey) -> None:
        """Hand a key to the gateway; a provider that takes none does not load it."""
        if key.source:
            self.gateway.remember_key(key)

    def wall_time(self) -> float:
        seconds: float = self.fiber.effect(self.fiber.runtime.world.wall_time)
        return seconds

    def monotonic(self) -> float:
        seconds: float = self.fiber.effect(self.fiber.runtime.world.monotonic)
        return seconds

    def sleep(self, seconds: float) -> None:
        """Wait; other tasks run meanwhile. A cancellation or a deadline is raised here."""
        self.fiber.effect(self.fiber.runtime.world.sleep, seconds)

    def ids(self) -> Iterator[str]:
        """UUIDs version 7 made at once: they sort in the order in which they are taken.

        Time and chance are asked once; each further id is one greater (RFC 9562 section 6.2, method 2).
        """
        milliseconds = int(self.wall_time() * 1000)
        first: int = self.fiber.effect(self.fiber.runtime.world.random_int, 0, _GREATEST_RANDOM)
        return uuid7_texts(milliseconds, first)

    def new_id(self) -> str:
        """One UUID version 7."""
        return next(self.ids())

    def warn(self, text: str) -> None:
        self._say(f"[harn] warning: {text}")

    def warn_once(self, key: tuple[str, ...], text: str) -> None:
        """Warn unless a warning of this key has been given in this run."""
        if key not in self.state.warned:
            self.state.warned.add(key)
            self.warn(text)

    def debug(self, category: str, text: str) -> None:
        self._say(f"[DEBUG] [{category}] {text}")

    def info(self, category: str, text: str) -> None:
        self._say(f"[INFO] [{category}] {text}")

    def _say(self, line: str) -> None:
        self.fiber.effect(self.fiber.runtime.world.write_error, line + "\n")


def uuid7_texts(milliseconds: int, first: int) -> Iterator[str]:
    """The UUIDs of a Unix time in milliseconds and of 74 bits that count on from first, after the greatest from 0."""
    random = first & _GREATEST_RANDOM
    while True:
        # The last group holds the lowest 48 bits; what stands before it changes once in ages.
        beginning = uuid7_text(milliseconds, random)[:-_LAST_GROUP_DIGITS]
        for last in range(random & _LAST_GROUP, _LAST_GROUP + 1):
            yield f"{beginning}{last:012x}"
        random = (random | _LAST_GROUP) + 1 & _GREATEST_RANDOM


def uuid7_text(milliseconds: int, random: int) -> str:
    """The UUID of a Unix time in milliseconds and 74 random bits."""
    high, low = random >> 62, random & ((1 << 62) - 1)
    number = (milliseconds & ((1 << 48) - 1)) << 80 | 7 << 76 | high << 64 | 2 << 62 | low
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
