"""One string that grows piece by piece, next to short ones that start over."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "4000000")
    long = ""
    line = ""
    lines = 0
    for index in range(size):
        long = long + "ab"
        line = line + "x"
        if index % 60 == 59:
            long = long + "\n"
            line = ""
            lines += 1
    print(f"length {len(long)} lines {lines} rest {len(line)} at {long[size // 2]}")


main()
