"""Expression trees of small classes, built, evaluated and counted by match."""

from __future__ import annotations

import sys


class Number:
    __slots__ = ("value",)
    __match_args__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


class Add:
    __slots__ = ("left", "right")
    __match_args__ = ("left", "right")

    def __init__(self, left: Expression, right: Expression) -> None:
        self.left = left
        self.right = right


class Multiply:
    __slots__ = ("left", "right")
    __match_args__ = ("left", "right")

    def __init__(self, left: Expression, right: Expression) -> None:
        self.left = left
        self.right = right


class Negate:
    __slots__ = ("inner",)
    __match_args__ = ("inner",)

    def __init__(self, inner: Expression) -> None:
        self.inner = inner


Expression = Number | Add | Multiply | Negate


def build(depth: int, seed: int) -> Expression:
    if depth == 0:
        return Number(seed % 5)
    left = build(depth - 1, seed * 3 + 1)
    if seed % 4 == 0:
        return Negate(left)
    right = build(depth - 1, seed * 5 + 2)
    if seed % 2 == 0:
        return Add(left, right)
    return Multiply(left, right)


def evaluate(expression: Expression) -> int:
    match expression:
        case Number(value):
            return value
        case Add(left, right):
            return evaluate(left) + evaluate(right)
        case Multiply(left, right):
            return evaluate(left) * evaluate(right) % 1009
        case Negate(inner):
            return 1009 - evaluate(inner) % 1009


def size_of(expression: Expression) -> int:
    match expression:
        case Number():
            return 1
        case Negate(inner):
            return 1 + size_of(inner)
        case _:
            return 1 + size_of(expression.left) + size_of(expression.right)


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "4000")
    total = 0
    nodes = 0
    for seed in range(size):
        tree = build(7, seed)
        total += evaluate(tree)
        nodes += size_of(tree)
    print(f"total {total} nodes {nodes}")


main()
