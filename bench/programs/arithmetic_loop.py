"""Integer arithmetic in a while loop, nothing else."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "2500000")
    index = 0
    total = 0
    while index < size:
        total = (total + index * index % 7 + index // 3) % 1000003
        index = index + 1
    print(f"total {total}")


main()
