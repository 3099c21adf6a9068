"""Many short while loops with a branch that is hard to foresee."""

import sys


def steps(start: int) -> int:
    number = start
    count = 0
    while number != 1:
        if number % 2 == 0:
            number = number // 2
        else:
            number = number * 3 + 1
        count += 1
    return count


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "60000")
    longest = 0
    best = 0
    for number in range(1, size + 1):
        count = steps(number)
        if count > longest:
            longest = count
            best = number
    print(f"longest {longest} from {best}")


main()
