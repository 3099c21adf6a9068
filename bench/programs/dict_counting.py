"""Counting in a dict: entries read with a default and assigned; at the end all of them in the order of their keys."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "500000")
    keys = size // 10 + 1
    counts: dict[str, int] = {}
    number = 42
    for _event in range(size):
        number = (number * 1103515245 + 12345) % 2147483648
        key = "key" + str(number % keys)
        counts[key] = counts.get(key, 0) + 1
    best = ""
    most = 0
    for key, value in sorted(counts.items()):
        if value > most:
            most = value
            best = key
    print(f"{len(counts)} {best} {most}")


main()
