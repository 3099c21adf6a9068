"""A web application's background job, written in Harn and run inside of a Python program, without key or network.

The application gives the script two functions, one of them asynchronous, and calls a function of the script for several
orders at once on its own event loop.

It prints:

    checked: order 1 of Ann, 120 EUR
    checked: order 2 of Bob, 7 EUR
    1: {'kind': 'large', 'reply': 'Thank you, Ann!'}
    2: {'kind': 'small', 'reply': 'Thanks, Bob.'}
    3: refused, no order 3
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import harnpy

SCRIPT = """
/// What to answer to an order.
pub fn review(number: int) -> dict {
  let order = load_order(number)
  log_line("checked: order ${order.number} of ${order.customer}, ${order.amount} EUR")
  let reply = llm_call("Thank ${order.customer} in one sentence.").text
  return {kind: if order.amount > 100 { "large" } else { "small" }, reply: reply}
}
"""


@dataclass
class Order:
    number: int
    customer: str
    amount: int


ORDERS = {1: Order(1, "Ann", 120), 2: Order(2, "Bob", 7)}


async def load_order(number: int) -> Order:
    """Stands for a query of a database on the application's event loop."""
    await asyncio.sleep(0)
    if number not in ORDERS:
        raise harnpy.HarnError(f"no order {number}")
    return ORDERS[number]


def log_line(text: str) -> None:
    print(text)


async def main() -> None:
    answers: list[dict[str, Any]] = [
        {"match": "*Ann*", "text": "Thank you, Ann!"},
        {"match": "*Bob*", "text": "Thanks, Bob."},
    ]
    async with harnpy.Runtime(llm_mock=answers, deny={"exec", "shell"}) as runtime:
        runtime.register(load_order)
        runtime.register(log_line)
        module = await runtime.load_async(SCRIPT)
        calls = (module.review.async_(number) for number in (1, 2, 3))
        for number, result in enumerate(await asyncio.gather(*calls, return_exceptions=True), start=1):
            print(
                f"{number}: refused, {result.value}" if isinstance(result, harnpy.HarnError) else f"{number}: {result}"
            )


if __name__ == "__main__":
    asyncio.run(main())
