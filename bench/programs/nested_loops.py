"""Three nested loops over ranges with a condition inside."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "16000")
    hits = 0
    for a in range(size):
        for b in range(1, 26):
            for c in range(b, 26):
                if (a + b * c) % 3 == 0 and b != c:
                    hits += 1
    print(f"hits {hits}")


main()
