"""Records sorted by an entry, by a computed key and in reverse; numbers sorted as they are."""

import sys
from typing import Any


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "120000")
    records: list[dict[str, Any]] = []
    number = 11
    for index in range(size):
        number = (number * 1103515245 + 12345) % 2147483648
        records.append({"name": "n" + str(number % 5003), "score": number % 1009, "index": index})
    by_score = sorted(records, key=lambda record: record["score"])
    by_name = sorted(by_score, key=lambda record: record["name"])
    by_both = list(reversed(sorted(records, key=lambda record: record["index"] * 7 % 1013 - record["score"])))
    scores = sorted([record["score"] for record in records])
    middle = size // 2
    print(f"{by_score[middle]['index']} {by_name[middle]['index']} {by_both[middle]['index']} {scores[middle]}")


main()
