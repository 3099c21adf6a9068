"""Primes by crossing out multiples: elements of one long list assigned in a loop."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "2000000")
    prime = [True for _number in range(size + 1)]
    divisor = 2
    while divisor * divisor <= size:
        if prime[divisor]:
            multiple = divisor * divisor
            while multiple <= size:
                prime[multiple] = False
                multiple += divisor
        divisor += 1
    found = 0
    last = 0
    for number in range(2, size + 1):
        if prime[number]:
            found += 1
            last = number
    print(f"primes {found} last {last}")


main()
