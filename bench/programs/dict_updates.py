"""A dict that gets entries by update and loses them by del, as programs do that hold their state in one."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "400000")
    state = {}
    removed = 0
    for index in range(size):
        key = "k" + str(index)
        state.update({key: index})
        state.update({"latest": index})
        if index % 3 == 0 and "k" + str(index // 2) in state:
            del state["k" + str(index // 2)]
            removed += 1
    print(f"{len(state)} {removed} {state['latest']}")


main()
