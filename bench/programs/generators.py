"""Generators that feed generators."""

import sys
from collections.abc import Iterator


def numbers(limit: int) -> Iterator[int]:
    for number in range(limit):  # noqa: UP028
        yield number


def squares(source: Iterator[int]) -> Iterator[int]:
    for number in source:
        yield number * number


def sums_of_two(source: Iterator[int]) -> Iterator[int]:
    previous = 0
    for number in source:
        yield previous + number
        previous = number


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "2000000")
    total = 0
    for number in sums_of_two(squares(numbers(size))):
        total = (total + number) % 1000003
    print(f"total {total}")


main()
