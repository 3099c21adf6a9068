"""Numbers sent one at a time from one task to another through a queue with room for one."""

import asyncio
import sys


async def send_all(numbers: asyncio.Queue[int | None], count: int) -> None:
    for number in range(count):
        await numbers.put(number)
    await numbers.put(None)


async def run(count: int) -> None:
    numbers: asyncio.Queue[int | None] = asyncio.Queue(1)
    sender = asyncio.create_task(send_all(numbers, count))
    total = 0
    while (number := await numbers.get()) is not None:
        total += number
    await sender
    print(f"total {total}")


asyncio.run(run(int(sys.argv[1])))
