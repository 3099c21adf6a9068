"""What a host asks about model calls. Apart, so that runtimes that ask nothing do not load the layer of models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from harnpy.embed.values import to_harn
from harnpy.llm.budget import Spending
from harnpy.llm.mock import read_mock_answer
from harnpy.llm.state import LlmState
from harnpy.vm.errors import HarnError

if TYPE_CHECKING:
    from harnpy.embed.engine import Engine


def attach(
    engine: Engine,
    answers: Iterable[str | Mapping[str, Any]] | None,
    budget: float | None,
    on_event: Callable[[Any], Any] | None,
) -> None:
    """Let the model calls of a runtime be answered, limited and watched. Raises ValueError for answers that are none."""
    state = engine.runtime.state(LlmState)
    if answers is not None:
        configs = [{"text": each} if isinstance(each, str) else to_harn(engine, each) for each in answers]
        try:
            state.mock.follow("llm_mock", [read_mock_answer(config) for config in configs])
        except HarnError as error:
            raise ValueError(error.message) from None
    if budget is not None:
        engine.runtime.state(Spending).session.limit_to(budget)
    if on_event is not None:
        state.bus.subscribe(on_event)
