"""Errors as values: small classes for success and failure, asked for with isinstance."""

import sys


class Ok:
    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


class Err:
    __slots__ = ("error",)

    def __init__(self, error: str) -> None:
        self.error = error


Result = Ok | Err


def to_int(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def parse(text: str) -> Result:
    number = to_int(text)
    if number is None:
        return Err("not a number: " + text)
    return Ok(number)


def sum_of(left: str, right: str) -> Result:
    a = parse(left)
    if isinstance(a, Err):
        return a
    b = parse(right)
    if isinstance(b, Err):
        return b
    return Ok(a.value + b.value)


def unwrap_or(result: Result, default: int) -> int:
    return result.value if isinstance(result, Ok) else default


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "500000")
    texts = ["12", "7", "x", "40", "", "3"]
    total = 0
    failed = 0
    for index in range(size):
        result = sum_of(texts[index % 6], texts[index % 5])
        if isinstance(result, Ok):
            total += result.value
        else:
            failed += 1
        total += unwrap_or(result, 1)
    print(f"total {total} failed {failed}")


main()
