"""Dynamic programming over two texts, row by row."""

import sys


def distance(left: str, right: str) -> int:
    columns = list(right)
    previous = list(range(len(columns) + 1))
    for row, letter in enumerate(list(left)):
        current = [row + 1]
        for column in range(len(columns)):
            cost = 0 if letter == columns[column] else 1
            change = previous[column] + cost
            best = min(change, min(previous[column + 1] + 1, current[column] + 1))
            current.append(best)
        previous = current
    return previous[-1]


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "12000")
    left = ("kitten sitting in the kitchen " * (size // 30 + 1))[:size]
    right = ("sitting kittens in a chicken " * 4)[:100]
    print(f"distance {distance(left, right)}")


main()
