"""try, except and finally, raised through two calls every third time."""

import sys


def check(number: int) -> int:
    if number % 3 == 0:
        raise ValueError(f"three divides {number}")
    return number % 10


def guarded(number: int) -> int:
    return check(number) + 1


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "900000")
    total = 0
    caught = 0
    finished = 0
    length = 0
    for number in range(size):
        try:
            total += guarded(number)
        except ValueError as problem:
            caught += 1
            length += len(str(problem))
        finally:
            finished += 1
    print(f"total {total} caught {caught} finished {finished} length {length}")


main()
