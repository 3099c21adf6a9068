"""Backtracking with small lists that grow by one element a call."""

import sys


def is_safe(columns: list[int], column: int) -> bool:
    row = len(columns)
    for other in range(row):
        taken = columns[other]
        if taken == column or abs(taken - column) == row - other:
            return False
    return True


def solutions(columns: list[int], width: int) -> int:
    if len(columns) == width:
        return 1
    found = 0
    for column in range(width):
        if is_safe(columns, column):
            found += solutions([*columns, column], width)
    return found


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "1200")
    total = 0
    for _round in range(size):
        total += solutions([], 6)
    print(f"solutions {total}")


main()
