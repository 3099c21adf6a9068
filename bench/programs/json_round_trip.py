"""JSON written and read again."""

import json
import sys
from typing import Any


def document(index: int) -> dict[str, Any]:
    return {
        "id": index,
        "title": f'Item "{index}"',
        "price": index * 0.25,
        "tags": ["new", "sale", "tag" + str(index % 9)],
        "maker": {"name": "Müller & Söhne", "city": "Köln", "active": index % 2 == 0, "rating": None},
        "history": [index, index + 1, index + 2, index + 3, index + 4, index + 5],
    }


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "35000")
    length = 0
    total = 0
    for index in range(size):
        text = json.dumps(document(index), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        length += len(text)
        back = json.loads(text)
        total += back["history"][5] + len(back["tags"])
    print(f"length {length} total {total}")


main()
