"""Methods of strings that search, cut and replace."""

import sys


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "350000")
    found = 0
    length = 0
    for index in range(size):
        line = "2026-11-21 host" + str(index % 97) + " GET /items/" + str(index) + " status=200"
        if "items/1" in line and line.endswith("200"):
            found += 1
        if line.startswith("2026") and not line.startswith("2025"):
            found += line.find("GET")
        fields = line.split(" ")
        length += len(fields[3].replace("items", "entries").upper().strip())
    print(f"found {found} length {length}")


main()
