"""Values of several kinds put into text."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "600000")
    name = "sensor"
    length = 0
    last = ""
    for index in range(size):
        reading = index * 37 % 101
        last = f"{name} {index}: {reading} of 100 ({reading / 4.0} percent, ok={'true' if reading < 90 else 'false'})"
        length += len(last)
    print(f"{length} {last}")


main()
