"""Floating point arithmetic: how soon points leave the Mandelbrot set."""

import sys


def steps_to_escape(real: float, imaginary: float, limit: int) -> int:
    x = 0.0
    y = 0.0
    steps = 0
    while steps < limit:
        next = x * x - y * y + real
        y = 2.0 * x * y + imaginary
        x = next
        if x * x + y * y > 4.0:
            return steps
        steps += 1
    return limit


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "2000")
    total = 0
    for row in range(size):
        for column in range(64):
            total += steps_to_escape(column * 3.0 / 64 - 2.0, row * 2.0 / size - 1.0, 60)
    print(f"steps {total}")


main()
