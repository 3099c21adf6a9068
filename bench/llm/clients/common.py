"""What the clients that are compared have in common: their arguments, their questions, how many calls run at once."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

BASE_URL = os.environ["LOCAL_LLM_BASE_URL"] + "/v1"
COUNT = int(sys.argv[1])
STREAMED = sys.argv[2] == "stream"
MODEL = sys.argv[3]
WIDTH = int(sys.argv[4])


def question(number: int) -> str:
    return f"What does the fox do, number {number}?"


async def run(call: Callable[[int], Awaitable[str]]) -> None:
    """Make the calls. Raises AssertionError if one is not answered in full."""
    numbers = iter(range(COUNT))
    whole = 0

    async def work() -> None:
        nonlocal whole
        for number in numbers:
            text = await call(number)
            whole += "quick" in text

    await asyncio.gather(*(work() for _ in range(WIDTH)))
    assert whole == COUNT, f"only {whole} of {COUNT} calls were answered"
