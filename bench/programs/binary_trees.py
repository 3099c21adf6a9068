"""Trees of objects built and walked, most of them thrown away at once."""

from __future__ import annotations

import sys


class Tree:
    __slots__ = ("left", "right")

    def __init__(self, left: Tree | None, right: Tree | None) -> None:
        self.left = left
        self.right = right


def grow(depth: int) -> Tree:
    if depth == 0:
        return Tree(None, None)
    return Tree(grow(depth - 1), grow(depth - 1))


def count(tree: Tree) -> int:
    if tree.left is None or tree.right is None:
        return 1
    return 1 + count(tree.left) + count(tree.right)


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "2500")
    kept = grow(8)
    total = 0
    for _round in range(size):
        total += count(grow(8))
    print(f"nodes {total} kept {count(kept)}")


main()
