"""Lists that grow by one element and are read by index and slice."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "3000000")
    evens = []
    odds = []
    for number in range(size):
        if number % 2 == 0:
            evens.append(number)
        else:
            odds.append(number)
    total = 0
    for index in range(len(odds)):
        total += evens[index] * 3 - odds[index]
        if index % 1000 == 0:
            total += sum(evens[index : index + 5])
    both = evens + odds
    both += [total]
    print(f"{len(both)} {both[-1]} {both[::-1][0]}")


main()
