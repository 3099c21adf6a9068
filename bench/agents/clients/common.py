"""What the clients that are compared have in common: their arguments, the task, the tool, how many loops run at once."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

BASE_URL = os.environ["LOCAL_LLM_BASE_URL"] + "/v1"
WAY = sys.argv[1]
COUNT = int(sys.argv[2])
TURNS = int(sys.argv[3])
WIDTH = int(sys.argv[4])
MODEL = f"loop-{TURNS}"
TASK = "Take one step after the other, and say so when all are done."


def step(n: int) -> str:
    """Takes one step."""
    return f"step {n} is done, and the next one is {n + 1}"


async def run(once: Callable[[], Awaitable[None]]) -> None:
    """Do it as often as asked for, some at the same time."""
    numbers = iter(range(COUNT))

    async def work() -> None:
        for _ in numbers:
            await once()

    await asyncio.gather(*(work() for _ in range(WIDTH)))


def check(text: str, turns: int) -> None:
    """Raise AssertionError for a loop that did not take all turns to the final text."""
    assert "quick" in text, f"a loop ended with {text!r}"
    assert turns == TURNS, f"a loop took {turns} of {TURNS} turns"
