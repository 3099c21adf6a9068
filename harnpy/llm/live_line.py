"""One line on a terminal that tells a person which calls are running: model, tokens, seconds, retries, cost so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harnpy.llm.observe import (
    CallCancelled,
    CallDelta,
    CallFailed,
    CallStarted,
    CallSucceeded,
    Event,
    StreamEnded,
    StreamStarted,
)
from harnpy.llm.options import LlmOptions
from harnpy.vm.clock import Clock

if TYPE_CHECKING:
    from harnpy.vm.world import StatusLine

# How often the line changes; what takes less time than this is never shown.
REFRESH_SECONDS = 0.1

# What is still being generated has no count yet; English text has about so many characters a token.
_CHARACTERS_A_TOKEN = 4

_SHOWN_MODELS = 3


@dataclass(slots=True)
class _Running:
    model: str
    started: float
    options: LlmOptions
    characters: int = 0


class LiveLine:
    """A subscriber that keeps line up to date.

    later(seconds, callback) calls back on the event loop; is_instant tells of calls that nobody has to wait for; spent
    is what the run has cost so far, in USD.
    """

    def __init__(
        self,
        line: StatusLine,
        clock: Clock,
        later: Callable[[float, Callable[[], object]], object],
        is_instant: Callable[[LlmOptions], bool],
        spent: Callable[[], float],
    ) -> None:
        self._line = line
        self._clock = clock
        self._later = later
        self._is_instant = is_instant
        self._spent = spent
        self._running: dict[str, _Running] = {}
        self._waiting: dict[int, float] = {}  # calls between two attempts, by their options, with their first start
        self._retries = 0
        self._drawn = 0.0
        self._ticking = False

    def __call__(self, event: Event) -> None:
        match event:
            case CallDelta():
                running = self._running.get(event.call_id)
                if running is not None:
                    running.characters += len(event.text) + len(event.thinking)
                    self._draw_if_due()
            case CallStarted() | StreamStarted():
                started = self._waiting.pop(id(event.options), self._clock.monotonic())
                self._running[event.call_id] = _Running(event.options.model, started, event.options)
                if not self._is_instant(event.options):
                    self._tick_later()
            case CallFailed():
                self._fail(event)
            case CallSucceeded() | CallCancelled() | StreamEnded():
                self._end(event.call_id)

    def _fail(self, event: CallFailed) -> None:
        failed = self._running.get(event.call_id)
        if failed is not None and event.wait_ms is not None:
            self._retries += 1
            self._waiting[id(event.options)] = failed.started
            self._tick_later()
        self._end(event.call_id)

    def _end(self, call_id: str) -> None:
        self._running.pop(call_id, None)
        if not self._running and not self._waiting:
            self._line.erase()

    def _tick_later(self) -> None:
        if not self._ticking:
            self._ticking = True
            self._drawn = self._clock.monotonic()
            self._later(REFRESH_SECONDS, self._tick)

    def _tick(self) -> None:
        self._ticking = False
        if self._running or self._waiting:
            self._draw()
            self._tick_later()

    def _draw_if_due(self) -> None:
        if self._ticking and self._clock.monotonic() - self._drawn >= REFRESH_SECONDS:
            self._draw()

    def _draw(self) -> None:
        self._drawn = self._clock.monotonic()
        self._line.show(self.text())

    def text(self) -> str:
        """What the line says now."""
        calls = list(self._running.values())
        started = min([*(call.started for call in calls), *self._waiting.values()], default=self._clock.monotonic())
        parts = [_models([call.model for call in calls])] if calls else []
        if self._waiting:
            parts.append("waiting to retry" if len(self._waiting) == 1 else f"{len(self._waiting)} waiting to retry")
        parts.append(f"~{sum(call.characters for call in calls) // _CHARACTERS_A_TOKEN} tokens")
        parts.append(f"{self._clock.monotonic() - started:.1f} s")
        if self._retries:
            parts.append("1 retry" if self._retries == 1 else f"{self._retries} retries")
        parts.append(f"${self._spent():.4f}")
        return "  ".join(parts)


def _models(models: list[str]) -> str:
    """The models of the running calls, each once, with how many calls there are of several."""
    names = list(dict.fromkeys(models))
    shown = ", ".join(names[:_SHOWN_MODELS]) + (", ..." if len(names) > _SHOWN_MODELS else "")
    return shown if len(models) == 1 else f"{len(models)} calls ({shown})"
