"""Regular expressions with groups, matched and replaced line by line."""

import re
import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "60000")
    request = r"(\d+)-(\d+)-(\d+) (\w+) (GET|POST) (/\S*)"
    total = 0
    length = 0
    for index in range(size):
        line = f"2026-11-{index % 28 + 1} host{index % 97} GET /items/{index}?page={index % 7} 200"
        found = [match.groups() for match in re.finditer(request, line)]
        if len(found) > 0:
            total += int(found[0][2]) + len(found[0][5])
        length += len(re.sub(r"\d+", "#", line))
        numbers = re.findall(r"\d+", line)
        total += len(numbers)
    print(f"total {total} length {length}")


main()
