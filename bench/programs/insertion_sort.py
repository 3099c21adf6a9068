"""Elements of a list moved by index assignment."""

import sys


def sorted_copy(input: list[int]) -> list[int]:
    items = list(input)
    for index in range(1, len(items)):
        item = items[index]
        hole = index
        while hole > 0 and items[hole - 1] > item:
            items[hole] = items[hole - 1]
            hole -= 1
        items[hole] = item
    return items


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "20000")
    number = 3
    total = 0
    for _round in range(size):
        items = []
        for _index in range(30):
            number = (number * 1103515245 + 12345) % 2147483648
            items.append(number % 1000)
        ordered = sorted_copy(items)
        total += ordered[0] + ordered[15] * 2 + items[0]
    print(f"total {total}")


main()
