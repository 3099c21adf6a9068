"""A set that grows by one element, is asked, and is combined with others."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "500000")
    seen = set()
    repeated = 0
    number = 7
    for _draw in range(size):
        number = (number * 1103515245 + 12345) % 2147483648
        value = number % (size + 1)
        if value in seen:
            repeated += 1
        else:
            seen.add(value)
    thirds = {value * 3 for value in range(size // 3)}
    common = seen.intersection(thirds)
    all = seen.union(thirds)
    print(f"{len(seen)} {repeated} {len(common)} {len(all)} {len(all.difference(common))}")


main()
