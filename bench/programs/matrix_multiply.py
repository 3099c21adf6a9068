"""Three nested loops over lists of lists."""

import sys


def matrix(rows: int, columns: int, seed: int) -> list[list[int]]:
    result = []
    for row in range(rows):
        line = []
        for column in range(columns):
            line.append((row * seed + column * 7) % 11)
        result.append(line)
    return result


def multiply(left: list[list[int]], right: list[list[int]]) -> list[list[int]]:
    width = len(right[0])
    depth = len(right)
    result = []
    for row in range(len(left)):
        line = []
        for column in range(width):
            sum = 0
            for k in range(depth):
                sum += left[row][k] * right[k][column]
            line.append(sum)
        result.append(line)
    return result


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "1600")
    right = matrix(40, 40, 5)
    product = multiply(multiply(matrix(size, 40, 3), right), right)
    trace = 0
    for row in range(size):
        trace += product[row][row % 40]
    print(f"trace {trace}")


main()
