"""Calls in tail position with an accumulator, to oneself and to each other."""

import sys


def sum_to(number: int, total: int) -> int:
    if number == 0:
        return total
    return sum_to(number - 1, total + number)


def is_even(number: int) -> bool:
    if number == 0:
        return True
    return is_odd(number - 1)


def is_odd(number: int) -> bool:
    if number == 0:
        return False
    return is_even(number - 1)


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "20000")
    total = 0
    for round in range(size):
        total += sum_to(200, round)
        if is_even(199 + round % 2):
            total += 1
    print(f"total {total}")


main()
