"""Batches of 200 tasks made by gather, each of which waits for the next one once."""

import asyncio
import sys


async def work(gates: list[asyncio.Queue[int]], number: int, batch: int) -> int:
    await gates[(number + 199) % 200].put(number)
    return number * 3 + batch + await gates[number].get()


async def run(size: int) -> None:
    numbers = list(range(200))
    gates: list[asyncio.Queue[int]] = [asyncio.Queue(1) for _number in numbers]
    total = 0
    for batch in range(size):
        results = await asyncio.gather(*[work(gates, number, batch) for number in numbers])
        total += sum(results)
    print(f"total {total}")


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "300")
    asyncio.run(run(size))


main()
