"""Parts of nested lists and dicts assigned in place, and a copy kept now and then."""

import sys
from copy import deepcopy
from typing import Any


def play(size: int) -> list[dict[str, Any]]:
    board: dict[str, Any] = {
        "title": "scores",
        "teams": [{"name": "a", "points": [0, 0, 0]}, {"name": "b", "points": [0, 0, 0]}],
    }
    kept = []
    for index in range(size):
        board["teams"][index % 2]["points"][index % 3] += index % 10
        board["teams"][index % 2]["last"] = index
        board["title"] = "scores"
        if index % 1000 == 0:
            kept.append(deepcopy(board))
    return [*kept, board]


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "1500000")
    boards = play(size)
    first = boards[0]["teams"]
    last = boards[-1]["teams"]
    print(f"{first[0]['points']} {last[0]['points']} {last[1]['points']} {boards[-1]['title']} {len(boards)}")


main()
