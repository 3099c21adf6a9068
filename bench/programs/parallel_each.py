"""Batches of 200 tasks made by gather, each of which waits for its neighbours once."""

import asyncio
import sys


async def work(gate: asyncio.Queue[int], number: int, batch: int) -> int:
    await gate.put(number)
    other = await gate.get()
    return number * 3 + batch - other + other


async def run(size: int) -> None:
    numbers = list(range(200))
    total = 0
    for batch in range(size):
        gate: asyncio.Queue[int] = asyncio.Queue(1)
        results = await asyncio.gather(*[work(gate, number, batch) for number in numbers])
        total += sum(results)
    print(f"total {total}")


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "300")
    asyncio.run(run(size))


main()
