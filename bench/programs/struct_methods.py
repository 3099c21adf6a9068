"""Objects made and their methods called."""

from __future__ import annotations

import sys


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x: int, y: int) -> None:
        self.x = x
        self.y = y

    def plus(self, other: Vector) -> Vector:
        return Vector(self.x + other.x, self.y + other.y)

    def turned(self) -> Vector:
        return Vector(-self.y, self.x)

    def dot(self, other: Vector) -> int:
        return self.x * other.x + self.y * other.y


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "1200000")
    position = Vector(0, 0)
    direction = Vector(1, 0)
    total = 0
    for step in range(size):
        position = position.plus(direction)
        if step % 7 == 3:
            direction = direction.turned()
        total += position.dot(direction)
    print(f"Vector {{x: {position.x}, y: {position.y}}} {total}")


main()
