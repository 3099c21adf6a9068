"""Recursive calls of a function of one integer."""

import sys


def fibonacci(n: int) -> int:
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "2400")
    total = 0
    for round in range(size):
        total = total + fibonacci(15 + round % 3)
    print(f"fibonacci {total}")


main()
