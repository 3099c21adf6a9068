"""Ten generations of a grid of cells, 40 wide: lists of lists read at eight places for each cell."""

import sys

Grid = list[list[int]]


def neighbours(grid: Grid, row: int, column: int, rows: int, columns: int) -> int:
    count = 0
    for down in range(3):
        for across in range(3):
            if not (down == 1 and across == 1):
                count += grid[(row + down + rows - 1) % rows][(column + across + columns - 1) % columns]
    return count


def next_generation(grid: Grid, rows: int, columns: int) -> Grid:
    result = []
    for row in range(rows):
        line = []
        for column in range(columns):
            count = neighbours(grid, row, column, rows, columns)
            alive = count == 3 or (count == 2 and grid[row][column] == 1)
            line.append(1 if alive else 0)
        result.append(line)
    return result


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "600")
    grid = []
    for row in range(size):
        grid.append([1 if (row * 7 + column * column * 3 + row * column) % 5 == 0 else 0 for column in range(40)])
    for _generation in range(10):
        grid = next_generation(grid, size, 40)
    print(f"alive {sum([sum(line) for line in grid])}")


main()
