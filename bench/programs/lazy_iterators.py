"""Lazy iterators chained and drained."""

import sys
from collections.abc import Iterator
from functools import reduce
from itertools import islice


def chunks(source: Iterator[int], length: int) -> Iterator[list[int]]:
    while chunk := list(islice(source, length)):
        yield chunk


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "1500000")
    mapped = (number * 3 for number in range(size))
    chosen = (number for number in mapped if number % 2 == 0)
    total = reduce(lambda left, right: (left + right) % 10007, islice(chosen, size), 0)
    checksum = 0
    for index, number in enumerate(islice(range(size), 10, None)):
        checksum = (checksum + index * number) % 10007
    squares = (number * number for number in range(size))
    first = next((number for number in squares if number > size * 3), "nil")
    print(f"{total} {checksum} {first} {sum(1 for _chunk in chunks(iter(range(size)), 7))}")


main()
