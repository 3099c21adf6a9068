"""Tasks created and awaited, a hundred at a time."""

import asyncio
import sys


async def work(number: int) -> int:
    return number * number % 101


async def run(size: int) -> None:
    total = 0
    started = 0
    while started < size:
        tasks = []
        for number in range(started, min(started + 100, size)):
            tasks.append(asyncio.create_task(work(number)))
        for each_task in tasks:
            total += await each_task
        started += 100
    print(f"total {total}")


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "100000")
    asyncio.run(run(size))


main()
