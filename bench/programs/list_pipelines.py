"""Comprehensions, reduce and their relatives over lists."""

import sys
from functools import reduce


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "1800")
    numbers = list(range(1000))
    total = 0
    for round in range(size):
        mapped = [number * 3 + round for number in numbers]
        chosen = [number for number in mapped if number % 2 == 0]
        sum = reduce(lambda left, right: (left + right) % 10007, chosen, 0)
        groups: dict[str, list[int]] = {}
        for number in chosen:
            groups.setdefault(str(number % 4), []).append(number)
        total += sum + len(groups) + next((index for index, number in enumerate(chosen) if number > 500), -1)
        if any(number == 1000 for number in chosen) and all(number >= 0 for number in chosen):
            total += 1
    print(f"total {total}")


main()
