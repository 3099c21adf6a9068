"""Closures made, kept in a list, composed and called."""

import sys
from collections.abc import Callable

Function = Callable[[int], int]


def adder(amount: int) -> Function:
    return lambda value: value + amount


def compose(outer: Function, inner: Function) -> Function:
    return lambda value: outer(inner(value))


def apply_all(functions: list[Function], start: int) -> int:
    value = start
    for function in functions:
        value = function(value) % 1000003
    return value


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "300000")
    value = 1
    for round in range(size):
        add = adder(round)
        double: Function = lambda number: number * 2  # noqa: E731
        functions = [add, double, compose(add, double), compose(double, add)]
        value = apply_all(functions, value)
    print(f"value {value}")


main()
