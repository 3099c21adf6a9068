"""A shop: customers arrive over a queue, two clerks serve them, a cashier adds up."""

import asyncio
import sys

Queue = asyncio.Queue[int | None]


async def arrive(queue: Queue, size: int) -> None:
    for customer in range(size):
        await queue.put(customer)
    await queue.put(None)
    await queue.put(None)


async def serve(queue: Queue, till: Queue) -> int:
    served = 0
    while (customer := await queue.get()) is not None:
        await till.put(customer * 7 % 100)
        served += 1
    return served


async def add_up(till: Queue) -> int:
    total = 0
    while (price := await till.get()) is not None:
        total += price
    return total


async def simulate(size: int) -> None:
    queue: Queue = asyncio.Queue(8)
    till: Queue = asyncio.Queue(8)
    arrivals = asyncio.create_task(arrive(queue, size))
    clerks = [asyncio.create_task(serve(queue, till)) for _number in range(2)]
    cashier = asyncio.create_task(add_up(till))
    await arrivals
    served = [await clerk for clerk in clerks]
    await till.put(None)
    print(f"served {sum(served)} total {await cashier}")


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "60000")
    asyncio.run(simulate(size))


main()
