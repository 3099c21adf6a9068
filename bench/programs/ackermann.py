"""Deep recursion with two arguments, half of it in tail position."""

import sys


def ackermann(m: int, n: int) -> int:
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "2500")
    total = 0
    for _round in range(size):
        total += ackermann(2, 40)
    print(f"total {total}")


main()
