"""Did-you-mean: the closest known name to a wrong one (chapter 02 section 15)."""

from __future__ import annotations

from harnpy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def edit_distance(a: str, b: str, limit: int) -> int:
    """Levenshtein distance over characters; limit + 1 as soon as it is known to exceed limit."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            current.append(min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (x != y)))
        if min(current) > limit:
            return limit + 1
        previous = current
    return previous[-1]


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """The best candidate within the distance that the length of name allows, or None.

    Smallest distance first, then smallest difference in length, then alphabetical.
    """
    size = len(name.encode())
    limit = 1 if size <= 2 else 2 if size <= 5 else 3
    return closest(name, (candidate for candidate in candidates if not candidate.startswith("__")), limit)


def closest(name: str, candidates: Iterable[str], limit: int) -> str | None:
    """The candidate with the smallest distance to name, at most limit, or None."""
    best: tuple[int, int, str] | None = None
    letters = set(name)
    for candidate in candidates:
        # Each letter of name that candidate lacks costs an edit; this is decided much faster than the distance.
        if candidate == name or len(letters.difference(candidate)) > limit:
            continue
        distance = edit_distance(name, candidate, limit)
        if distance <= limit:
            rank = (distance, abs(len(candidate) - len(name)), candidate)
            if best is None or rank < best:
                best = rank
    return best[2] if best else None
